//! Score sheets.

use chrono::{DateTime, Utc};
use sea_orm::{ActiveModelTrait, ColumnTrait, EntityTrait, IntoActiveModel, QueryFilter, QueryOrder};

use crate::{
    domain::{
        id::{CouncilSessionId, DossierId, SheetId, UserId},
        sheet::{Mark, SheetState, Totals},
    },
    store::{
        Db, StoreError,
        entity::score_sheet::{Column, Entity, Model},
        error::{coded, json, to_json},
        instant::{instant, micros, opt_instant},
    },
};

/// A member's sheet on a dossier.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Sheet {
    /// Identity.
    pub id: SheetId,
    /// The session.
    pub session: CouncilSessionId,
    /// The dossier.
    pub dossier: DossierId,
    /// Whose sheet it is.
    pub member: UserId,
    /// Where it is.
    pub state: SheetState,
    /// Its marks.
    pub marks: Vec<Mark>,
    /// Codes of hard conditions that the member sees not met.
    pub concerns: Vec<String>,
    /// A remark on the whole; of an excluded sheet the reason.
    pub remark: Option<String>,
    /// Sums of its marks.
    pub totals: Totals,
    /// When it was handed in.
    pub submitted_at: Option<DateTime<Utc>>,
    /// Optimistic lock.
    pub version: i32,
    /// When it last changed.
    pub updated_at: DateTime<Utc>,
}

/// Stores a new sheet.
pub async fn insert(db: &impl Db, sheet: &Sheet) -> Result<(), StoreError> {
    Entity::insert(row(sheet).into_active_model().reset_all()).exec_without_returning(db.connection()).await?;
    Ok(())
}

/// Stores a changed sheet whose `version` is the one it was read with; false when someone was faster.
pub async fn update(db: &impl Db, sheet: &Sheet) -> Result<bool, StoreError> {
    let mut next = row(sheet);
    next.version += 1;
    let done = Entity::update_many()
        .set(next.into_active_model().reset_all())
        .filter(Column::Id.eq(sheet.id.0))
        .filter(Column::AccountId.eq(sheet.member.0))
        .filter(Column::Version.eq(sheet.version))
        .exec(db.connection())
        .await?;
    Ok(done.rows_affected == 1)
}

/// A member's sheet on a dossier.
pub async fn of_member(db: &impl Db, session: CouncilSessionId, dossier: DossierId, member: UserId) -> Result<Option<Sheet>, StoreError> {
    let query = Entity::find().filter(Column::SessionId.eq(session.0)).filter(Column::DossierId.eq(dossier.0));
    query.filter(Column::AccountId.eq(member.0)).one(db.connection()).await?.map(domain).transpose()
}

/// All sheets of a session, by dossier and member.
pub async fn of_session(db: &impl Db, session: CouncilSessionId) -> Result<Vec<Sheet>, StoreError> {
    let query = Entity::find().filter(Column::SessionId.eq(session.0));
    let rows = query.order_by_asc(Column::DossierId).order_by_asc(Column::AccountId).all(db.connection()).await?;
    rows.into_iter().map(domain).collect()
}

fn row(s: &Sheet) -> Model {
    let [part_a, part_b, part_c] = s.totals.parts;
    Model {
        id: s.id.0,
        session_id: s.session.0,
        dossier_id: s.dossier.0,
        account_id: s.member.0,
        state: s.state.code().to_owned(),
        marks: to_json(&s.marks),
        concerns: to_json(&s.concerns),
        remark: s.remark.clone(),
        part_a,
        part_b,
        part_c,
        submitted_at: s.submitted_at.map(micros),
        version: s.version,
        updated_at: micros(s.updated_at),
    }
}

fn domain(row: Model) -> Result<Sheet, StoreError> {
    Ok(Sheet {
        id: row.id.into(),
        session: row.session_id.into(),
        dossier: row.dossier_id.into(),
        member: row.account_id.into(),
        state: coded(SheetState::parse_code(&row.state), "score_sheet.state")?,
        marks: json(&row.marks, "score_sheet.marks")?,
        concerns: json(&row.concerns, "score_sheet.concerns")?,
        remark: row.remark,
        totals: Totals { parts: [row.part_a, row.part_b, row.part_c] },
        submitted_at: opt_instant(row.submitted_at)?,
        version: row.version,
        updated_at: instant(row.updated_at)?,
    })
}
