//! Dossiers, the stages they were in, and who did what for them.

use chrono::{DateTime, Utc};
use sea_orm::{
    ActiveModelTrait, ActiveValue::Set, ColumnTrait, Condition, EntityTrait, IntoActiveModel, QueryFilter, QueryOrder, QuerySelect,
    QueryTrait, sea_query::OnConflict,
};
use serde::{Deserialize, Serialize};
use uuid::Uuid;

use crate::{
    domain::{
        actor::DossierReach,
        council::SessionState,
        cursor::{CursorValue, Position},
        dossier::{CommuneReport, Dossier, DossierKind},
        id::{DossierId, ProductId, UserId},
        procedure::{DossierState, Duty, Stage},
        product::ProductGroup,
    },
    store::{
        Db, Direction, Page, PageRequest, Stamp, StoreError,
        entity::{
            council_dossier, council_member, council_session,
            dossier::{Column, Entity, Model},
            dossier_duty, dossier_stage, product,
        },
        error::{coded, json, to_json},
        instant::{instant, micros, opt_instant},
        page::{self, Sort},
    },
};

/// Which dossiers a list holds.
#[derive(Debug, Clone, Default)]
pub struct DossierFilter {
    /// In these states; all when empty.
    pub states: Vec<DossierState>,
    /// Of products of this group.
    pub group: Option<ProductGroup>,
    /// Claimed by this person.
    pub claimed_by: Option<UserId>,
    /// In one of these states, of this rulebook, since before the instant.
    pub overdue: Option<Vec<(String, DossierState, DateTime<Utc>)>>,
}

/// A stage that a dossier is or was in.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct StageEntry {
    /// The dossier.
    pub dossier_id: DossierId,
    /// The state.
    pub state: DossierState,
    /// Since when.
    pub entered_at: DateTime<Utc>,
    /// Until when.
    pub left_at: Option<DateTime<Utc>>,
}

#[derive(Serialize, Deserialize)]
struct Facts {
    stage: Option<Stage>,
    report: Option<CommuneReport>,
}

/// Stores a new dossier with its first stage.
pub async fn insert(db: &impl Db, dossier: &Dossier) -> Result<(), StoreError> {
    Entity::insert(row(dossier).into_active_model().reset_all()).exec_without_returning(db.connection()).await?;
    enter(db, dossier, 1).await
}

/// Stores a changed dossier whose `version` is the one it was read with; false when someone was faster or it is out of reach.
/// Notes the stage when it is a new one.
pub async fn update(db: &impl Db, dossier: &Dossier, reach: &DossierReach) -> Result<bool, StoreError> {
    let mut next = row(dossier);
    next.version += 1;
    let done = Entity::update_many()
        .set(next.into_active_model().reset_all())
        .filter(Column::Id.eq(dossier.id.0))
        .filter(Column::Version.eq(dossier.version))
        .filter(within(reach))
        .exec(db.connection())
        .await?;
    if done.rows_affected != 1 {
        return Ok(false);
    }
    let last = stages(db, &[dossier.id]).await?;
    if last.last().is_none_or(|entry| entry.state != dossier.stage.state()) {
        use dossier_stage::{ActiveModel, Column as Stage, Entity as Stages};
        let left = ActiveModel { left_at: Set(Some(micros(dossier.entered_at))), ..Default::default() };
        let open = Stages::update_many().set(left).filter(Stage::DossierId.eq(dossier.id.0)).filter(Stage::LeftAt.is_null());
        open.exec(db.connection()).await?;
        enter(db, dossier, last.len() + 1).await?;
    }
    Ok(true)
}

async fn enter(db: &impl Db, dossier: &Dossier, seq: usize) -> Result<(), StoreError> {
    let row = dossier_stage::Model {
        dossier_id: dossier.id.0,
        seq: i32::try_from(seq).unwrap_or(i32::MAX),
        state: dossier.stage.state().code().to_owned(),
        entered_at: micros(dossier.entered_at),
        left_at: None,
    };
    dossier_stage::Entity::insert(row.into_active_model().reset_all()).exec_without_returning(db.connection()).await?;
    Ok(())
}

/// The stages of some dossiers in order.
pub async fn stages(db: &impl Db, dossiers: &[DossierId]) -> Result<Vec<StageEntry>, StoreError> {
    use dossier_stage::{Column as Stage, Entity as Stages};
    let query = Stages::find().filter(Stage::DossierId.is_in(dossiers.iter().map(|d| d.0)));
    let rows = query.order_by_asc(Stage::DossierId).order_by_asc(Stage::Seq).all(db.connection()).await?;
    let entry = |row: dossier_stage::Model| {
        Ok(StageEntry {
            dossier_id: row.dossier_id.into(),
            state: coded(DossierState::parse_code(&row.state), "dossier_stage.state")?,
            entered_at: instant(row.entered_at)?,
            left_at: opt_instant(row.left_at)?,
        })
    };
    rows.into_iter().map(entry).collect()
}

