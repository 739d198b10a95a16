//! Finding items: `get_item_base_info`, `get_item_list`, `search_item`.

use serde_json::json;

use crate::sandbox::{
    item::{Item, ItemStatus},
    reply::{Answer, Refusal, respond},
    request::{Query, Received},
    state::Server,
};

const MAX_IDS: usize = 50;

/// Deleted items are shown, with their status; an id that never was is an error when there is no other.
pub(crate) fn get_item_base_info(server: &Server, received: &Received) -> Answer {
    let ids = received.query.all("item_id_list").flat_map(|list| list.split(',')).map(|id| id.trim().parse::<i64>());
    let ids: Vec<i64> = ids.collect::<Result<_, _>>().map_err(|_| Refusal::unreadable("item_id_list should be integers"))?;
    if ids.is_empty() {
        return Err(Refusal::absent("ItemIdList"));
    }
    if ids.len() > MAX_IDS {
        return Err(Refusal::constraint("item_id_list length should be between 0 to 50"));
    }
    let found = server
        .read(|shop| -> Vec<_> { ids.iter().filter_map(|id| shop.items.get(id)).map(|item| item.base_info(server.base_url())).collect() });
    if found.is_empty() {
        return Err(Refusal::no_item());
    }
    respond(json!({"item_list": found}))
}

/// Why items are banned; the words are those the platform gave (`Sandbox::ban`).
pub(crate) fn get_item_violation_info(server: &Server, received: &Received) -> Answer {
    let ids: Vec<i64> =
        received.query.all("item_id_list").flat_map(|list| list.split(',')).filter_map(|id| id.trim().parse().ok()).collect();
    let found = server.read(|shop| {
        let details = |item: &Item| match shop.bans.get(&item.item_id) {
            Some(reason) if item.status == ItemStatus::Banned => {
                json!([{ "violation_type": "Prohibited Listing", "violation_reason": reason,
                "suggestion": "Upload license", "update_time": item.update_time, "fix_deadline_time": item.update_time + 172_800 }])
            }
            _ => json!([]),
        };
        let found = ids.iter().filter_map(|id| shop.items.get(id));
        let shown = found.map(|item| {
            json!({ "item_id": item.item_id, "item_name": item.item_name, "item_status": item.status,
            "deboost": false, "item_status_details": details(item), "deboost_details": [] })
        });
        shown.collect::<Vec<_>>()
    });
    if found.is_empty() { Err(Refusal::product("error_param", "Invalid request item_id")) } else { respond(json!({ "item_list": found })) }
}

pub(crate) fn get_item_list(server: &Server, received: &Received) -> Answer {
    let query = &received.query;
    let (offset, size) = (query.offset()?, query.page_size()?);
    let statuses = statuses(query)?;
    if statuses.is_empty() {
        return Err(Refusal::absent("ItemStatus"));
    }
    let (from, to) = (query.number("update_time_from")?, query.number("update_time_to")?);
    let (from, to) = (from.unwrap_or(i64::MIN), to.unwrap_or(i64::MAX));
    if to <= from {
        return Err(Refusal::product("error_update_time_range", "Update_time_to should be later than update_time_from."));
    }
    let wanted = |item: &Item| statuses.contains(&item.status) && (from..=to).contains(&item.update_time);
    let (page, total) = page(server, offset, size, wanted);
    let end = offset.saturating_add(page.len());
    let more = end < total;
    let items: Vec<_> = page
        .iter()
        .map(|item| json!({"item_id": item.item_id, "item_status": item.status, "update_time": item.update_time, "tag": {"kit": false}}))
        .collect();
    respond(json!({"item": items, "total_count": total, "has_next_page": more, "next_offset": if more { end } else { 0 }}))
}

/// Exact by `item_sku`, by words within `item_name`. Without `item_status` deleted items are found too: the reference doesn't say otherwise,
/// and a caller must be able to tell them apart. `offset` is an opaque text.
pub(crate) fn search_item(server: &Server, received: &Received) -> Answer {
    let query = &received.query;
    let size = query.page_size()?;
    let offset = query.get("offset").map_or(Some(0), read_cursor).ok_or_else(|| Refusal::unreadable("offset is not from next_offset"))?;
    let statuses = statuses(query)?;
    let (sku, name) = (query.get("item_sku"), query.get("item_name"));
    if sku.is_none() && name.is_none() && query.get("attribute_status").is_none() {
        return Err(Refusal::product("error_param", "request must set one of [item_name,attribute_status]"));
    }
    let matches = |item: &Item| match (sku, name) {
        (Some(sku), _) => item.item_sku == sku,
        (None, Some(name)) => item.item_name.to_lowercase().contains(&name.to_lowercase()),
        (None, None) => true,
    };
    let (page, total) = page(server, offset, size, |item| matches(item) && (statuses.is_empty() || statuses.contains(&item.status)));
    let ids: Vec<i64> = page.iter().map(|item| item.item_id).collect();
    let end = offset.saturating_add(ids.len());
    respond(json!({"item_id_list": ids, "total_count": total, "next_offset": if end < total { write_cursor(end) } else { String::new() }}))
}

fn page(server: &Server, offset: usize, size: usize, wanted: impl Fn(&Item) -> bool) -> (Vec<Item>, usize) {
    server.read(|shop| {
        let found: Vec<&Item> = shop.items.values().filter(|item| wanted(item)).collect();
        (found.iter().skip(offset).take(size).map(|item| (*item).clone()).collect(), found.len())
    })
}

/// `item_status` may be repeated; a list within one value is refused.
fn statuses(query: &Query) -> Result<Vec<ItemStatus>, Refusal> {
    query
        .all("item_status")
        .map(|text| ItemStatus::parse(text).ok_or_else(|| Refusal::product("error_param_item_status", "Item status error.")))
        .collect()
}

fn write_cursor(offset: usize) -> String {
    format!("next-{offset:x}")
}

fn read_cursor(text: &str) -> Option<usize> {
    usize::from_str_radix(text.strip_prefix("next-")?, 16).ok()
}
