//! Sessions and their refresh tokens, which are stored as hashes.

use chrono::{DateTime, Utc};
use sea_orm::{ActiveModelTrait, ActiveValue::Set, ColumnTrait, EntityTrait, IntoActiveModel, QueryFilter};

use crate::{
    domain::id::{SessionId, UserId},
    store::{
        Db, StoreError,
        entity::{refresh_token, session},
        instant::{instant, micros},
    },
};

/// A sign-in.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Session {
    /// Identity.
    pub id: SessionId,
    /// Whose it is.
    pub account_id: UserId,
    /// When it ends unless it is refreshed.
    pub expires_at: DateTime<Utc>,
    /// It was ended.
    pub revoked: bool,
}

/// A refresh token by its hash.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct RefreshToken {
    /// The session it belongs to.
    pub session_id: SessionId,
    /// It was exchanged already; showing it again means that somebody copied it.
    pub used: bool,
}

/// Stores a new session.
pub async fn insert(db: &impl Db, session: &Session, at: DateTime<Utc>) -> Result<(), StoreError> {
    let row = session::Model {
        id: session.id.0,
        account_id: session.account_id.0,
        created_at: micros(at),
        expires_at: micros(session.expires_at),
        revoked_at: None,
    };
    session::Entity::insert(row.into_active_model().reset_all()).exec_without_returning(db.connection()).await?;
    Ok(())
}

/// The session with an id.
pub async fn find(db: &impl Db, id: SessionId) -> Result<Option<Session>, StoreError> {
    session::Entity::find_by_id(id.0).one(db.connection()).await?.map(domain).transpose()
}

pub(super) fn domain(row: session::Model) -> Result<Session, StoreError> {
    Ok(Session {
        id: row.id.into(),
        account_id: row.account_id.into(),
        expires_at: instant(row.expires_at)?,
        revoked: row.revoked_at.is_some(),
    })
}

/// Ends a session of an account; false when there is none or it had ended.
pub async fn revoke(db: &impl Db, id: SessionId, at: DateTime<Utc>) -> Result<bool, StoreError> {
    let update = session::ActiveModel { revoked_at: Set(Some(micros(at))), ..Default::default() };
    let open = session::Entity::update_many().set(update).filter(session::Column::Id.eq(id.0)).filter(session::Column::RevokedAt.is_null());
    Ok(open.exec(db.connection()).await?.rows_affected > 0)
}

/// Moves the end of a session.
pub async fn extend(db: &impl Db, id: SessionId, until: DateTime<Utc>) -> Result<(), StoreError> {
    let update = session::ActiveModel { expires_at: Set(micros(until)), ..Default::default() };
    session::Entity::update_many().set(update).filter(session::Column::Id.eq(id.0)).exec(db.connection()).await?;
    Ok(())
}

/// Stores a refresh token by its hash.
pub async fn insert_refresh(db: &impl Db, hash: &str, session: SessionId, at: DateTime<Utc>) -> Result<(), StoreError> {
    let row = refresh_token::Model { hash: hash.to_owned(), session_id: session.0, created_at: micros(at), used_at: None };
    refresh_token::Entity::insert(row.into_active_model().reset_all()).exec_without_returning(db.connection()).await?;
    Ok(())
}

/// The refresh token with a hash.
pub async fn refresh(db: &impl Db, hash: &str) -> Result<Option<RefreshToken>, StoreError> {
    let row = refresh_token::Entity::find_by_id(hash.to_owned()).one(db.connection()).await?;
    Ok(row.map(|row| RefreshToken { session_id: row.session_id.into(), used: row.used_at.is_some() }))
}

/// Marks a refresh token as exchanged; false when somebody was faster.
pub async fn use_refresh(db: &impl Db, hash: &str, at: DateTime<Utc>) -> Result<bool, StoreError> {
    let update = refresh_token::ActiveModel { used_at: Set(Some(micros(at))), ..Default::default() };
    let unused = refresh_token::Entity::update_many()
        .set(update)
        .filter(refresh_token::Column::Hash.eq(hash))
        .filter(refresh_token::Column::UsedAt.is_null());
    Ok(unused.exec(db.connection()).await?.rows_affected > 0)
}
