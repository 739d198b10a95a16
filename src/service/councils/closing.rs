//! How a session ends: sheets side by side, the outcome of each dossier, the minutes.

use serde_json::json;
use std::collections::HashMap;

use crate::{
    domain::{
        actor::{Action, Actor, permit},
        council::{self, CouncilDuty, FEWEST_SHEETS, Finding, HeldBack, Outcome, Seat, Session, SessionState, SessionStep},
        dossier::Dossier,
        id::{CouncilSessionId, UserId},
        procedure::{Duty, Step},
        product::Product,
        reason::{Reason, Refusal},
        rulebook::Rulebook,
        sheet::SheetState,
    },
    service::{
        Call, Service, ServiceError,
        councils::{finish, locked, seated, step},
        dossiers::{acted, found, go},
        minutes,
        producers::EVERYTHING,
        work::begin,
    },
    store::{
        self, Db, accounts,
        councils::{self, SessionReach},
        dossiers, products,
        sheets::{self, Sheet},
    },
};

/// One dossier of a session with everything the chair looks at.
#[derive(Debug, Clone)]
pub struct Board {
    /// The dossier.
    pub dossier: Dossier,
    /// Its product.
    pub product: Product,
    /// Its rulebook.
    pub book: Rulebook,
    /// All sheets, also those that do not count.
    pub sheets: Vec<Sheet>,
    /// What was found on conditions.
    pub findings: Vec<Finding>,
    /// Average, band and stars by the sheets that count; none without any.
    pub outcome: Option<Outcome>,
    /// Lowest and highest total.
    pub spread: Option<(i32, i32)>,
    /// Members whose totals lie far from the average.
    pub outliers: Vec<UserId>,
}

impl Board {
    /// Why the product is not proposed for more stars.
    pub fn held_back(&self) -> Vec<HeldBack> {
        self.outcome.as_ref().map(|o| o.held_back(&self.book)).unwrap_or_default()
    }

    /// Members whose sheets are still out.
    fn waiting<'a>(&'a self, seats: &'a [Seat]) -> impl Iterator<Item = UserId> + 'a {
        let done = |s: &&Seat| !self.sheets.iter().any(|h| h.member == s.account && h.state != SheetState::Draft);
        seats.iter().filter(done).map(|s| s.account)
    }

    fn counted(&self) -> usize {
        self.sheets.iter().filter(|s| s.state == SheetState::Submitted).count()
    }
}

/// The boards of a session that the actor was shown. Members see them once it is closed, chair and secretary once sheets are in.
pub async fn boards(service: &Service, actor: &Actor, session: &Session) -> Result<Option<Vec<Board>>, ServiceError> {
    let office = permit(actor, Action::ManageCouncils).is_ok();
    let seats = councils::seats(&service.store, &[session.id]).await?;
    let leads = seats.iter().any(|s| Some(s.account) == actor.account() && s.duty != CouncilDuty::Member);
    let shown = match session.state {
        SessionState::Closed => true,
        SessionState::Scored => office || leads,
        _ => false,
    };
    if shown { load(&service.store, session.id).await.map(Some) } else { Ok(None) }
}

/// Closes scoring: every member's sheet on every dossier is in or excluded. For the province's office.
pub async fn close_scoring(service: &Service, call: &Call<'_>, id: CouncilSessionId) -> Result<CouncilSessionId, ServiceError> {
    permit(call.actor, Action::ManageCouncils)?;
    let work = begin!(service, call);
    let mut session = locked(&work, id, SessionReach::All).await?;
    step(&mut session, SessionStep::CloseScoring)?;
    let seats = councils::seats(&work.tx, &[id]).await?;
    let names = names(&work.tx, &seats).await?;
    let mut refusals = Vec::new();
    for (index, board) in load(&work.tx, id).await?.iter().enumerate() {
        let out: Vec<_> = board.waiting(&seats).map(|a| names.get(&a).cloned().unwrap_or_default()).collect();
        if !out.is_empty() {
            refusals.push(Refusal::at(&format!("dossiers.{index}"), Reason::SheetsMissing { names: out.join(", ") }));
        } else if board.counted() < FEWEST_SHEETS {
            refusals.push(Refusal::at(&format!("dossiers.{index}"), Reason::TooFewSheets { min: FEWEST_SHEETS }));
        }
    }
    if !refusals.is_empty() {
        return Err(ServiceError::Refused(refusals));
    }
    finish(work, session, "councilCloseScoring", json!({})).await
}

