//! Integrators' keys: a hash, a prefix to find them by, scopes.

use chrono::{DateTime, Utc};
use sea_orm::{ActiveModelTrait, ActiveValue::Set, ColumnTrait, EntityTrait, IntoActiveModel, QueryFilter, QueryOrder};
use std::collections::BTreeSet;

use crate::{
    domain::{
        actor::Scope,
        id::{ApiKeyId, UserId},
    },
    store::{
        Db, StoreError,
        entity::api_key::{ActiveModel, Column, Entity, Model},
        error::coded,
        instant::{instant, micros, opt_instant},
    },
};

/// A key as stored; the secret itself is not.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ApiKey {
    /// Identity.
    pub id: ApiKeyId,
    /// Who created it.
    pub account_id: UserId,
    /// Name for people.
    pub name: String,
    /// First characters, shown in lists.
    pub prefix: String,
    /// SHA-256 of the whole key, hexadecimal.
    pub hash: String,
    /// What it may do.
    pub scopes: BTreeSet<Scope>,
    /// When it was created.
    pub created_at: DateTime<Utc>,
    /// When it was revoked.
    pub revoked_at: Option<DateTime<Utc>>,
}

/// Stores a new key.
pub async fn insert(db: &impl Db, key: &ApiKey) -> Result<(), StoreError> {
    let scopes: Vec<_> = key.scopes.iter().map(|s| s.code()).collect();
    let row = Model {
        id: key.id.0,
        account_id: key.account_id.0,
        name: key.name.clone(),
        prefix: key.prefix.clone(),
        hash: key.hash.clone(),
        scopes: scopes.join(" "),
        created_at: micros(key.created_at),
        revoked_at: None,
    };
    Entity::insert(row.into_active_model().reset_all()).exec_without_returning(db.connection()).await?;
    Ok(())
}

/// The key with a prefix.
pub async fn by_prefix(db: &impl Db, prefix: &str) -> Result<Option<ApiKey>, StoreError> {
    Entity::find().filter(Column::Prefix.eq(prefix)).one(db.connection()).await?.map(domain).transpose()
}

/// The key with an id.
pub async fn find(db: &impl Db, id: ApiKeyId) -> Result<Option<ApiKey>, StoreError> {
    Entity::find_by_id(id.0).one(db.connection()).await?.map(domain).transpose()
}

/// All keys, newest first.
pub async fn list(db: &impl Db) -> Result<Vec<ApiKey>, StoreError> {
    Entity::find().order_by_desc(Column::CreatedAt).order_by_desc(Column::Id).all(db.connection()).await?.into_iter().map(domain).collect()
}

/// Revokes a key; false when there is none or it was revoked before.
pub async fn revoke(db: &impl Db, id: ApiKeyId, at: DateTime<Utc>) -> Result<bool, StoreError> {
    let update = ActiveModel { revoked_at: Set(Some(micros(at))), ..Default::default() };
    let live = Entity::update_many().set(update).filter(Column::Id.eq(id.0)).filter(Column::RevokedAt.is_null());
    Ok(live.exec(db.connection()).await?.rows_affected > 0)
}

fn domain(row: Model) -> Result<ApiKey, StoreError> {
    let scopes = row.scopes.split(' ').filter(|s| !s.is_empty());
    Ok(ApiKey {
        id: row.id.into(),
        account_id: row.account_id.into(),
        name: row.name,
        prefix: row.prefix,
        hash: row.hash,
        scopes: scopes.map(|s| coded(Scope::parse_code(s), "api_key.scopes")).collect::<Result<_, _>>()?,
        created_at: instant(row.created_at)?,
        revoked_at: opt_instant(row.revoked_at)?,
    })
}
