//! Pictures of products: attached by address or from an upload, reordered, detached.

use serde_json::json;

use crate::{
    domain::{
        actor::{Action, Actor, permit},
        id::{MediaId, ProductId, UploadId},
        listing::ChangeCause,
        product::{MAX_MEDIA, Media},
        reason::Reason,
        upload::{FileType, UploadState},
    },
    service::{Call, Service, ServiceError, form::Form, pictures, products::refuse_archived, publicity, uploads, work::begin},
    store::{listings, media, products},
};

/// A picture as given.
#[derive(Debug, Clone)]
pub struct MediaData {
    /// Address; left out when a file was uploaded.
    pub url: Option<String>,
    /// An uploaded file of one's own.
    pub upload: Option<UploadId>,
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
    permit(call.actor, Action::EditProduct)?;
    let mut form = Form::new("input");
    let url = match (&data.url, data.upload) {
        (Some(url), None) => form.url("url", url),
        (None, Some(_)) => None,
        _ => {
            form.refuse("url", Reason::Required);
            None
        }
    };
    let alt_vi = form.text("alt", &data.alt_vi, 200);
    let alt_en = form.optional("altEn", data.alt_en.as_deref(), 200);
    form.finish()?;
    let url = match data.upload {
        Some(upload) => Some(publish(service, call.actor, upload).await?),
        None => url,
    };
    let picture = Media { id: service.new_id().into(), product_id: id, url: url.unwrap_or_default(), alt_vi, alt_en, position: 0 };
    edit(service, call, id, Edit::Attach(picture)).await
}

/// Makes an uploaded picture public without what it tells beside the picture; returns its address. The same upload has one address.
async fn publish(service: &Service, actor: &Actor, id: UploadId) -> Result<String, ServiceError> {
    permit(actor, Action::EditProduct)?;
    let refused = |reason| ServiceError::refused("input.upload", reason);
    let upload = uploads::find(service, actor, id).await?.ok_or_else(|| refused(Reason::NotFound))?;
    if upload.state != UploadState::Stored {
        return Err(refused(Reason::UploadNotStored));
    }
    if !upload.file_type.is_picture() {
        return Err(refused(Reason::FileTypeNotAllowed));
    }
    let bytes = service.files.get(id).await?.ok_or_else(|| refused(Reason::UploadNotStored))?;
    let clean = pictures::clean(bytes, upload.file_type).map_err(refused)?;
    let name = format!("{}.{}", id.0.simple(), ending(upload.file_type));
    service.files.publish(&name, clean).await?;
    Ok(format!("{}/media/{name}", service.base_url()))
}

/// A public picture by its name.
pub async fn open(service: &Service, name: &str) -> Result<Option<(FileType, Vec<u8>)>, ServiceError> {
    let known = name.split_once('.').and_then(|(id, end)| {
        let file_type = PICTURES.iter().find(|t| ending(**t) == end)?;
        uuid::Uuid::try_parse(id).ok().map(|_| *file_type)
    });
    let Some(file_type) = known else { return Ok(None) };
    Ok(service.files.published(name).await?.map(|bytes| (file_type, bytes)))
}

const PICTURES: [FileType; 3] = [FileType::Jpeg, FileType::Png, FileType::Webp];

const fn ending(file_type: FileType) -> &'static str {
    match file_type {
        FileType::Jpeg => "jpg",
        FileType::Png => "png",
        _ => "webp",
    }
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
