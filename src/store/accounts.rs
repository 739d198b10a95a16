//! Accounts and the offices they hold.

use chrono::{DateTime, Utc};
use sea_orm::{ActiveModelTrait, ColumnTrait, EntityTrait, IntoActiveModel, QueryFilter, sea_query::OnConflict};
use std::collections::BTreeSet;

use crate::{
    domain::{
        actor::{Grant, Role},
        id::UserId,
    },
    store::{
        Db, StoreError,
        entity::{account, role_grant},
        error::coded,
        instant::{instant, micros},
    },
};

/// A person's account.
#[derive(Clone, PartialEq, Eq)]
pub struct Account {
    /// Identity.
    pub id: UserId,
    /// E-mail in lower case; the login name.
    pub email: String,
    /// The person's name.
    pub display_name: String,
    /// Argon2id hash in PHC form.
    pub password_hash: String,
    /// Closed by an admin.
    pub disabled: bool,
    /// When it was created.
    pub created_at: DateTime<Utc>,
}

/// Stores a new account; [`StoreError::Taken`] when the e-mail is in use.
pub async fn insert(db: &impl Db, account: &Account) -> Result<(), StoreError> {
    let row = account::Model {
        id: account.id.0,
        email: account.email.clone(),
        display_name: account.display_name.clone(),
        password_hash: account.password_hash.clone(),
        disabled_at: None,
        created_at: micros(account.created_at),
    };
    account::Entity::insert(row.into_active_model().reset_all()).exec_without_returning(db.connection()).await?;
    Ok(())
}

/// The account with an id.
pub async fn find(db: &impl Db, id: UserId) -> Result<Option<Account>, StoreError> {
    account::Entity::find_by_id(id.0).one(db.connection()).await?.map(domain).transpose()
}

/// The accounts with these ids.
pub async fn find_many(db: &impl Db, ids: &[UserId]) -> Result<Vec<Account>, StoreError> {
    let query = account::Entity::find().filter(account::Column::Id.is_in(ids.iter().map(|id| id.0)));
    query.all(db.connection()).await?.into_iter().map(domain).collect()
}

/// The account with an e-mail.
pub async fn by_email(db: &impl Db, email: &str) -> Result<Option<Account>, StoreError> {
    account::Entity::find().filter(account::Column::Email.eq(email)).one(db.connection()).await?.map(domain).transpose()
}

/// The offices an account holds.
pub async fn grants(db: &impl Db, id: UserId) -> Result<BTreeSet<Grant>, StoreError> {
    let rows = role_grant::Entity::find().filter(role_grant::Column::AccountId.eq(id.0)).all(db.connection()).await?;
    rows.into_iter().map(granted).collect()
}

pub(super) fn granted(row: role_grant::Model) -> Result<Grant, StoreError> {
    let role = coded(Role::parse_code(&row.role), "role_grant.role")?;
    Ok(Grant { role, commune_code: Some(row.commune_code).filter(|c| !c.is_empty()) })
}

/// Gives an office; giving it twice changes nothing.
pub async fn grant(db: &impl Db, id: UserId, grant: &Grant, by: Option<UserId>, at: DateTime<Utc>) -> Result<(), StoreError> {
    use role_grant::{Column, Entity, Model};
    let row = Model {
        account_id: id.0,
        role: grant.role.code().to_owned(),
        commune_code: grant.commune_code.clone().unwrap_or_default(),
        granted_by: by.map(|u| u.0),
        granted_at: micros(at),
    };
    let keep = OnConflict::columns([Column::AccountId, Column::Role, Column::CommuneCode]).do_nothing().to_owned();
    Entity::insert(row.into_active_model().reset_all()).on_conflict(keep).exec_without_returning(db.connection()).await?;
    Ok(())
}

/// Takes an office; false when it was not held.
pub async fn revoke(db: &impl Db, id: UserId, grant: &Grant) -> Result<bool, StoreError> {
    let key = (id.0, grant.role.code().to_owned(), grant.commune_code.clone().unwrap_or_default());
    Ok(role_grant::Entity::delete_by_id(key).exec(db.connection()).await?.rows_affected > 0)
}

pub(super) fn domain(row: account::Model) -> Result<Account, StoreError> {
    Ok(Account {
        id: row.id.into(),
        email: row.email,
        display_name: row.display_name,
        password_hash: row.password_hash,
        disabled: row.disabled_at.is_some(),
        created_at: instant(row.created_at)?,
    })
}
