//! Dossiers as communes and the province handle them: queued, claimed, sent back, reported on, forwarded, accepted.

use chrono::{Duration, NaiveDate};
use serde_json::json;

use crate::{
    domain::{
        actor::{Action, Actor, dossiers_in_reach, permit},
        dossier::{ChangeRequest, CommuneFinding, CommuneReport, Dossier},
        id::DossierId,
        procedure::{DossierState, Duty, Stage, Step},
        product::ProductGroup,
        reason::Reason,
    },
    service::{
        Call, Service, ServiceError,
        dossiers::{acted, finish, found, go, wrong_state},
        form::Form,
        producers::saved,
        work::begin,
    },
    store::{
        Page, PageRequest,
        dossiers::{self, DossierFilter},
        rulebooks,
    },
};

/// Most items of one request for changes.
const MOST_ITEMS: usize = 50;

/// Which dossiers a queue holds.
#[derive(Debug, Clone, Default)]
pub struct QueueFilter {
    /// With this level.
    pub level: Option<Duty>,
    /// In these states.
    pub states: Vec<DossierState>,
    /// Of products of this group.
    pub group: Option<ProductGroup>,
    /// Longer in their state than the rulebook's target.
    pub overdue: bool,
    /// Claimed by the reader.
    pub mine: bool,
}

/// The commune's report as given.
#[derive(Debug, Clone)]
pub struct ReportData {
    /// Local materials and labour, origin of the idea, local identity: whether met, and the assessment.
    pub findings: [(bool, String); 3],
    /// Day of the meeting with the units concerned.
    pub meeting_on: NaiveDate,
    /// Number of the letter to the province.
    pub letter: Option<String>,
}

/// Dossiers that wait for somebody within the reader's reach, the oldest first.
pub async fn queue(service: &Service, actor: &Actor, asked: &QueueFilter, request: &PageRequest) -> Result<Page<Dossier>, ServiceError> {
    permit(actor, Action::ReviewDossiers)?;
    let waits = |s: &&DossierState| match asked.level {
        Some(level) => s.holder() == Some(level),
        None => !matches!(s.holder(), None | Some(Duty::Producer)),
    };
    let states = match asked.states.is_empty() {
        true => DossierState::ALL.iter().filter(waits).copied().collect(),
        false => asked.states.clone(),
    };
    let overdue = if asked.overdue { Some(late(service).await?) } else { None };
    let filter = DossierFilter { states, group: asked.group, claimed_by: actor.account().filter(|_| asked.mine), overdue };
    Ok(dossiers::page(&service.store, &filter, &dossiers_in_reach(actor), request).await?)
}

/// All dossiers that the reader may see, the oldest first: producers their own.
pub async fn list(
    service: &Service,
    actor: &Actor,
    states: Vec<DossierState>,
    request: &PageRequest,
) -> Result<Page<Dossier>, ServiceError> {
    permit(actor, Action::EditDossier).or_else(|_| permit(actor, Action::ReviewDossiers))?;
    let filter = DossierFilter { states, ..DossierFilter::default() };
    Ok(dossiers::page(&service.store, &filter, &dossiers_in_reach(actor), request).await?)
}

async fn late(service: &Service) -> Result<Vec<(String, DossierState, chrono::DateTime<chrono::Utc>)>, ServiceError> {
    let now = service.clock.now();
    let books = rulebooks::all(&service.store).await?;
    let of = |book: &crate::domain::rulebook::Rulebook| {
        book.target_days.iter().map(|t| (book.code.clone(), t.state, now - Duration::days(i64::from(t.days)))).collect::<Vec<_>>()
    };
    Ok(books.iter().flat_map(of).collect())
}

/// Takes a dossier on, so that others see who works on it.
pub async fn claim(service: &Service, call: &Call<'_>, id: DossierId) -> Result<DossierId, ServiceError> {
    set_claim(service, call, id, true).await
}

/// Gives a dossier back that one has taken on.
pub async fn release(service: &Service, call: &Call<'_>, id: DossierId) -> Result<DossierId, ServiceError> {
    set_claim(service, call, id, false).await
}

async fn set_claim(service: &Service, call: &Call<'_>, id: DossierId, take: bool) -> Result<DossierId, ServiceError> {
    permit(call.actor, Action::ReviewDossiers)?;
    let work = begin!(service, call);
    let found_one = dossiers::find_for_update(&work.tx, id, &dossiers_in_reach(call.actor)).await?;
    let mut dossier = found_one.ok_or_else(ServiceError::not_found)?;
    let state = dossier.stage.state();
    if matches!(state.holder(), None | Some(Duty::Producer | Duty::Council)) {
        return Err(wrong_state(state));
    }
    let me = call.actor.account();
    if dossier.claimed_by.is_some_and(|by| Some(by) != me) {
        return Err(ServiceError::refused("id", Reason::Taken));
    }
    dossier.claimed_by = me.filter(|_| take);
    dossier.updated_at = work.at;
    saved(dossiers::update(&work.tx, &dossier, &found()).await?)?;
    work.note(if take { "dossierClaim" } else { "dossierRelease" }, ("dossier", id.0, dossier.version + 1), json!({}));
    work.commit(id.0).await?;
    Ok(id)
}

