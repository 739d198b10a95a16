//! Score sheets: filled in and handed in by council members; excluded for conflicts of interest and absence.

use serde_json::json;

use crate::{
    domain::{
        actor::{Action, Actor, permit},
        council::{CouncilDuty, SessionState},
        dossier::Dossier,
        id::{CouncilSessionId, DossierId, UserId},
        procedure::Duty,
        reason::{Reason, Refusal},
        rubric::Criterion,
        sheet::{self, Mark, SheetState},
    },
    service::{
        Call, Service, ServiceError,
        councils::{before, blank, excluded, seated, wrong},
        dossiers::{acted, criteria, refuse_faults},
        form::Form,
        producers::{EVERYTHING, saved},
        rulebooks,
        work::{Work, begin},
    },
    store::{
        products,
        sheets::{self, Sheet},
    },
};

/// A sheet as filled in so far.
#[derive(Debug, Clone, Default)]
pub struct SheetData {
    /// All marks so far.
    pub marks: Vec<Mark>,
    /// Codes of hard conditions that the member sees not met.
    pub concerns: Vec<String>,
    /// A remark on the whole.
    pub remark: Option<String>,
}

/// Saves a draft of one's own sheet. Marks are checked as they come; what is missing may follow.
pub async fn save(
    service: &Service,
    call: &Call<'_>,
    (session, dossier): (CouncilSessionId, DossierId),
    given: SheetData,
) -> Result<CouncilSessionId, ServiceError> {
    let member = member(call.actor)?;
    let mut form = Form::new("input");
    let SheetData { marks, concerns, remark } = given;
    let remark = form.lines("remark", remark.as_deref(), 4000);
    for (index, mark) in marks.iter().enumerate() {
        form.lines(&format!("marks.{index}.comment"), mark.comment.as_deref(), 2000);
    }
    form.finish()?;
    let work = begin!(service, call);
    let (rated, known) = scoring(&work, call.actor, (session, dossier), member).await?;
    let criteria = criteria(&work.tx, &rated, "dossier").await?;
    refuse_faults(&criteria, &marks, "input.marks")?;
    refuse_unknown(&work, &rated, &concerns).await?;
    let is_new = known.is_none();
    let mut own = known.unwrap_or_else(|| blank(&work, session, dossier, member));
    own.totals = sheet::check(&criteria, &marks).totals;
    (own.marks, own.concerns, own.remark, own.updated_at) = (marks, concerns, remark, work.at);
    if is_new {
        sheets::insert(&work.tx, &own).await?;
    } else {
        saved(sheets::update(&work.tx, &own).await?)?;
    }
    let facts = json!({ "session": session.to_string(), "marks": own.marks.len(), "total": own.totals.total() });
    work.note("scoreSheetSave", ("dossier", dossier.0, rated.version), facts);
    work.commit(session.0).await?;
    Ok(session)
}

/// Hands one's own sheet in: once, with every criterion. It does not change any more.
pub async fn submit(
    service: &Service,
    call: &Call<'_>,
    (session, dossier): (CouncilSessionId, DossierId),
) -> Result<CouncilSessionId, ServiceError> {
    let member = member(call.actor)?;
    let work = begin!(service, call);
    let (rated, known) = scoring(&work, call.actor, (session, dossier), member).await?;
    let criteria = criteria(&work.tx, &rated, "dossier").await?;
    let marks = known.as_ref().map(|s| s.marks.as_slice()).unwrap_or_default();
    let missing = sheet::check(&criteria, marks).missing;
    if !missing.is_empty() {
        let named = |c: &Criterion| Refusal::at("dossier", Reason::CriterionMissing { criterion: sheet::label(c) });
        return Err(ServiceError::Refused(missing.iter().map(named).collect()));
    }
    let mut own = known.ok_or_else(|| ServiceError::refused("dossier", Reason::NotFound))?;
    acted(&work, call.actor, dossier, Duty::Council).await?;
    own.state = SheetState::Submitted;
    own.submitted_at = Some(work.at);
    own.updated_at = work.at;
    saved(sheets::update(&work.tx, &own).await?)?;
    let points: Vec<_> = own.marks.iter().map(|m| json!([m.criterion, m.points])).collect();
    let facts = json!({ "session": session.to_string(), "marks": points, "concerns": own.concerns, "parts": own.totals.parts, "total": own.totals.total() });
    work.note("scoreSheetSubmit", ("dossier", dossier.0, rated.version), facts);
    work.commit(session.0).await?;
    Ok(session)
}