/// Closes the session: each dossier gets its average and proposed stars, and the minutes are written. For the chair; every condition
/// that could cost a star of the score needs a finding first.
pub async fn close(service: &Service, call: &Call<'_>, id: CouncilSessionId) -> Result<CouncilSessionId, ServiceError> {
    permit(call.actor, Action::ScoreDossiers)?;
    let work = begin!(service, call);
    let (mut session, seat) = seated(&work, call.actor, id).await?;
    if seat.is_some_and(|s| s.duty != CouncilDuty::Chair) {
        return Err(ServiceError::refused("id", Reason::ChairOnly));
    }
    step(&mut session, SessionStep::Close)?;
    session.closed_at = Some(work.at);
    let boards = load(&work.tx, id).await?;
    let mut refusals = Vec::new();
    for (index, board) in boards.iter().enumerate() {
        let Some(outcome) = &board.outcome else {
            refusals.push(Refusal::at(&format!("dossiers.{index}"), Reason::TooFewSheets { min: FEWEST_SHEETS }));
            continue;
        };
        let open = board.book.conditions_for(board.product.group).into_iter().filter(|c| c.min_stars <= outcome.band);
        for condition in open.filter(|c| !board.findings.iter().any(|f| f.condition == c.code)) {
            let name = format!("{} ({})", condition.text_vi, condition.code);
            refusals.push(Refusal::at(&format!("dossiers.{index}"), Reason::FindingMissing { condition: name }));
        }
    }
    if !refusals.is_empty() {
        return Err(ServiceError::Refused(refusals));
    }
    let mut facts = Vec::new();
    for board in &boards {
        let Some(outcome) = board.outcome.clone() else { continue };
        facts.push(json!({ "dossier": board.dossier.id.to_string(), "outcome": outcome }));
        let mut dossier = acted(&work, call.actor, board.dossier.id, Duty::Council).await?;
        go(&work, &mut dossier, Step::Rate(outcome))?;
        super::saved(dossiers::update(&work.tx, &dossier, &found()).await?)?;
    }
    let seats = councils::seats(&work.tx, &[id]).await?;
    let names = names(&work.tx, &seats).await?;
    session.minutes = Some(minutes::render(&session, &seats, &names, &boards));
    let sha256 = crate::service::keys::hash(session.minutes.as_deref().unwrap_or_default());
    finish(work, session, "councilClose", json!({ "dossiers": facts, "minutesSha256": sha256 })).await
}

/// All boards of a session, in the order of its dossiers.
async fn load(db: &impl Db, session: CouncilSessionId) -> Result<Vec<Board>, ServiceError> {
    let all_sheets = sheets::of_session(db, session).await?;
    let all_findings = councils::findings(db, session).await?;
    let ids: Vec<_> = councils::dossiers(db, &[session]).await?.into_iter().map(|(_, id)| id).collect();
    let mut known: HashMap<_, _> = dossiers::find_many(db, &ids, &found()).await?.into_iter().map(|d| (d.id, d)).collect();
    let product_ids: Vec<_> = known.values().map(|d| d.product_id).collect();
    let products: HashMap<_, _> = products::find_many(db, &product_ids, &EVERYTHING).await?.into_iter().map(|p| (p.id, p)).collect();
    let books = store::rulebooks::all(db).await?;
    let mut boards = Vec::new();
    for id in ids {
        let Some(dossier) = known.remove(&id) else { continue };
        let product = products.get(&dossier.product_id).cloned().ok_or_else(ServiceError::not_found)?;
        let book = books.iter().find(|b| b.code == dossier.rulebook).cloned().ok_or_else(ServiceError::not_found)?;
        let sheets: Vec<_> = all_sheets.iter().filter(|s| s.dossier == id).cloned().collect();
        let findings: Vec<_> = all_findings.iter().filter(|f| f.dossier == id).cloned().collect();
        boards.push(board(dossier, product, book, sheets, findings));
    }
    Ok(boards)
}

fn board(dossier: Dossier, product: Product, book: Rulebook, sheets: Vec<Sheet>, findings: Vec<Finding>) -> Board {
    let counted: Vec<_> = sheets.iter().filter(|s| s.state == SheetState::Submitted).collect();
    let totals: Vec<i32> = counted.iter().map(|s| s.totals.total()).collect();
    let points: Vec<u32> = totals.iter().filter_map(|t| u32::try_from(*t).ok()).collect();
    let failed: Vec<String> = findings.iter().filter(|f| !f.is_met).map(|f| f.condition.clone()).collect();
    let outcome = council::outcome(&book, product.group, &points, &failed);
    let spread = council::spread(&totals);
    let outliers = spread.as_ref().map(|(_, _, far)| far.iter().map(|i| counted[*i].member).collect()).unwrap_or_default();
    Board { dossier, product, book, sheets, findings, outcome, spread: spread.map(|(low, high, _)| (low, high)), outliers }
}

async fn names(db: &impl Db, seats: &[Seat]) -> Result<HashMap<UserId, String>, ServiceError> {
    let ids: Vec<_> = seats.iter().map(|s| s.account).collect();
    Ok(accounts::find_many(db, &ids).await?.into_iter().map(|a| (a.id, a.display_name)).collect())
}
