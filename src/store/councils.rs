//! Sessions of councils: seats, dossiers, findings.

use sea_orm::{
    ActiveModelTrait, ColumnTrait, Condition, EntityTrait, IntoActiveModel, QueryFilter, QueryOrder, QuerySelect, QueryTrait,
    sea_query::OnConflict,
};

use crate::{
    domain::{
        council::{CouncilDuty, Finding, Seat, Session, SessionState},
        cursor::{CursorValue, Position},
        id::{CouncilSessionId, DossierId, UserId},
    },
    store::{
        Db, Direction, Page, PageRequest, StoreError,
        entity::{
            council_dossier as dossier, council_finding as finding, council_member as member,
            council_session::{Column, Entity, Model},
        },
        error::coded,
        instant::{instant, micros, opt_instant},
        page::{self, Sort},
    },
};

/// Which sessions a reader may see.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum SessionReach {
    /// All.
    All,
    /// Those in which this account sits, once they are circulated.
    Seated(UserId),
}

/// Stores a new session.
pub async fn insert(db: &impl Db, session: &Session) -> Result<(), StoreError> {
    Entity::insert(row(session).into_active_model().reset_all()).exec_without_returning(db.connection()).await?;
    Ok(())
}

/// Stores a changed session whose `version` is the one it was read with; false when someone was faster.
pub async fn update(db: &impl Db, session: &Session) -> Result<bool, StoreError> {
    let mut next = row(session);
    next.version += 1;
    let done = Entity::update_many()
        .set(next.into_active_model().reset_all())
        .filter(Column::Id.eq(session.id.0))
        .filter(Column::Version.eq(session.version))
        .exec(db.connection())
        .await?;
    Ok(done.rows_affected == 1)
}

/// The session with an id, within reach.
pub async fn find(db: &impl Db, id: CouncilSessionId, reach: SessionReach) -> Result<Option<Session>, StoreError> {
    Entity::find_by_id(id.0).filter(within(reach)).one(db.connection()).await?.map(domain).transpose()
}

/// The session with an id, within reach, locked until the transaction ends.
pub async fn find_for_update(db: &impl Db, id: CouncilSessionId, reach: SessionReach) -> Result<Option<Session>, StoreError> {
    Entity::find_by_id(id.0).filter(within(reach)).lock_exclusive().one(db.connection()).await?.map(domain).transpose()
}

/// Sessions within reach, the newest first.
pub async fn page(db: &impl Db, reach: SessionReach, request: &PageRequest) -> Result<Page<Session>, StoreError> {
    let sort = Sort { column: Column::CreatedAt, id: Column::Id, direction: Direction::Descending };
    let position = |row: &Model| Position { value: CursorValue::Int(row.created_at), id: row.id };
    page::fetch(db, Entity::find().filter(within(reach)), sort, request, |row| Ok((position(&row), domain(row)?))).await
}

/// Sets who sits in a session.
pub async fn seat(db: &impl Db, seats: &[Seat]) -> Result<(), StoreError> {
    let row = |s: &Seat| member::Model { session_id: s.session.0, account_id: s.account.0, duty: s.duty.code().to_owned() };
    let rows = seats.iter().map(|s| row(s).into_active_model().reset_all());
    member::Entity::insert_many(rows).exec_without_returning(db.connection()).await?;
    Ok(())
}

/// Who sits in some sessions.
pub async fn seats(db: &impl Db, sessions: &[CouncilSessionId]) -> Result<Vec<Seat>, StoreError> {
    let query = member::Entity::find().filter(member::Column::SessionId.is_in(sessions.iter().map(|s| s.0)));
    let rows = query.order_by_asc(member::Column::Duty).order_by_asc(member::Column::AccountId).all(db.connection()).await?;
    let seat = |row: member::Model| {
        let duty = coded(CouncilDuty::parse_code(&row.duty), "council_member.duty")?;
        Ok(Seat { session: row.session_id.into(), account: row.account_id.into(), duty })
    };
    rows.into_iter().map(seat).collect()
}