/// Excludes a sheet: a member declares a conflict of interest of their own, or the chair notes that a member is absent.
pub async fn exclude(
    service: &Service,
    call: &Call<'_>,
    (session, dossier): (CouncilSessionId, DossierId),
    (other, reason): (Option<UserId>, &str),
) -> Result<CouncilSessionId, ServiceError> {
    let me = member(call.actor)?;
    let mut form = Form::new("input");
    let reason = form.text("reason", reason, 500);
    form.finish()?;
    let work = begin!(service, call);
    let (found, seat) = seated(&work, call.actor, session).await?;
    let member = other.unwrap_or(me);
    if member != me && seat.is_none_or(|s| s.duty != CouncilDuty::Chair) {
        return Err(ServiceError::refused("input.member", Reason::ChairOnly));
    }
    if !matches!(found.state, SessionState::Circulated | SessionState::Scoring) {
        return Err(wrong(&found));
    }
    let rated = before(&work, &found, dossier).await?;
    let known = sheets::of_member(&work.tx, session, dossier, member).await?;
    if member != me && known.as_ref().is_some_and(|s| s.state == SheetState::Submitted) {
        return Err(ServiceError::refused("input.member", Reason::WrongState { state: SheetState::Submitted.code().to_owned() }));
    }
    let seats = crate::store::councils::seats(&work.tx, &[session]).await?;
    if !seats.iter().any(|s| s.account == member) {
        return Err(ServiceError::refused("input.member", Reason::NotFound));
    }
    match known {
        Some(mut own) => {
            (own.state, own.remark, own.updated_at) = (SheetState::Excluded, Some(reason.clone()), work.at);
            saved(sheets::update(&work.tx, &own).await?)?;
        }
        None => sheets::insert(&work.tx, &excluded(blank(&work, session, dossier, member), &reason)).await?,
    }
    let facts = json!({ "session": session.to_string(), "member": member.to_string(), "reason": reason });
    work.note("scoreSheetExclude", ("dossier", dossier.0, rated.version), facts);
    work.commit(session.0).await?;
    Ok(session)
}

/// The actor's own sheet on a dossier, with the criteria that have no mark yet.
pub async fn mine(
    service: &Service,
    actor: &Actor,
    session: CouncilSessionId,
    dossier: &Dossier,
) -> Result<Option<(Sheet, Vec<Criterion>)>, ServiceError> {
    let Some(account) = actor.account() else { return Ok(None) };
    let Some(own) = sheets::of_member(&service.store, session, dossier.id, account).await? else { return Ok(None) };
    let criteria = criteria(&service.store, dossier, "dossier").await?;
    let missing = sheet::check(&criteria, &own.marks).missing;
    Ok(Some((own, missing)))
}

/// Concerns are about conditions that the rulebook has for this product, each once.
async fn refuse_unknown(work: &Work, dossier: &Dossier, concerns: &[String]) -> Result<(), ServiceError> {
    let book = rulebooks::named(&work.tx, &dossier.rulebook).await?;
    let product = products::find(&work.tx, dossier.product_id, &EVERYTHING).await?;
    let known: Vec<_> = book.conditions_for(product.and_then(|p| p.group)).into_iter().map(|c| c.code.as_str()).collect();
    let mut form = Form::new("input");
    for (index, concern) in concerns.iter().enumerate() {
        if !known.contains(&concern.as_str()) {
            form.refuse(&format!("concerns.{index}"), Reason::UnknownValue { allowed: known.join(", ") });
        } else if concerns[..index].contains(concern) {
            form.refuse(&format!("concerns.{index}"), Reason::Duplicate);
        }
    }
    form.finish()
}

fn member(actor: &Actor) -> Result<UserId, ServiceError> {
    permit(actor, Action::ScoreDossiers)?;
    Ok(actor.person()?.id)
}

/// The dossier under lock and the member's sheet, while it may be filled in.
async fn scoring(
    work: &Work,
    actor: &Actor,
    (session, dossier): (CouncilSessionId, DossierId),
    member: UserId,
) -> Result<(Dossier, Option<Sheet>), ServiceError> {
    let (found, _) = seated(work, actor, session).await?;
    if found.state != SessionState::Scoring {
        return Err(wrong(&found));
    }
    let rated = before(work, &found, dossier).await?;
    let known = sheets::of_member(&work.tx, session, dossier, member).await?;
    match known.as_ref().map(|s| s.state) {
        Some(SheetState::Excluded) => Err(ServiceError::refused("dossier", Reason::ConflictOfInterest)),
        Some(SheetState::Submitted) => {
            Err(ServiceError::refused("dossier", Reason::WrongState { state: SheetState::Submitted.code().to_owned() }))
        }
        Some(SheetState::Draft) | None => Ok((rated, known)),
    }
}
