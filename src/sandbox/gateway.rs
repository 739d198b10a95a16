//! The front door of `/api/v2/`: faults, the gateway's checks, and then the call.

use std::sync::Arc;

use axum::{
    extract::{Request, State},
    http::Method,
    response::Response,
};

use crate::sandbox::{
    catalogue, create, edit,
    journal::CallRecord,
    lookup, media,
    reply::{Answer, Refusal, envelope},
    request::Received,
    sign::{self, Form},
    state::Server,
    tokens,
};

/// Answers a Shopee call.
pub(crate) async fn answer(State(server): State<Arc<Server>>, request: Request) -> Response {
    let request_id = server.next_request_id();
    let received = match Received::read(request).await {
        Ok(received) => received,
        Err(refusal) => return envelope(&Err(refusal), &request_id),
    };
    let fault = server.journal().take_fault(received.call());
    let answer = if fault.as_ref().is_none_or(|mode| mode.is_done()) { Some(perform(&server, &received).await) } else { None };
    let record = server.read(|shop| CallRecord::describe(&received, answer.as_ref(), shop));
    server.journal().record(CallRecord { fault: fault.clone(), request_id: request_id.clone(), ..record });
    let response = answer.map(|answer| envelope(&answer, &request_id)).unwrap_or_default();
    match fault {
        Some(mode) => mode.spoil(response, &request_id).await,
        None => response,
    }
}

async fn perform(server: &Server, received: &Received) -> Answer {
    let (method, form) = expected(&received.path).ok_or_else(wrong_path)?;
    if received.method != method {
        return Err(wrong_path());
    }
    sign::check(server.settings(), received, form, server.now())?;
    if form == Form::Shop {
        sign::check_token(server.settings(), received, |token| server.grants().accepts(token, server.now()))?;
    }
    match received.call() {
        "add_item" => create::add_item(server, received),
        "update_item" => edit::update_item(server, received),
        "update_price" => edit::update_price(server, received),
        "update_stock" => edit::update_stock(server, received),
        "unlist_item" => edit::unlist_item(server, received),
        "delete_item" => edit::delete_item(server, received),
        "get_item_base_info" => lookup::get_item_base_info(server, received),
        "get_item_list" => lookup::get_item_list(server, received),
        "search_item" => lookup::search_item(server, received),
        "get_item_limit" => catalogue::get_item_limit(received),
        "get_category" => catalogue::get_category(received),
        "get_attribute_tree" => catalogue::get_attribute_tree(received),
        "get_brand_list" => catalogue::get_brand_list(received),
        "get_channel_list" => catalogue::get_channel_list(),
        "get_item_violation_info" => lookup::get_item_violation_info(server, received),
        "get" if received.path.ends_with("auth/token/get") => tokens::redeem(server, received),
        "get" => tokens::renew(server, received),
        "get_shop_info" => Ok(catalogue::shop_info(server.now())),
        "upload_image" => media::upload_image(server, received).await,
        _ => Err(wrong_path()),
    }
}

/// Method and signing of the calls there are.
fn expected(path: &str) -> Option<(Method, Form)> {
    match path.strip_prefix("/api/v2/")? {
        "product/add_item"
        | "product/update_item"
        | "product/update_price"
        | "product/update_stock"
        | "product/unlist_item"
        | "product/delete_item" => Some((Method::POST, Form::Shop)),
        "product/get_item_base_info"
        | "product/get_item_list"
        | "product/search_item"
        | "product/get_item_limit"
        | "product/get_item_violation_info"
        | "product/get_category"
        | "product/get_attribute_tree"
        | "product/get_brand_list"
        | "logistics/get_channel_list"
        | "shop/get_shop_info" => Some((Method::GET, Form::Shop)),
        "media_space/upload_image" | "auth/token/get" | "auth/access_token/get" => Some((Method::POST, Form::Public)),
        _ => None,
    }
}

fn wrong_path() -> Refusal {
    Refusal::gateway("error_param", "Permission denied. This API is currently offline or the request path is incorrect.")
}
