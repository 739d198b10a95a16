//! Sessions of evaluation councils: assembled, circulated, opened and closed for scoring by the province's office; closed by the chair.

mod closing;

use chrono::NaiveDate;
use serde_json::json;
use std::collections::HashSet;

use crate::{
    domain::{
        actor::{Action, Actor, permit},
        certificate::legal_day,
        council::{CouncilDuty, FEWEST_MEMBERS, Finding, Seat, Session, SessionState, SessionStep, first_meeting_day},
        id::{CouncilSessionId, DossierId, UserId},
        procedure::{Conflict, Duty, Stage, Step, conflict},
        reason::{Reason, Refusal},
        sheet::{SheetState, Totals},
    },
    service::{
        Call, Service, ServiceError,
        dossiers::{acted, found, go},
        form::Form,
        keys,
        producers::saved,
        rulebooks,
        work::{Work, begin},
    },
    store::{
        Page, PageRequest, accounts,
        councils::{self, SessionReach},
        dossiers, members, products,
        sheets::{self, Sheet},
    },
};
pub use closing::{Board, boards, close, close_scoring};

/// Most dossiers of a session.
const MOST_DOSSIERS: usize = 100;
/// Most people in a council.
const MOST_MEMBERS: usize = 30;

/// A session as given.
#[derive(Debug, Clone)]
pub struct SessionData {
    /// Name for people.
    pub name: String,
    /// Day of the meeting.
    pub held_on: NaiveDate,
    /// E-mail and duty of each member.
    pub members: Vec<(String, CouncilDuty)>,
    /// The dossiers, in order.
    pub dossiers: Vec<DossierId>,
}

/// What the council found on a condition, as given.
#[derive(Debug, Clone)]
pub struct FindingData {
    /// Code of the condition.
    pub condition: String,
    /// Whether it is met.
    pub is_met: bool,
    /// Why.
    pub note: Option<String>,
}

/// Assembles a council for a session with accepted dossiers. A member who belongs to a producer, or has acted on a dossier in another
/// duty, does not score it.
pub async fn create(service: &Service, call: &Call<'_>, given: SessionData) -> Result<CouncilSessionId, ServiceError> {
    permit(call.actor, Action::ManageCouncils)?;
    let mut form = Form::new("input");
    let name = form.text("name", &given.name, 200);
    for (field, size, range) in
        [("members", given.members.len(), FEWEST_MEMBERS..=MOST_MEMBERS), ("dossiers", given.dossiers.len(), 1..=MOST_DOSSIERS)]
    {
        if size < *range.start() {
            form.refuse(field, Reason::TooFew { min: *range.start() });
        } else if size > *range.end() {
            form.refuse(field, Reason::TooMany { max: *range.end() });
        }
    }
    let holding = |duty| given.members.iter().filter(|(_, d)| *d == duty).count();
    if holding(CouncilDuty::Chair) != 1 || holding(CouncilDuty::Secretary) != 1 {
        form.refuse("members", Reason::CouncilSeats);
    }
    form.finish()?;
    let work = begin!(service, call);
    let session = Session {
        id: service.new_id().into(),
        name,
        held_on: given.held_on,
        state: SessionState::Assembling,
        circulated_at: None,
        opened_at: None,
        closed_at: None,
        early_reason: None,
        minutes: None,
        version: 1,
        created_at: work.at,
    };
    councils::insert(&work.tx, &session).await?;
    let seats = seats(&work, session.id, &given.members).await?;
    councils::seat(&work.tx, &seats).await?;
    assign(&work, call.actor, session.id, &given.dossiers).await?;
    exclude_unfit(&work, &session, &seats, &given.dossiers).await?;
    let people: Vec<_> = seats.iter().map(|s| json!([s.account.to_string(), s.duty.code()])).collect();
    let list: Vec<_> = given.dossiers.iter().map(ToString::to_string).collect();
    work.note("councilCreate", ("councilSession", session.id.0, 1), json!({ "members": people, "dossiers": list }));
    work.commit(session.id.0).await?;
    Ok(session.id)
}