/// The dossier with an id, within reach.
pub async fn find(db: &impl Db, id: DossierId, reach: &DossierReach) -> Result<Option<Dossier>, StoreError> {
    Entity::find_by_id(id.0).filter(within(reach)).one(db.connection()).await?.map(domain).transpose()
}

/// The dossiers with these ids, within reach.
pub async fn find_many(db: &impl Db, ids: &[DossierId], reach: &DossierReach) -> Result<Vec<Dossier>, StoreError> {
    let query = Entity::find().filter(Column::Id.is_in(ids.iter().map(|id| id.0))).filter(within(reach));
    query.all(db.connection()).await?.into_iter().map(domain).collect()
}

/// Dossiers within reach, or one of them, that changed since an instant; the earliest first.
pub async fn changed(
    db: &impl Db,
    one: Option<DossierId>,
    reach: &DossierReach,
    since: DateTime<Utc>,
    limit: u64,
) -> Result<Vec<Stamp<DossierId>>, StoreError> {
    let mut query = Entity::find().select_only().column(Column::Id).column(Column::UpdatedAt).column(Column::Version).filter(within(reach));
    if let Some(one) = one {
        query = query.filter(Column::Id.eq(one.0));
    }
    let query = query.filter(Column::UpdatedAt.gte(micros(since))).order_by_asc(Column::UpdatedAt).limit(limit);
    let rows: Vec<(Uuid, i64, i32)> = query.into_tuple().all(db.connection()).await?;
    rows.into_iter().map(|(id, at, version)| Ok(Stamp { id: id.into(), at: instant(at)?, state: version.to_string() })).collect()
}

/// The dossier with an id, within reach, locked until the transaction ends.
pub async fn find_for_update(db: &impl Db, id: DossierId, reach: &DossierReach) -> Result<Option<Dossier>, StoreError> {
    Entity::find_by_id(id.0).filter(within(reach)).lock_exclusive().one(db.connection()).await?.map(domain).transpose()
}

/// The dossier of a product that is not finished; there is at most one.
pub async fn open_of_product(db: &impl Db, product: ProductId) -> Result<Option<Dossier>, StoreError> {
    let open = DossierState::ALL.iter().filter(|s| !s.is_final()).map(|s| s.code());
    let query = Entity::find().filter(Column::ProductId.eq(product.0)).filter(Column::State.is_in(open));
    query.one(db.connection()).await?.map(domain).transpose()
}

/// Dossiers within reach that fit a filter, the oldest first.
pub async fn page(db: &impl Db, filter: &DossierFilter, reach: &DossierReach, request: &PageRequest) -> Result<Page<Dossier>, StoreError> {
    let mut query = Entity::find().filter(within(reach));
    if !filter.states.is_empty() {
        query = query.filter(Column::State.is_in(filter.states.iter().map(|s| s.code())));
    }
    if let Some(group) = filter.group {
        let products =
            product::Entity::find().select_only().column(product::Column::Id).filter(product::Column::ProductGroup.eq(group.code()));
        query = query.filter(Column::ProductId.in_subquery(products.into_query()));
    }
    if let Some(person) = filter.claimed_by {
        query = query.filter(Column::ClaimedBy.eq(person.0));
    }
    if let Some(late) = &filter.overdue {
        let one = |(book, state, before): &(String, DossierState, DateTime<Utc>)| {
            let late = Condition::all().add(Column::Rulebook.eq(book)).add(Column::State.eq(state.code()));
            late.add(Column::EnteredAt.lt(micros(*before)))
        };
        query = query.filter(late.iter().fold(Condition::any(), |any, l| any.add(one(l))));
    }
    let sort = Sort { column: Column::CreatedAt, id: Column::Id, direction: Direction::Ascending };
    page::fetch(db, query, sort, request, |row| Ok((Position { value: CursorValue::Int(row.created_at), id: row.id }, domain(row)?))).await
}

/// Notes that somebody acted on a dossier in a duty.
pub async fn note_duty(db: &impl Db, dossier: DossierId, account: UserId, duty: Duty) -> Result<(), StoreError> {
    use dossier_duty::{Column as Done, Entity as Duties, Model as Row};
    let row = Row { dossier_id: dossier.0, account_id: account.0, duty: duty.code().to_owned() };
    let keep = OnConflict::columns([Done::DossierId, Done::AccountId, Done::Duty]).do_nothing().to_owned();
    Duties::insert(row.into_active_model().reset_all()).on_conflict(keep).exec_without_returning(db.connection()).await?;
    Ok(())
}

