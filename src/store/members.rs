//! People who act for producers, and invitations.

use chrono::{DateTime, Utc};
use sea_orm::{
    ActiveModelTrait, ActiveValue::Set, ColumnTrait, EntityTrait, IntoActiveModel, QueryFilter, QueryOrder, QuerySelect,
    sea_query::OnConflict,
};
use std::collections::HashMap;

use crate::{
    domain::{
        id::{InvitationId, ProducerId, UserId},
        producer::{Invitation, Member, MemberRole},
    },
    store::{
        Db, StoreError,
        entity::{account, producer_invitation as invitation, producer_member as member},
        error::coded,
        instant::{instant, micros, opt_instant},
    },
};

/// Adds a member, or changes the role of one.
pub async fn put(db: &impl Db, producer: ProducerId, account: UserId, role: MemberRole, at: DateTime<Utc>) -> Result<(), StoreError> {
    let row = member::Model { producer_id: producer.0, account_id: account.0, role: role.code().to_owned(), created_at: micros(at) };
    let replace =
        OnConflict::columns([member::Column::ProducerId, member::Column::AccountId]).update_column(member::Column::Role).to_owned();
    member::Entity::insert(row.into_active_model().reset_all()).on_conflict(replace).exec_without_returning(db.connection()).await?;
    Ok(())
}

/// Removes a member; false when there was none.
pub async fn remove(db: &impl Db, producer: ProducerId, account: UserId) -> Result<bool, StoreError> {
    Ok(member::Entity::delete_by_id((producer.0, account.0)).exec(db.connection()).await?.rows_affected > 0)
}

/// The producers an account acts for, oldest membership first.
pub async fn of_account(db: &impl Db, account: UserId) -> Result<Vec<(ProducerId, MemberRole)>, StoreError> {
    let rows = member::Entity::find()
        .filter(member::Column::AccountId.eq(account.0))
        .order_by_asc(member::Column::CreatedAt)
        .order_by_asc(member::Column::ProducerId)
        .all(db.connection())
        .await?;
    rows.into_iter().map(acting).collect()
}

pub(super) fn acting(row: member::Model) -> Result<(ProducerId, MemberRole), StoreError> {
    Ok((row.producer_id.into(), coded(MemberRole::parse_code(&row.role), "producer_member.role")?))
}

/// The members of a producer, oldest first, at most 100.
pub async fn of_producer(db: &impl Db, producer: ProducerId) -> Result<Vec<Member>, StoreError> {
    let rows = member::Entity::find()
        .filter(member::Column::ProducerId.eq(producer.0))
        .order_by_asc(member::Column::CreatedAt)
        .order_by_asc(member::Column::AccountId)
        .limit(100)
        .all(db.connection())
        .await?;
    let people = account::Entity::find().filter(account::Column::Id.is_in(rows.iter().map(|r| r.account_id))).all(db.connection()).await?;
    let mut people: HashMap<_, _> = people.into_iter().map(|p| (p.id, p)).collect();
    rows.into_iter()
        .map(|row| {
            let person = people.remove(&row.account_id).ok_or(StoreError::Corrupt("producer_member.account_id"))?;
            Ok(Member {
                producer_id: row.producer_id.into(),
                account_id: row.account_id.into(),
                display_name: person.display_name,
                email: person.email,
                role: coded(MemberRole::parse_code(&row.role), "producer_member.role")?,
                created_at: instant(row.created_at)?,
            })
        })
        .collect()
}

/// Stores an invitation, replacing an earlier one to the same address.
pub async fn invite(db: &impl Db, invited: &Invitation, at: DateTime<Utc>) -> Result<(), StoreError> {
    use invitation::{Column, Entity, Model};
    Entity::delete_many()
        .filter(Column::ProducerId.eq(invited.producer_id.0))
        .filter(Column::Email.eq(&invited.email))
        .exec(db.connection())
        .await?;
    let row = Model {
        id: invited.id.0,
        producer_id: invited.producer_id.0,
        email: invited.email.clone(),
        role: invited.role.code().to_owned(),
        created_at: micros(at),
        accepted_at: None,
    };
    Entity::insert(row.into_active_model().reset_all()).exec_without_returning(db.connection()).await?;
    Ok(())
}

/// The invitation with an id.
pub async fn invitation(db: &impl Db, id: InvitationId) -> Result<Option<Invitation>, StoreError> {
    let row = invitation::Entity::find_by_id(id.0).one(db.connection()).await?;
    row.map(invited).transpose()
}

/// Open invitations to an address, at most 100.
pub async fn invitations_to(db: &impl Db, email: &str) -> Result<Vec<Invitation>, StoreError> {
    let query = invitation::Entity::find()
        .filter(invitation::Column::Email.eq(email))
        .filter(invitation::Column::AcceptedAt.is_null())
        .order_by_asc(invitation::Column::CreatedAt)
        .limit(100);
    query.all(db.connection()).await?.into_iter().map(invited).collect()
}

/// Marks an invitation as accepted; false when it was accepted before.
pub async fn accept(db: &impl Db, id: InvitationId, at: DateTime<Utc>) -> Result<bool, StoreError> {
    let update = invitation::ActiveModel { accepted_at: Set(Some(micros(at))), ..Default::default() };
    let open = invitation::Entity::update_many()
        .set(update)
        .filter(invitation::Column::Id.eq(id.0))
        .filter(invitation::Column::AcceptedAt.is_null());
    Ok(open.exec(db.connection()).await?.rows_affected > 0)
}

fn invited(row: invitation::Model) -> Result<Invitation, StoreError> {
    Ok(Invitation {
        id: row.id.into(),
        producer_id: row.producer_id.into(),
        email: row.email,
        role: coded(MemberRole::parse_code(&row.role), "producer_invitation.role")?,
        accepted_at: opt_instant(row.accepted_at)?,
    })
}