async fn seats(work: &Work, session: CouncilSessionId, given: &[(String, CouncilDuty)]) -> Result<Vec<Seat>, ServiceError> {
    let (mut seats, mut refusals, mut seen) = (Vec::new(), Vec::new(), HashSet::new());
    for (index, (email, duty)) in given.iter().enumerate() {
        let mut refuse = |reason| refusals.push(Refusal::at(&format!("input.members.{index}.email"), reason));
        let Some(account) = accounts::by_email(&work.tx, &email.trim().to_lowercase()).await?.filter(|a| !a.disabled) else {
            refuse(Reason::NotFound);
            continue;
        };
        let grants = accounts::grants(&work.tx, account.id).await?;
        if !grants.iter().any(|g| g.role == crate::domain::actor::Role::CouncilMember) {
            refuse(Reason::NotCouncilMember);
        } else if !seen.insert(account.id) {
            refuse(Reason::Duplicate);
        }
        seats.push(Seat { session, account: account.id, duty: *duty });
    }
    if refusals.is_empty() { Ok(seats) } else { Err(ServiceError::Refused(refusals)) }
}

async fn assign(work: &Work, actor: &Actor, session: CouncilSessionId, wanted: &[DossierId]) -> Result<(), ServiceError> {
    let mut seen = HashSet::new();
    for (index, id) in wanted.iter().enumerate() {
        let path = format!("input.dossiers.{index}");
        if !seen.insert(*id) {
            return Err(ServiceError::refused(&path, Reason::Duplicate));
        }
        let mut dossier = acted(work, actor, *id, Duty::Province).await.map_err(|e| moved(e, &path))?;
        go(work, &mut dossier, Step::Assign(session)).map_err(|e| moved(e, &path))?;
        saved(dossiers::update(&work.tx, &dossier, &found()).await?)?;
    }
    Ok(councils::put_dossiers(&work.tx, session, wanted).await?)
}

/// Moves refusals of one dossier to its place in the input.
fn moved(error: ServiceError, path: &str) -> ServiceError {
    match error {
        ServiceError::Refused(refusals) => ServiceError::Refused(refusals.into_iter().map(|r| Refusal::at(path, r.reason)).collect()),
        other => other,
    }
}

async fn exclude_unfit(work: &Work, session: &Session, seats: &[Seat], wanted: &[DossierId]) -> Result<(), ServiceError> {
    for seat in seats {
        let producers = members::of_account(&work.tx, seat.account).await?;
        for id in wanted {
            let dossier = dossiers::find(&work.tx, *id, &found()).await?.ok_or_else(ServiceError::not_found)?;
            let belongs = producers.iter().any(|(producer, _)| *producer == dossier.producer_id);
            let held = dossiers::duties(&work.tx, *id, seat.account).await?;
            let Some(conflict) = conflict(belongs, &held, Duty::Council) else { continue };
            if seat.duty == CouncilDuty::Chair {
                // The chair closes every dossier of the session.
                return Err(ServiceError::refused("input.members", Reason::ConflictOfInterest));
            }
            let remark = if conflict == Conflict::OwnProduct { "MEMBER_OF_PRODUCER" } else { "ACTED_IN_ANOTHER_DUTY" };
            let sheet = excluded(blank(work, session.id, *id, seat.account), remark);
            sheets::insert(&work.tx, &sheet).await?;
        }
    }
    Ok(())
}

/// A sheet without marks.
pub(super) fn blank(work: &Work, session: CouncilSessionId, dossier: DossierId, member: UserId) -> Sheet {
    Sheet {
        id: keys::uuid_v7(work.at).into(),
        session,
        dossier,
        member,
        state: SheetState::Draft,
        marks: Vec::new(),
        concerns: Vec::new(),
        remark: None,
        totals: Totals::default(),
        submitted_at: None,
        version: 1,
        updated_at: work.at,
    }
}

/// A sheet that does not count from the beginning.
pub(super) fn excluded(blank: Sheet, reason: &str) -> Sheet {
    Sheet { state: SheetState::Excluded, remark: Some(reason.to_owned()), ..blank }
}

