//! Uploads: what was announced and whether it is there. The bytes are in [`crate::store::files`].

use chrono::{DateTime, Utc};
use sea_orm::{ActiveModelTrait, ActiveValue::Set, ColumnTrait, EntityTrait, IntoActiveModel, QueryFilter, QuerySelect};

use crate::{
    domain::{
        id::{UploadId, UserId},
        upload::{FileType, UploadState},
    },
    store::{
        Db, StoreError,
        entity::upload::{ActiveModel, Column, Entity, Model},
        error::coded,
        instant::{instant, micros},
    },
};

/// An upload.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Upload {
    /// Identity; also the name of its bytes.
    pub id: UploadId,
    /// Who announced it.
    pub account_id: UserId,
    /// Where it is.
    pub state: UploadState,
    /// Name for people.
    pub file_name: String,
    /// Type.
    pub file_type: FileType,
    /// Bytes.
    pub size: u64,
    /// SHA-256 of the bytes, hexadecimal.
    pub sha256: String,
    /// Hash of the token in its address.
    pub token_hash: String,
    /// Until when its bytes are expected.
    pub expires_at: DateTime<Utc>,
    /// When it was announced.
    pub created_at: DateTime<Utc>,
}

/// Announces an upload.
pub async fn insert(db: &impl Db, upload: &Upload) -> Result<(), StoreError> {
    let row = Model {
        id: upload.id.0,
        account_id: upload.account_id.0,
        state: upload.state.code().to_owned(),
        file_name: upload.file_name.clone(),
        content_type: upload.file_type.code().to_owned(),
        size: i64::try_from(upload.size).unwrap_or(i64::MAX),
        sha256: upload.sha256.clone(),
        token_hash: upload.token_hash.clone(),
        expires_at: micros(upload.expires_at),
        created_at: micros(upload.created_at),
    };
    Entity::insert(row.into_active_model().reset_all()).exec_without_returning(db.connection()).await?;
    Ok(())
}

/// The upload with an id.
pub async fn find(db: &impl Db, id: UploadId) -> Result<Option<Upload>, StoreError> {
    Entity::find_by_id(id.0).one(db.connection()).await?.map(domain).transpose()
}

/// The uploads with these ids.
pub async fn find_many(db: &impl Db, ids: &[UploadId]) -> Result<Vec<Upload>, StoreError> {
    let query = Entity::find().filter(Column::Id.is_in(ids.iter().map(|id| id.0)));
    query.all(db.connection()).await?.into_iter().map(domain).collect()
}

/// Notes that the bytes are there; false when that was noted before.
pub async fn stored(db: &impl Db, id: UploadId) -> Result<bool, StoreError> {
    let stored = ActiveModel { state: Set(UploadState::Stored.code().to_owned()), ..Default::default() };
    let done = Entity::update_many().set(stored).filter(Column::Id.eq(id.0)).filter(Column::State.eq(UploadState::Expected.code()));
    Ok(done.exec(db.connection()).await?.rows_affected == 1)
}

/// Uploads whose bytes never came, at most 100.
pub async fn overdue(db: &impl Db, now: DateTime<Utc>) -> Result<Vec<Upload>, StoreError> {
    let query = Entity::find().filter(Column::State.eq(UploadState::Expected.code())).filter(Column::ExpiresAt.lt(micros(now))).limit(100);
    query.all(db.connection()).await?.into_iter().map(domain).collect()
}

/// Forgets uploads whose bytes never came.
pub async fn forget(db: &impl Db, ids: &[UploadId]) -> Result<u64, StoreError> {
    let query = Entity::delete_many().filter(Column::Id.is_in(ids.iter().map(|id| id.0)));
    Ok(query.filter(Column::State.eq(UploadState::Expected.code())).exec(db.connection()).await?.rows_affected)
}

fn domain(row: Model) -> Result<Upload, StoreError> {
    Ok(Upload {
        id: row.id.into(),
        account_id: row.account_id.into(),
        state: coded(UploadState::parse_code(&row.state), "upload.state")?,
        file_name: row.file_name,
        file_type: coded(FileType::parse_code(&row.content_type), "upload.content_type")?,
        size: u64::try_from(row.size).unwrap_or_default(),
        sha256: row.sha256,
        token_hash: row.token_hash,
        expires_at: instant(row.expires_at)?,
        created_at: instant(row.created_at)?,
    })
}
