//! Pictures of products: attached by address, reordered, detached.

use serde_json::json;

use crate::{
    domain::{
        actor::{Action, permit},
        id::{MediaId, ProductId},
        listing::ChangeCause,
        product::{MAX_MEDIA, Media},
        reason::Reason,
    },
    service::{Call, Service, ServiceError, form::Form, products::refuse_archived, publicity, work::begin},
    store::{listings, media, products},
};

/// A picture as given.
#[derive(Debug, Clone)]
pub struct MediaData {
    /// Address.
    pub url: String,
    /// What it shows, in Vietnamese.
    pub alt_vi: String,
    /// What it shows, in English.
    pub alt_en: Option<String>,
}

/// What to do with the pictures of a product.
enum Edit {
    Attach(Media),
    Reorder(Vec<MediaId>),
    Detach(MediaId),
}

/// Attaches a picture at the end.
pub async fn attach(service: &Service, call: &Call<'_>, id: ProductId, data: MediaData) -> Result<ProductId, ServiceError> {
    let mut form = Form::new("input");
    let url = form.url("url", &data.url);
    let alt_vi = form.text("alt", &data.alt_vi, 200);
    let alt_en = form.optional("altEn", data.alt_en.as_deref(), 200);
    form.finish()?;
    let picture = Media { id: service.new_id().into(), product_id: id, url: url.unwrap_or_default(), alt_vi, alt_en, position: 0 };
    edit(service, call, id, Edit::Attach(picture)).await
}

/// Puts the pictures into an order; all of them must be named, each once.
pub async fn reorder(service: &Service, call: &Call<'_>, id: ProductId, order: Vec<MediaId>) -> Result<ProductId, ServiceError> {
    edit(service, call, id, Edit::Reorder(order)).await
}

/// Removes a picture.
pub async fn detach(service: &Service, call: &Call<'_>, id: ProductId, picture: MediaId) -> Result<ProductId, ServiceError> {
    edit(service, call, id, Edit::Detach(picture)).await
}

async fn edit(service: &Service, call: &Call<'_>, id: ProductId, edit: Edit) -> Result<ProductId, ServiceError> {
    let reach = permit(call.actor, Action::EditProduct)?;
    let mut work = begin!(service, call);
    let product = products::find_for_update(&work.tx, id, &reach).await?.ok_or_else(ServiceError::not_found)?;
    refuse_archived(&product)?;
    let pictures = edited(media::of_products(&work.tx, &[id]).await?, edit)?;
    media::replace(&work.tx, id, &pictures).await?;
    work.note("productMedia", ("product", id.0), json!({ "count": pictures.len() }));
    let affected = listings::of_product_for_update(&work.tx, id).await?;
    publicity::refresh(service, &mut work, affected, ChangeCause::ProductChanged).await?;
    work.commit(id.0).await?;
    Ok(id)
}

fn edited(mut pictures: Vec<Media>, edit: Edit) -> Result<Vec<Media>, ServiceError> {
    match edit {
        Edit::Attach(_) if pictures.len() >= MAX_MEDIA => return Err(ServiceError::refused("input", Reason::TooMany { max: MAX_MEDIA })),
        Edit::Attach(picture) => pictures.push(picture),
        Edit::Detach(gone) => {
            let before = pictures.len();
            pictures.retain(|p| p.id != gone);
            if pictures.len() == before {
                return Err(ServiceError::refused("media", Reason::NotFound));
            }
        }
        Edit::Reorder(order) => {
            let place = |id: MediaId| order.iter().position(|o| *o == id);
            if order.len() != pictures.len() || pictures.iter().any(|p| place(p.id).is_none()) {
                return Err(ServiceError::refused("media", Reason::NotFound));
            }
            pictures.sort_by_key(|p| place(p.id));
        }
    }
    Ok(pictures)
}