/// Sends a dossier back to its producer, with a reason for each item: the commune while it checks, the province's office before it
/// accepts.
pub async fn request_changes(
    service: &Service,
    call: &Call<'_>,
    id: DossierId,
    given: Vec<(String, String)>,
) -> Result<DossierId, ServiceError> {
    let by = office(call.actor)?;
    let mut form = Form::new("input");
    if given.is_empty() || given.len() > MOST_ITEMS {
        form.refuse("items", if given.is_empty() { Reason::TooFew { min: 1 } } else { Reason::TooMany { max: MOST_ITEMS } });
    }
    let mut items = Vec::new();
    for (index, (about, reason)) in given.iter().enumerate() {
        items.push(ChangeRequest {
            about: form.text(&format!("items.{index}.about"), about, 200),
            reason: form.text(&format!("items.{index}.reason"), reason, 2000),
            answer: None,
        });
    }
    form.finish()?;
    let work = begin!(service, call);
    let by = by_stage(&work, call.actor, id, by).await?;
    let mut dossier = acted(&work, call.actor, id, by).await?;
    let facts = json!({ "items": items });
    go(&work, &mut dossier, Step::RequestChanges { by, items })?;
    finish(work, dossier, "dossierRequestChanges", facts).await
}

/// Records the commune's report and forwards the dossier to the province. For officers of its commune.
pub async fn endorse(service: &Service, call: &Call<'_>, id: DossierId, given: ReportData) -> Result<DossierId, ServiceError> {
    permit(call.actor, Action::CheckDossiers)?;
    let mut form = Form::new("input");
    let [materials, idea, identity] = given.findings;
    let mut finding = |field: &str, (is_met, text): (bool, String)| CommuneFinding {
        is_met,
        assessment: form.text(&format!("{field}.assessment"), &text, 2000),
    };
    let report = CommuneReport {
        local_materials_and_labour: finding("localMaterialsAndLabour", materials),
        origin_of_idea: finding("originOfIdea", idea),
        local_identity: finding("localIdentity", identity),
        meeting_on: given.meeting_on,
        letter: form.optional("letter", given.letter.as_deref(), 100),
    };
    form.past_day("meetingOn", Some(given.meeting_on), service.clock.today());
    form.finish()?;
    let work = begin!(service, call);
    let mut dossier = acted(&work, call.actor, id, Duty::Commune).await?;
    refuse_other_commune(call.actor, &dossier)?;
    let facts = json!({ "report": report });
    dossier.report = Some(report);
    go(&work, &mut dossier, Step::Endorse)?;
    finish(work, dossier, "dossierCommuneEndorse", facts).await
}

/// Accepts a forwarded dossier for a council. For the province's office.
pub async fn accept(service: &Service, call: &Call<'_>, id: DossierId) -> Result<DossierId, ServiceError> {
    permit(call.actor, Action::ManageCouncils)?;
    let work = begin!(service, call);
    let mut dossier = acted(&work, call.actor, id, Duty::Province).await?;
    go(&work, &mut dossier, Step::Accept)?;
    finish(work, dossier, "dossierAccept", json!({})).await
}

/// For which offices an actor may send dossiers back.
fn office(actor: &Actor) -> Result<(bool, bool), ServiceError> {
    let commune = permit(actor, Action::CheckDossiers);
    let province = permit(actor, Action::ManageCouncils).is_ok();
    if !province {
        commune.clone()?;
    }
    Ok((commune.is_ok(), province))
}

/// The office in which somebody who may hold both sends this dossier back.
async fn by_stage(
    work: &crate::service::work::Work,
    actor: &Actor,
    id: DossierId,
    (commune, province): (bool, bool),
) -> Result<Duty, ServiceError> {
    let dossier = dossiers::find_for_update(&work.tx, id, &dossiers_in_reach(actor)).await?.ok_or_else(ServiceError::not_found)?;
    match dossier.stage {
        Stage::Submitted if commune => refuse_other_commune(actor, &dossier).map(|()| Duty::Commune),
        Stage::Forwarded if province => Ok(Duty::Province),
        stage => Err(wrong_state(stage.state())),
    }
}

/// A dossier of another commune looks like none.
fn refuse_other_commune(actor: &Actor, dossier: &Dossier) -> Result<(), ServiceError> {
    let Actor::Person(person) = actor else { return Ok(()) };
    let own = person.grants.iter().any(|g| g.commune_code.is_some() && g.commune_code == dossier.commune_code);
    if own { Ok(()) } else { Err(ServiceError::not_found()) }
}
