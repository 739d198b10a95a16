//! `upload_image`: multipart, signed without a shop.

use axum::{
    body::{Body, Bytes},
    extract::{DefaultBodyLimit, FromRequest, Multipart, Request, multipart::MultipartError},
};
use serde_json::{Value, json};

use crate::sandbox::{
    reply::{Answer, Refusal, respond},
    request::Received,
    state::{Picture, Server},
};

/// "Image number should be less than 9."
const MAX_PICTURES: usize = 8;
/// "Max 10.0 MB each."
const MAX_BYTES: usize = 10 * 1024 * 1024;
const PNG_START: &[u8] = b"\x89PNG\r\n\x1a\n\0\0\0\rIHDR";
const JPEG_START: &[u8] = b"\xff\xd8\xff";

/// A picture that was refused is told in `image_info_list`; only when all were refused is there an error.
pub(crate) async fn upload_image(server: &Server, received: &Received) -> Answer {
    let files = read_form(received).await?;
    if files.is_empty() {
        return Err(Refusal::gateway("error_param", "Wrong parameters, detail: image is required."));
    }
    if files.len() > MAX_PICTURES {
        return Err(Refusal::gateway("error_param", "Wrong parameters, detail: image number should be less than 9."));
    }
    let stored: Vec<Result<String, Refusal>> = files.into_iter().map(|file| store(server, file)).collect();
    match (stored.iter().find_map(|result| result.as_ref().ok()), stored.iter().find_map(|result| result.as_ref().err())) {
        (None, Some(refusal)) => Err(refusal.clone()),
        (first, _) => {
            let first = first.map(|id| image_info(server, id));
            let list: Vec<Value> = stored.iter().enumerate().map(|(index, result)| entry(server, index, result)).collect();
            respond(json!({"image_info": first, "image_info_list": list}))
        }
    }
}

async fn read_form(received: &Received) -> Result<Vec<Bytes>, Refusal> {
    let mut request = Request::new(Body::from(received.body.clone()));
    request.headers_mut().clone_from(&received.headers);
    DefaultBodyLimit::disable().apply(&mut request);
    let mut form = Multipart::from_request(request, &()).await.map_err(|error| unreadable(&error.body_text()))?;
    let mut files = Vec::new();
    while let Some(field) = form.next_field().await.map_err(broken)? {
        match field.name().map(str::to_owned).as_deref() {
            Some("image") => files.push(field.bytes().await.map_err(broken)?),
            Some("scene") => check_word("scene", &field.text().await.map_err(broken)?, &["normal", "desc"])?,
            Some("ratio") => check_word("ratio", &field.text().await.map_err(broken)?, &["1:1"])?,
            _ => return Err(unreadable("only image, scene and ratio are allowed")),
        }
    }
    Ok(files)
}

fn check_word(name: &str, word: &str, allowed: &[&str]) -> Result<(), Refusal> {
    if allowed.contains(&word) { Ok(()) } else { Err(unreadable(&format!("{name} is invalid"))) }
}

fn store(server: &Server, bytes: Bytes) -> Result<String, Refusal> {
    if bytes.len() > MAX_BYTES {
        return Err(unreadable("image is larger than 10.0 MB"));
    }
    let media_type = match () {
        () if bytes.starts_with(PNG_START) => "image/png",
        () if bytes.starts_with(JPEG_START) => "image/jpeg",
        () => return Err(unreadable("image format accepted: JPG, JPEG, PNG")),
    };
    server.change(|shop| Ok(shop.add_picture(Picture { media_type, bytes })))
}

fn entry(server: &Server, index: usize, result: &Result<String, Refusal>) -> Value {
    match result {
        Ok(id) => json!({"id": index, "error": "", "message": "", "image_info": image_info(server, id)}),
        Err(refusal) => json!({"id": index, "error": refusal.error, "message": refusal.message}),
    }
}

fn image_info(server: &Server, id: &str) -> Value {
    json!({"image_id": id, "image_url_list": [{"image_url_region": "VN", "image_url": format!("{}/file/{id}", server.base_url())}]})
}

fn broken(error: MultipartError) -> Refusal {
    unreadable(&error.body_text())
}

fn unreadable(detail: &str) -> Refusal {
    Refusal::gateway("error_param", format!("Wrong parameters, detail: {detail}."))
}