/// The duties in which somebody has acted on a dossier.
pub async fn duties(db: &impl Db, dossier: DossierId, account: UserId) -> Result<Vec<Duty>, StoreError> {
    use dossier_duty::{Column as Done, Entity as Duties};
    let query = Duties::find().filter(Done::DossierId.eq(dossier.0)).filter(Done::AccountId.eq(account.0)).order_by_asc(Done::Duty);
    let rows = query.all(db.connection()).await?;
    rows.iter().map(|row| coded(Duty::parse_code(&row.duty), "dossier_duty.duty")).collect()
}

/// The condition that a dossier is within reach.
fn within(reach: &DossierReach) -> Condition {
    if reach.all {
        return Condition::all();
    }
    let own = Column::ProducerId.is_in(reach.producers.iter().map(|id| id.0));
    let handed_in = Condition::all()
        .add(Column::CommuneCode.is_in(reach.communes.iter().map(String::as_str)))
        .add(Column::State.ne(DossierState::Draft.code()));
    let mut any = Condition::any().add(own).add(handed_in);
    if let Some(account) = reach.council {
        let sessions = council_member::Entity::find()
            .select_only()
            .column(council_member::Column::SessionId)
            .filter(council_member::Column::AccountId.eq(account.0));
        let closed = [SessionState::Assembling.code(), SessionState::Cancelled.code()];
        let circulated = council_session::Entity::find()
            .select_only()
            .column(council_session::Column::Id)
            .filter(council_session::Column::State.is_not_in(closed))
            .filter(council_session::Column::Id.in_subquery(sessions.into_query()));
        let dossiers = council_dossier::Entity::find()
            .select_only()
            .column(council_dossier::Column::DossierId)
            .filter(council_dossier::Column::SessionId.in_subquery(circulated.into_query()));
        any = any.add(Column::Id.in_subquery(dossiers.into_query()));
    }
    any
}

fn row(d: &Dossier) -> Model {
    let facts = Facts { stage: Some(d.stage.clone()), report: d.report.clone() };
    Model {
        id: d.id.0,
        product_id: d.product_id.0,
        producer_id: d.producer_id.0,
        kind: d.kind.code().to_owned(),
        cycle: d.cycle,
        rulebook: d.rulebook.clone(),
        criteria_set_id: d.criteria_set.map(|s| s.0),
        commune_code: d.commune_code.clone(),
        state: d.stage.state().code().to_owned(),
        facts: to_json(&facts),
        entered_at: micros(d.entered_at),
        self_assessment: Some(to_json(&d.self_assessment)),
        claimed_by: d.claimed_by.map(|u| u.0),
        previous_rating_id: d.previous_rating.map(|r| r.0),
        submitted_at: d.submitted_at.map(micros),
        decided_at: d.decided_at.map(micros),
        decided_by: d.decided_by.map(|u| u.0),
        rejection_reason: if let Stage::NotRecognised { reason } = &d.stage { Some(reason.clone()) } else { None },
        version: d.version,
        created_at: micros(d.created_at),
        updated_at: micros(d.updated_at),
    }
}

fn domain(row: Model) -> Result<Dossier, StoreError> {
    let facts: Facts = json(&row.facts, "dossier.facts")?;
    let stage = match facts.stage {
        Some(stage) => stage,
        // Rows from before stages carried data.
        None => match DossierState::parse_code(&row.state) {
            Some(DossierState::Draft) => Stage::Draft,
            Some(DossierState::Submitted) => Stage::Submitted,
            Some(DossierState::NotRecognised) => Stage::NotRecognised { reason: row.rejection_reason.clone().unwrap_or_default() },
            Some(DossierState::Recognised) => Stage::Recognised { rating: Uuid::nil().into() },
            _ => Stage::Withdrawn,
        },
    };
    Ok(Dossier {
        id: row.id.into(),
        product_id: row.product_id.into(),
        producer_id: row.producer_id.into(),
        kind: coded(DossierKind::parse_code(&row.kind), "dossier.kind")?,
        cycle: row.cycle,
        rulebook: row.rulebook,
        criteria_set: row.criteria_set_id.map(Into::into),
        commune_code: row.commune_code,
        stage,
        entered_at: instant(row.entered_at)?,
        report: facts.report,
        self_assessment: row.self_assessment.map_or(Ok(Vec::new()), |text| json(&text, "dossier.self_assessment"))?,
        claimed_by: row.claimed_by.map(Into::into),
        previous_rating: row.previous_rating_id.map(Into::into),
        submitted_at: opt_instant(row.submitted_at)?,
        decided_at: opt_instant(row.decided_at)?,
        decided_by: row.decided_by.map(Into::into),
        version: row.version,
        created_at: instant(row.created_at)?,
        updated_at: instant(row.updated_at)?,
    })
}
