//! Documents of dossiers.

use chrono::{DateTime, Utc};
use sea_orm::{ActiveModelTrait, ColumnTrait, EntityTrait, IntoActiveModel, QueryFilter, QueryOrder};

use crate::{
    domain::id::{DocumentId, DossierId, UploadId},
    store::{
        Db, StoreError,
        entity::dossier_document::{Column, Entity, Model},
        instant::{instant, micros},
    },
};

/// A document of a dossier: an uploaded file, for a document of the checklist or as evidence for a criterion.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Document {
    /// Identity.
    pub id: DocumentId,
    /// The dossier.
    pub dossier_id: DossierId,
    /// Code of the document in the rulebook's list.
    pub requirement: String,
    /// The criterion it is evidence for.
    pub criterion: Option<i32>,
    /// The file.
    pub upload_id: UploadId,
    /// When it was attached.
    pub attached_at: DateTime<Utc>,
}

/// Attaches a document.
pub async fn insert(db: &impl Db, document: &Document) -> Result<(), StoreError> {
    let row = Model {
        id: document.id.0,
        dossier_id: document.dossier_id.0,
        requirement: document.requirement.clone(),
        criterion: document.criterion,
        upload_id: document.upload_id.0,
        attached_at: micros(document.attached_at),
    };
    Entity::insert(row.into_active_model().reset_all()).exec_without_returning(db.connection()).await?;
    Ok(())
}

/// Takes a document out of a dossier; false when it is not there.
pub async fn remove(db: &impl Db, dossier: DossierId, id: DocumentId) -> Result<bool, StoreError> {
    let done = Entity::delete_many().filter(Column::Id.eq(id.0)).filter(Column::DossierId.eq(dossier.0)).exec(db.connection()).await?;
    Ok(done.rows_affected == 1)
}

/// The documents of some dossiers in the order in which they were attached.
pub async fn of_dossiers(db: &impl Db, dossiers: &[DossierId]) -> Result<Vec<Document>, StoreError> {
    let query = Entity::find().filter(Column::DossierId.is_in(dossiers.iter().map(|d| d.0)));
    let rows = query.order_by_asc(Column::AttachedAt).order_by_asc(Column::Id).all(db.connection()).await?;
    rows.into_iter().map(domain).collect()
}

/// The document with an id.
pub async fn find(db: &impl Db, id: DocumentId) -> Result<Option<Document>, StoreError> {
    Entity::find_by_id(id.0).one(db.connection()).await?.map(domain).transpose()
}

fn domain(row: Model) -> Result<Document, StoreError> {
    Ok(Document {
        id: row.id.into(),
        dossier_id: row.dossier_id.into(),
        requirement: row.requirement,
        criterion: row.criterion,
        upload_id: row.upload_id.into(),
        attached_at: instant(row.attached_at)?,
    })
}
