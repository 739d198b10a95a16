//! Staged uploads: announced with size, type and hash, sent once to the address that was given, then attached to something.

use chrono::Duration;
use sha2::{Digest, Sha256};
use std::io::Cursor;
use subtle::ConstantTimeEq;

use crate::{
    domain::{
        actor::{Action, Actor, permit},
        id::UploadId,
        reason::Reason,
        upload::{FileType, MAX_BYTES, UploadState, expands_too_far, shown_name},
    },
    service::{Call, Service, ServiceError, form::Form, keys, work::begin},
    store::uploads::{self, Upload},
};

/// How long the bytes of an announced upload are expected.
const EXPECTED_MINUTES: i64 = 60;

/// A file as announced.
#[derive(Debug, Clone)]
pub struct FileData {
    /// Name for people.
    pub name: String,
    /// Media type.
    pub content_type: String,
    /// Bytes.
    pub size: i64,
    /// SHA-256, hexadecimal.
    pub sha256: String,
}

/// Announces a file. Returns the token of its address, in the first answer only.
pub async fn create(service: &Service, call: &Call<'_>, given: FileData) -> Result<UploadId, ServiceError> {
    permit(call.actor, Action::Upload)?;
    let account = call.actor.person()?.id;
    let mut form = Form::new("input");
    let name = form.text("fileName", &given.name, 300);
    let file_type = form.check("contentType", FileType::parse_code(&given.content_type).ok_or(Reason::FileTypeNotAllowed));
    let most = i64::try_from(MAX_BYTES).unwrap_or(i64::MAX);
    let size = form.number("size", given.size, 1..=most);
    let sha256 = given.sha256.to_lowercase();
    if sha256.len() != 64 || !sha256.bytes().all(|b| b.is_ascii_hexdigit()) {
        form.refuse("sha256", Reason::InvalidSha256);
    }
    form.finish()?;
    let file_type = file_type.ok_or_else(|| ServiceError::refused("input.contentType", Reason::FileTypeNotAllowed))?;
    let work = begin!(service, call);
    let id: UploadId = service.new_id().into();
    let upload = Upload {
        id,
        account_id: account,
        state: UploadState::Expected,
        file_name: shown_name(&name),
        file_type,
        size: u64::from(size),
        sha256,
        token_hash: keys::hash(&token(service, id)),
        expires_at: work.at + Duration::minutes(EXPECTED_MINUTES),
        created_at: work.at,
    };
    uploads::insert(&work.tx, &upload).await?;
    work.note("stagedUploadCreate", ("upload", id.0), serde_json::json!({ "size": upload.size, "sha256": upload.sha256 }));
    work.commit(id.0).await?;
    Ok(id)
}

/// An upload of one's own.
pub async fn find(service: &Service, actor: &Actor, id: UploadId) -> Result<Option<Upload>, ServiceError> {
    let own = |u: &Upload| actor.account() == Some(u.account_id);
    Ok(uploads::find(&service.store, id).await?.filter(own))
}

/// The address to which the bytes of an upload are PUT, while they are expected.
pub fn address(service: &Service, upload: &Upload) -> Option<String> {
    let expected = upload.state == UploadState::Expected && service.clock.now() < upload.expires_at;
    expected.then(|| format!("{}/uploads/{}?token={}", service.base_url(), upload.id.0.simple(), token(service, upload.id)))
}

/// Whether bytes may be sent for an upload: its address was given to somebody, and its time is not over. Returns how many.
pub async fn expected(service: &Service, id: UploadId, given: &str) -> Result<Option<Upload>, ServiceError> {
    let Some(upload) = uploads::find(&service.store, id).await? else { return Ok(None) };
    let fits = bool::from(upload.token_hash.as_bytes().ct_eq(keys::hash(given).as_bytes()));
    Ok(Some(upload).filter(|u| fits && service.clock.now() < u.expires_at))
}

/// Takes the bytes of an upload: as many as announced, with the announced hash, of the announced type by their content. Sending the
/// same bytes again changes nothing.
pub async fn receive(service: &Service, upload: &Upload, bytes: Vec<u8>) -> Result<(), ServiceError> {
    let hash = data_encoding::HEXLOWER.encode(&Sha256::digest(&bytes));
    if u64::try_from(bytes.len()).ok() != Some(upload.size) || hash != upload.sha256 {
        return Err(ServiceError::refused("body", Reason::FileDiffers));
    }
    if upload.state == UploadState::Stored {
        return Ok(());
    }
    check_content(&bytes, upload.file_type).map_err(|reason| ServiceError::refused("body", reason))?;
    // First the bytes, then the note: a crash in between leaves a file that nobody sees, never a note without its file.
    service.files.put(upload.id, bytes).await?;
    let tx = service.store.begin().await?;
    uploads::stored(&tx, upload.id).await?;
    Ok(tx.commit().await?)
}

/// Forgets uploads whose bytes never came; returns how many.
pub async fn forget(service: &Service) -> Result<u64, ServiceError> {
    let late: Vec<_> = uploads::overdue(&service.store, service.clock.now()).await?.into_iter().map(|u| u.id).collect();
    if late.is_empty() {
        return Ok(0);
    }
    let tx = service.store.begin().await?;
    let forgotten = uploads::forget(&tx, &late).await?;
    tx.commit().await?;
    Ok(forgotten)
}

/// The type is told by the content, never by the name.
pub(super) fn check_content(bytes: &[u8], announced: FileType) -> Result<(), Reason> {
    let mismatch = |found: &str| Reason::FileTypeMismatch { found: found.to_owned() };
    if !announced.is_archive() {
        let found = infer::get(bytes).map_or("?", |kind| kind.mime_type());
        return if found == announced.code() { Ok(()) } else { Err(mismatch(found)) };
    }
    // Programs write the parts of a document in any order: its type is told by which are there, not by which come first.
    let archive = zip::ZipArchive::new(Cursor::new(bytes)).map_err(|_| mismatch("?"))?;
    let holds = |part: &str| archive.index_for_name(part).is_some();
    let main_part = if announced == FileType::Docx { "word/document.xml" } else { "xl/workbook.xml" };
    if !holds("[Content_Types].xml") || !holds(main_part) {
        return Err(mismatch("application/zip"));
    }
    let unpacked = archive.decompressed_size().and_then(|size| u64::try_from(size).ok()).unwrap_or(u64::MAX);
    let packed = u64::try_from(bytes.len()).unwrap_or(u64::MAX);
    if expands_too_far(packed, unpacked) { Err(Reason::FileExpands) } else { Ok(()) }
}

/// The token of an upload's address follows from the deployment's secret, so that a repeated request gives the same address.
fn token(service: &Service, id: UploadId) -> String {
    service.secrets.token_for("upload", &id.0.simple().to_string())
}