/// Sends the dossiers of a session to its members: from now on they may read them.
pub async fn circulate(service: &Service, call: &Call<'_>, id: CouncilSessionId) -> Result<CouncilSessionId, ServiceError> {
    permit(call.actor, Action::ManageCouncils)?;
    let work = begin!(service, call);
    let mut session = locked(&work, id, SessionReach::All).await?;
    step(&mut session, SessionStep::Circulate)?;
    session.circulated_at = Some(work.at);
    finish(work, session, "councilCirculate", json!({})).await
}

/// Opens scoring. A working day lies between circulation and meeting (Decision 148/QĐ-TTg); to meet earlier takes a reason, which
/// stands in the minutes.
pub async fn open(
    service: &Service,
    call: &Call<'_>,
    id: CouncilSessionId,
    early_reason: Option<&str>,
) -> Result<CouncilSessionId, ServiceError> {
    permit(call.actor, Action::ManageCouncils)?;
    let mut form = Form::new("");
    let reason = form.optional("earlyReason", early_reason, 500);
    form.finish()?;
    let work = begin!(service, call);
    let mut session = locked(&work, id, SessionReach::All).await?;
    step(&mut session, SessionStep::Open)?;
    let first = session.circulated_at.map(|at| first_meeting_day(legal_day(at)));
    if let Some(first) = first.filter(|first| service.clock.today() < *first) {
        let late = || ServiceError::refused("earlyReason", Reason::CirculatedTooLate { first_day: first.to_string() });
        session.early_reason = Some(reason.ok_or_else(late)?);
    }
    session.opened_at = Some(work.at);
    let facts = json!({ "earlyReason": session.early_reason });
    finish(work, session, "councilOpenScoring", facts).await
}

/// Calls a session off; its dossiers wait for another one.
pub async fn cancel(service: &Service, call: &Call<'_>, id: CouncilSessionId) -> Result<CouncilSessionId, ServiceError> {
    permit(call.actor, Action::ManageCouncils)?;
    let work = begin!(service, call);
    let mut session = locked(&work, id, SessionReach::All).await?;
    step(&mut session, SessionStep::Cancel)?;
    for (_, dossier) in councils::dossiers(&work.tx, &[id]).await? {
        let mut dossier = acted(&work, call.actor, dossier, Duty::Province).await?;
        go(&work, &mut dossier, Step::Unassign)?;
        saved(dossiers::update(&work.tx, &dossier, &found()).await?)?;
    }
    finish(work, session, "councilCancel", json!({})).await
}

/// Records what the council found on the hard conditions of a dossier. For chair and secretary, before the session is closed.
pub async fn find_conditions(
    service: &Service,
    call: &Call<'_>,
    (id, dossier): (CouncilSessionId, DossierId),
    given: Vec<FindingData>,
) -> Result<CouncilSessionId, ServiceError> {
    permit(call.actor, Action::ScoreDossiers)?;
    let work = begin!(service, call);
    let (session, seat) = seated(&work, call.actor, id).await?;
    if seat.is_some_and(|s| s.duty == CouncilDuty::Member) {
        return Err(ServiceError::refused("id", Reason::ChairOnly));
    }
    if !matches!(session.state, SessionState::Scoring | SessionState::Scored) {
        return Err(wrong(&session));
    }
    let rated = before(&work, &session, dossier).await?;
    let book = rulebooks::named(&work.tx, &rated.rulebook).await?;
    let product = products::find(&work.tx, rated.product_id, &super::producers::EVERYTHING).await?;
    let conditions = book.conditions_for(product.and_then(|p| p.group));
    let sheets = sheets::of_session(&work.tx, id).await?;
    let mut form = Form::new("input");
    let mut findings = Vec::new();
    for (index, f) in given.into_iter().enumerate() {
        if !conditions.iter().any(|c| c.code == f.condition) {
            let allowed = conditions.iter().map(|c| c.code.as_str()).collect::<Vec<_>>().join(", ");
            form.refuse(&format!("findings.{index}.condition"), Reason::UnknownValue { allowed });
        } else if findings.iter().any(|g: &Finding| g.condition == f.condition) {
            form.refuse(&format!("findings.{index}.condition"), Reason::Duplicate);
        }
        let note = form.optional(&format!("findings.{index}.note"), f.note.as_deref(), 2000);
        let doubted = sheets.iter().any(|s| s.dossier == dossier && s.concerns.contains(&f.condition));
        if f.is_met && doubted && note.is_none() {
            // Whoever finds against a member says why.
            form.refuse(&format!("findings.{index}.note"), Reason::Required);
        }
        findings.push(Finding { session: id, dossier, condition: f.condition, is_met: f.is_met, note });
    }
    if findings.is_empty() {
        form.refuse("findings", Reason::TooFew { min: 1 });
    }
    form.finish()?;
    councils::put_findings(&work.tx, &findings).await?;
    let facts: Vec<_> = findings.iter().map(|f| json!([f.condition, f.is_met, f.note])).collect();
    work.note("councilFind", ("dossier", dossier.0, rated.version), json!({ "session": id.to_string(), "findings": facts }));
    work.commit(id.0).await?;
    Ok(id)
}

