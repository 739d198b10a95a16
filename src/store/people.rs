//! A person with all that decides what they may do, by one statement: it is read for every request that somebody signs.

use sea_orm::{
    ColumnTrait, Condition, ConnectionTrait, EntityTrait, JoinType, QueryFilter, QuerySelect, QueryTrait,
    sea_query::{Expr, ExprTrait},
};
use std::collections::BTreeSet;

use crate::{
    domain::{
        actor::Grant,
        id::{ProducerId, SessionId, UserId},
        producer::MemberRole,
    },
    store::{
        Db, StoreError,
        accounts::{self, Account},
        entity::{account, producer_member as member, role_grant, session},
        listings::seen,
        members,
        packed::{pack, unpack},
        rows::{self, Cells, Lean},
        sessions::{self, Session},
        unasked::Unasked,
    },
};

/// A person as the database knows them now.
pub struct Standing {
    /// The account.
    pub account: Account,
    /// The session that was asked for, if it is one of theirs.
    pub session: Option<Session>,
    /// Offices.
    pub grants: BTreeSet<Grant>,
    /// Producers they act for, the oldest membership first.
    pub memberships: Vec<(ProducerId, MemberRole)>,
}

/// The person with an id, and one of their sessions.
pub async fn find(db: &impl Db, id: UserId, session: Option<SessionId>) -> Result<Option<Standing>, StoreError> {
    use account::{Column, Entity};
    let own = Entity::belongs_to(session::Entity).from(Column::Id).to(session::Column::AccountId).into();
    let asked = Condition::all().add(session::Column::Id.eq(session.map(|session| session.0)));
    let account = || Expr::col((Entity, Column::Id));
    let grants = role_grant::Entity::find().filter(role_grant::Column::AccountId.into_expr().eq(account()));
    let members = member::Entity::find().filter(member::Column::AccountId.into_expr().eq(account()));
    let query = Entity::find_by_id(id.0).join(JoinType::LeftJoin, seen(own, asked)).select_only();
    let query = rows::select::<session::Entity, _>(rows::select::<Entity, _>(query));
    let all = Unasked::default();
    let query = query.expr_as(pack(db, grants, all), "grants").expr_as(pack(db, members, all), "members");
    let connection = db.connection();
    let Some(row) = connection.query_one_raw(query.build(connection.get_database_backend())).await? else { return Ok(None) };
    let mut cells = Cells::of(&row);
    let account = accounts::domain(Entity::read(&mut cells)?)?;
    let session = cells.joined::<session::Entity>()?.map(sessions::domain).transpose()?;
    let grants = unpack(&mut cells, role_grant::Entity::read)?;
    let mut members = unpack(&mut cells, member::Entity::read)?;
    members.sort_by_key(|member| (member.created_at, member.producer_id));
    Ok(Some(Standing {
        account,
        session,
        grants: grants.into_iter().map(accounts::granted).collect::<Result<_, _>>()?,
        memberships: members.into_iter().map(members::acting).collect::<Result<_, _>>()?,
    }))
}
