//! Documents of dossiers: attached from uploads, taken out, opened by those who may see the dossier.

use serde_json::json;

use crate::{
    domain::{
        actor::{Action, Actor, permit},
        id::{DocumentId, DossierId, UploadId},
        procedure::Duty,
        reason::Reason,
        upload::UploadState,
    },
    service::{
        Call, Service, ServiceError,
        dossiers::{acted, criteria, editable, finish},
        rulebooks,
        work::begin,
    },
    store::{
        documents::{self, Document},
        uploads,
    },
};

/// Most documents of a dossier.
const MOST: usize = 200;

/// What is attached.
#[derive(Debug, Clone)]
pub struct DocumentData {
    /// Code of the document in the rulebook's list.
    pub requirement: String,
    /// The criterion it is evidence for.
    pub criterion: Option<i32>,
    /// The file.
    pub upload: UploadId,
}

/// Attaches an uploaded file of one's own to a dossier that the producer has.
pub async fn attach(service: &Service, call: &Call<'_>, id: DossierId, given: DocumentData) -> Result<DossierId, ServiceError> {
    permit(call.actor, Action::EditDossier)?;
    let work = begin!(service, call);
    let mut dossier = acted(&work, call.actor, id, Duty::Producer).await?;
    editable(&dossier)?;
    let book = rulebooks::named(&work.tx, &dossier.rulebook).await?;
    if !book.documents.iter().any(|d| d.code == given.requirement) {
        let allowed = book.documents.iter().map(|d| d.code.as_str()).collect::<Vec<_>>().join(", ");
        return Err(ServiceError::refused("input.document", Reason::UnknownValue { allowed }));
    }
    if let Some(place) = given.criterion
        && !criteria(&work.tx, &dossier, "input.criterion").await?.iter().any(|c| c.position == place)
    {
        return Err(ServiceError::refused("input.criterion", Reason::UnknownCriterion));
    }
    let upload = uploads::find(&work.tx, given.upload).await?.filter(|u| call.actor.account().is_none_or(|a| a == u.account_id));
    let upload = upload.ok_or_else(|| ServiceError::refused("input.upload", Reason::NotFound))?;
    if upload.state != UploadState::Stored {
        return Err(ServiceError::refused("input.upload", Reason::UploadNotStored));
    }
    if documents::of_dossiers(&work.tx, &[id]).await?.len() >= MOST {
        return Err(ServiceError::refused("id", Reason::TooMany { max: MOST }));
    }
    let document = Document {
        id: service.new_id().into(),
        dossier_id: id,
        requirement: given.requirement,
        criterion: given.criterion,
        upload_id: upload.id,
        attached_at: work.at,
    };
    documents::insert(&work.tx, &document).await?;
    dossier.updated_at = work.at;
    let facts = json!({ "document": document.requirement, "sha256": upload.sha256, "criterion": document.criterion });
    finish(work, dossier, "dossierDocumentAttach", facts).await
}

/// Takes a document out of a dossier that the producer has.
pub async fn remove(service: &Service, call: &Call<'_>, id: DossierId, document: DocumentId) -> Result<DossierId, ServiceError> {
    permit(call.actor, Action::EditDossier)?;
    let work = begin!(service, call);
    let mut dossier = acted(&work, call.actor, id, Duty::Producer).await?;
    editable(&dossier)?;
    if !documents::remove(&work.tx, id, document).await? {
        return Err(ServiceError::refused("document", Reason::NotFound));
    }
    dossier.updated_at = work.at;
    finish(work, dossier, "dossierDocumentRemove", json!({ "document": document.to_string() })).await
}

/// The bytes of a document with its name and type, for those who may see its dossier.
pub async fn open(service: &Service, actor: &Actor, id: DocumentId) -> Result<Option<(uploads::Upload, Vec<u8>)>, ServiceError> {
    let Some(document) = documents::find(&service.store, id).await? else { return Ok(None) };
    if super::dossiers::find(service, actor, document.dossier_id).await?.is_none() {
        return Ok(None);
    }
    let Some(upload) = uploads::find(&service.store, document.upload_id).await? else { return Ok(None) };
    Ok(service.files.get(upload.id).await?.map(|bytes| (upload, bytes)))
}