/// The session with an id, if the actor may see it: the province's office, and its members once it is circulated.
pub async fn find(service: &Service, actor: &Actor, id: CouncilSessionId) -> Result<Option<Session>, ServiceError> {
    match reach(actor) {
        Some(reach) => Ok(councils::find(&service.store, id, reach).await?),
        None => Ok(None),
    }
}

/// Sessions that the actor may see, the newest first.
pub async fn page(service: &Service, actor: &Actor, request: &PageRequest) -> Result<Page<Session>, ServiceError> {
    let office = permit(actor, Action::ManageCouncils);
    let reach = reach(actor).ok_or_else(|| office.expect_err("who manages councils has a reach"))?;
    Ok(councils::page(&service.store, reach, request).await?)
}

fn reach(actor: &Actor) -> Option<SessionReach> {
    if permit(actor, Action::ManageCouncils).is_ok() {
        return Some(SessionReach::All);
    }
    permit(actor, Action::ScoreDossiers).ok().and_then(|_| actor.account()).map(SessionReach::Seated)
}

pub(super) async fn locked(work: &Work, id: CouncilSessionId, reach: SessionReach) -> Result<Session, ServiceError> {
    councils::find_for_update(&work.tx, id, reach).await?.ok_or_else(ServiceError::not_found)
}

/// The session under lock, and the actor's seat in it; others look like strangers.
pub(super) async fn seated(work: &Work, actor: &Actor, id: CouncilSessionId) -> Result<(Session, Option<Seat>), ServiceError> {
    let Some(account) = actor.account() else { return Ok((locked(work, id, SessionReach::All).await?, None)) };
    let session = locked(work, id, SessionReach::Seated(account)).await?;
    let seat = councils::seats(&work.tx, &[id]).await?.into_iter().find(|s| s.account == account);
    Ok((session, seat))
}

/// A dossier that is before a session.
pub(super) async fn before(work: &Work, session: &Session, id: DossierId) -> Result<crate::domain::dossier::Dossier, ServiceError> {
    let dossier = dossiers::find_for_update(&work.tx, id, &found()).await?;
    let here = |d: &crate::domain::dossier::Dossier| matches!(d.stage, Stage::UnderEvaluation { session: s } if s == session.id);
    dossier.filter(here).ok_or_else(|| ServiceError::refused("dossier", Reason::NotFound))
}

pub(super) fn step(session: &mut Session, step: SessionStep) -> Result<(), ServiceError> {
    session.state = session.state.after(step).ok_or_else(|| wrong(session))?;
    Ok(())
}

pub(super) fn wrong(session: &Session) -> ServiceError {
    ServiceError::refused("id", Reason::WrongState { state: session.state.code().to_owned() })
}

async fn finish(
    work: Box<Work>,
    session: Session,
    action: &'static str,
    facts: serde_json::Value,
) -> Result<CouncilSessionId, ServiceError> {
    saved(councils::update(&work.tx, &session).await?)?;
    work.note(action, ("councilSession", session.id.0, session.version + 1), facts);
    work.commit(session.id.0).await?;
    Ok(session.id)
}
