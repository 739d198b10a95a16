//! The decision log. Links are appended under one lock, so that each is bound to the one committed before it; the database refuses
//! to change or delete them.

use sea_orm::{ActiveModelTrait, ColumnTrait, EntityTrait, IntoActiveModel, QueryFilter, QueryOrder, QuerySelect};
use uuid::Uuid;

use crate::{
    domain::{
        audit::{Entry, Link},
        cursor::{CursorValue, Position},
    },
    store::{
        Db, Direction, Page, PageRequest, StoreError, Tx,
        entity::audit_entry::{Column, Entity, Model},
        error::{json, to_json},
        instant::{instant, micros},
        page::{self, Sort},
    },
};

/// Which entries a list holds.
#[derive(Debug, Clone, Default)]
pub struct AuditFilter {
    /// On this object.
    pub object: Option<Uuid>,
    /// By this principal.
    pub principal: Option<String>,
    /// Of this action.
    pub action: Option<String>,
}

/// Appends links after the log's end, which the transaction holds.
pub async fn append(tx: &Tx, links: &[Link]) -> Result<(), StoreError> {
    if links.is_empty() {
        return Ok(());
    }
    let rows = links.iter().map(|link| row(link).into_active_model().reset_all());
    Entity::insert_many(rows).exec_without_returning(tx.connection()).await?;
    Ok(())
}

/// Links after a place, in order.
pub async fn after(db: &impl Db, seq: i64, limit: u64) -> Result<Vec<Link>, StoreError> {
    let query = Entity::find().filter(Column::Seq.gt(seq)).order_by_asc(Column::Seq).limit(limit);
    query.all(db.connection()).await?.into_iter().map(domain).collect()
}

/// The link of an entry.
pub async fn find(db: &impl Db, id: Uuid) -> Result<Option<Link>, StoreError> {
    Entity::find().filter(Column::Id.eq(id)).one(db.connection()).await?.map(domain).transpose()
}

/// Links that fit a filter, the newest first.
pub async fn page(db: &impl Db, filter: &AuditFilter, request: &PageRequest) -> Result<Page<Link>, StoreError> {
    let mut query = Entity::find();
    if let Some(object) = filter.object {
        query = query.filter(Column::ObjectId.eq(object));
    }
    if let Some(principal) = &filter.principal {
        query = query.filter(Column::Principal.eq(principal));
    }
    if let Some(action) = &filter.action {
        query = query.filter(Column::Action.eq(action));
    }
    let sort = Sort { column: Column::Seq, id: Column::Id, direction: Direction::Descending };
    page::fetch(db, query, sort, request, |row| Ok((Position { value: CursorValue::Int(row.seq), id: row.id }, domain(row)?))).await
}

fn row(link: &Link) -> Model {
    let Entry { seq, id, at, principal, action, object_kind, object_id, object_version, facts } = &link.entry;
    Model {
        seq: *seq,
        id: *id,
        at: micros(*at),
        principal: principal.clone(),
        action: action.clone(),
        object_kind: object_kind.clone(),
        object_id: *object_id,
        object_version: *object_version,
        facts: to_json(facts),
        previous_hash: link.previous_hash.clone(),
        hash: link.hash.clone(),
        signature: link.signature.clone(),
    }
}

fn domain(row: Model) -> Result<Link, StoreError> {
    let entry = Entry {
        seq: row.seq,
        id: row.id,
        at: instant(row.at)?,
        principal: row.principal,
        action: row.action,
        object_kind: row.object_kind,
        object_id: row.object_id,
        object_version: row.object_version,
        facts: json(&row.facts, "audit_entry.facts")?,
    };
    Ok(Link { entry, previous_hash: row.previous_hash, hash: row.hash, signature: row.signature })
}