/// Puts dossiers before a session, in order.
pub async fn put_dossiers(db: &impl Db, session: CouncilSessionId, dossiers: &[DossierId]) -> Result<(), StoreError> {
    let rows = dossiers
        .iter()
        .zip(1..)
        .map(|(d, position)| dossier::Model { session_id: session.0, dossier_id: d.0, position }.into_active_model().reset_all());
    dossier::Entity::insert_many(rows).exec_without_returning(db.connection()).await?;
    Ok(())
}

/// The dossiers before some sessions, in order.
pub async fn dossiers(db: &impl Db, sessions: &[CouncilSessionId]) -> Result<Vec<(CouncilSessionId, DossierId)>, StoreError> {
    let query = dossier::Entity::find().filter(dossier::Column::SessionId.is_in(sessions.iter().map(|s| s.0)));
    let rows = query.order_by_asc(dossier::Column::SessionId).order_by_asc(dossier::Column::Position).all(db.connection()).await?;
    Ok(rows.into_iter().map(|r| (r.session_id.into(), r.dossier_id.into())).collect())
}

/// Records findings; a later one on the same condition replaces the earlier.
pub async fn put_findings(db: &impl Db, findings: &[Finding]) -> Result<(), StoreError> {
    use finding::{Column as Found, Entity as Findings, Model as Row};
    let rows = findings.iter().map(|f| {
        let row = Row {
            session_id: f.session.0,
            dossier_id: f.dossier.0,
            condition: f.condition.clone(),
            is_met: f.is_met,
            note: f.note.clone(),
        };
        row.into_active_model().reset_all()
    });
    let replace =
        OnConflict::columns([Found::SessionId, Found::DossierId, Found::Condition]).update_columns([Found::IsMet, Found::Note]).to_owned();
    Findings::insert_many(rows).on_conflict(replace).exec_without_returning(db.connection()).await?;
    Ok(())
}

/// What a session found on its dossiers.
pub async fn findings(db: &impl Db, session: CouncilSessionId) -> Result<Vec<Finding>, StoreError> {
    let query = finding::Entity::find().filter(finding::Column::SessionId.eq(session.0));
    let rows = query.order_by_asc(finding::Column::DossierId).order_by_asc(finding::Column::Condition).all(db.connection()).await?;
    let found = |row: finding::Model| Finding {
        session: row.session_id.into(),
        dossier: row.dossier_id.into(),
        condition: row.condition,
        is_met: row.is_met,
        note: row.note,
    };
    Ok(rows.into_iter().map(found).collect())
}

fn within(reach: SessionReach) -> Condition {
    match reach {
        SessionReach::All => Condition::all(),
        SessionReach::Seated(account) => {
            let seated =
                member::Entity::find().select_only().column(member::Column::SessionId).filter(member::Column::AccountId.eq(account.0));
            let mine = Condition::all().add(Column::Id.in_subquery(seated.into_query()));
            mine.add(Column::State.ne(SessionState::Assembling.code()))
        }
    }
}

fn row(s: &Session) -> Model {
    Model {
        id: s.id.0,
        name: s.name.clone(),
        held_on: s.held_on,
        state: s.state.code().to_owned(),
        circulated_at: s.circulated_at.map(micros),
        opened_at: s.opened_at.map(micros),
        closed_at: s.closed_at.map(micros),
        early_reason: s.early_reason.clone(),
        minutes: s.minutes.clone(),
        version: s.version,
        created_at: micros(s.created_at),
    }
}

fn domain(row: Model) -> Result<Session, StoreError> {
    Ok(Session {
        id: row.id.into(),
        name: row.name,
        held_on: row.held_on,
        state: coded(SessionState::parse_code(&row.state), "council_session.state")?,
        circulated_at: opt_instant(row.circulated_at)?,
        opened_at: opt_instant(row.opened_at)?,
        closed_at: opt_instant(row.closed_at)?,
        early_reason: row.early_reason,
        minutes: row.minutes,
        version: row.version,
        created_at: instant(row.created_at)?,
    })
}
