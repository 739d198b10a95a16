//! Dossiers as their producers handle them: opened, filled in, handed in, answered, taken back.

use chrono::Datelike;
use serde_json::json;
use std::collections::HashMap;

use crate::{
    domain::{
        actor::{Action, Actor, DossierReach, dossiers_in_reach, permit},
        admin_unit::{Era, UnitLevel},
        checklist::{ChecklistItem, ItemState, checklist},
        dossier::{Dossier, DossierKind},
        id::{CriteriaSetId, DossierId, ProductId},
        procedure::{Conflict, DossierState, Duty, Stage, Step, WrongState, conflict},
        product::Product,
        reason::{Reason, Refusal},
        rubric::{CriteriaSet, Criterion, RubricState},
        rulebook::Rulebook,
        sheet::{self, Mark},
    },
    service::{
        Call, Service, ServiceError,
        form::Form,
        producers::{EVERYTHING, saved},
        products::refuse_archived,
        rulebooks,
        work::{Work, begin},
    },
    store::{self, Db, admin_units, documents, dossiers, producers, products, rubrics, variants},
};

/// Reach of statements on a dossier that was found within reach in the same transaction.
pub(super) fn found() -> DossierReach {
    DossierReach { all: true, ..DossierReach::default() }
}

/// Opens a dossier for a product under the rulebook in force, in this year's cycle; one open dossier a product. The criteria set may
/// be left out when the product's group has only one, and chosen later.
pub async fn create(service: &Service, call: &Call<'_>, product: ProductId, set: Option<CriteriaSetId>) -> Result<DossierId, ServiceError> {
    let reach = permit(call.actor, Action::EditDossier)?;
    let work = begin!(service, call);
    let product = products::find_for_update(&work.tx, product, &reach).await?;
    let product = product.ok_or_else(|| ServiceError::refused("product", Reason::NotFound))?;
    let mut dossier = fresh(service, &work, &product).await?;
    let book = rulebooks::on(&work.tx, service.clock.today(), "product").await?;
    dossier.criteria_set = choose_set(&work.tx, &book, &product, set, "criteriaSet").await?;
    dossier.rulebook = book.code;
    open(&work, call.actor, &dossier).await?;
    work.commit(dossier.id.0).await?;
    Ok(dossier.id)
}

/// A dossier that is about to be opened for a product.
pub(super) async fn fresh(service: &Service, work: &Work, product: &Product) -> Result<Dossier, ServiceError> {
    refuse_archived(product)?;
    let producer_id = product.producer_id.ok_or_else(|| ServiceError::refused("product", Reason::ProducerMissing))?;
    if dossiers::open_of_product(&work.tx, product.id).await?.is_some() {
        return Err(ServiceError::refused("product", Reason::DossierOpen));
    }
    Ok(Dossier {
        id: service.new_id().into(),
        product_id: product.id,
        producer_id,
        kind: DossierKind::New,
        cycle: service.clock.today().year(),
        rulebook: String::new(),
        criteria_set: None,
        commune_code: None,
        stage: Stage::Draft,
        entered_at: work.at,
        report: None,
        self_assessment: Vec::new(),
        claimed_by: None,
        previous_rating: None,
        submitted_at: None,
        decided_at: None,
        decided_by: None,
        version: 1,
        created_at: work.at,
        updated_at: work.at,
    })
}

/// Stores a dossier that is opened now.
pub(super) async fn open(work: &Work, actor: &Actor, dossier: &Dossier) -> Result<(), ServiceError> {
    dossiers::insert(&work.tx, dossier).await?;
    if let Some(account) = actor.account() {
        dossiers::note_duty(&work.tx, dossier.id, account, Duty::Producer).await?;
    }
    let facts = json!({ "product": dossier.product_id.to_string(), "rulebook": dossier.rulebook, "kind": dossier.kind.code() });
    work.note("dossierCreate", ("dossier", dossier.id.0, 1), facts);
    Ok(())
}

/// What changes in a dossier; what is left out stays.
#[derive(Debug, Clone, Default)]
pub struct DossierPatch {
    /// The criteria set.
    pub criteria_set: Option<CriteriaSetId>,
    /// All marks of the self-assessment so far.
    pub marks: Option<Vec<Mark>>,
    /// Code of the commune that is to check it.
    pub commune: Option<String>,
}

/// Changes criteria set, self-assessment and commune of a dossier that the producer has. Marks are checked as they come; missing ones
/// may follow.
pub async fn update(
    service: &Service,
    call: &Call<'_>,
    (id, expected): (DossierId, i32),
    patch: DossierPatch,
) -> Result<DossierId, ServiceError> {
    permit(call.actor, Action::EditDossier)?;
    let work = begin!(service, call);
    let mut dossier = acted(&work, call.actor, id, Duty::Producer).await?;
    if dossier.version != expected {
        return Err(ServiceError::refused("expectedVersion", Reason::StaleVersion { current: dossier.version }));
    }
    editable(&dossier)?;
    if let Some(set) = patch.criteria_set {
        let product = products::find(&work.tx, dossier.product_id, &EVERYTHING).await?.ok_or_else(ServiceError::not_found)?;
        let book = rulebooks::named(&work.tx, &dossier.rulebook).await?;
        let chosen = choose_set(&work.tx, &book, &product, Some(set), "input.criteriaSet").await?;
        if chosen != dossier.criteria_set {
            dossier.criteria_set = chosen;
            dossier.self_assessment.clear();
        }
    }
    if let Some(code) = patch.commune {
        let unknown = || ServiceError::refused("input.commune", Reason::UnknownCommune);
        admin_units::find(&work.tx, Era::From20250701, &code).await?.filter(|u| u.level == UnitLevel::Commune).ok_or_else(unknown)?;
        dossier.commune_code = Some(code);
    }
    if let Some(marks) = patch.marks {
        let criteria = criteria(&work.tx, &dossier, "input.selfAssessment").await?;
        refuse_faults(&criteria, &marks, "input.selfAssessment")?;
        dossier.self_assessment = marks;
    }
    dossier.updated_at = work.at;
    saved(dossiers::update(&work.tx, &dossier, &found()).await?)?;
    work.note("dossierUpdate", ("dossier", id.0, dossier.version + 1), json!({ "marks": dossier.self_assessment.len() }));
    work.commit(id.0).await?;
    Ok(id)
}

/// Hands a dossier in to its commune. Everything that is missing is named.
pub async fn submit(service: &Service, call: &Call<'_>, id: DossierId) -> Result<DossierId, ServiceError> {
    permit(call.actor, Action::EditDossier)?;
    let work = begin!(service, call);
    let mut dossier = acted(&work, call.actor, id, Duty::Producer).await?;
    go(&work, &mut dossier, Step::Submit)?;
    ready(&work.tx, &mut dossier).await?;
    dossier.submitted_at = Some(work.at);
    finish(work, dossier, "dossierSubmit", json!({})).await
}

/// Answers what was asked and hands the dossier back to whoever asked.
pub async fn respond(service: &Service, call: &Call<'_>, id: DossierId, answers: Vec<String>) -> Result<DossierId, ServiceError> {
    permit(call.actor, Action::EditDossier)?;
    let work = begin!(service, call);
    let mut dossier = acted(&work, call.actor, id, Duty::Producer).await?;
    let Stage::Returned { items, .. } = &dossier.stage else {
        return Err(wrong_state(dossier.stage.state()));
    };
    let mut form = Form::new("input");
    let mut answered = items.clone();
    for (index, item) in answered.iter_mut().enumerate() {
        let given = answers.get(index).map(|answer| form.text(&format!("answers.{index}"), answer, 2000));
        match given.filter(|answer| !answer.is_empty()) {
            Some(answer) => item.answer = Some(answer),
            None => form.refuse(&format!("answers.{index}"), Reason::AnswerMissing),
        }
    }
    form.finish()?;
    go(&work, &mut dossier, Step::Respond)?;
    ready(&work.tx, &mut dossier).await?;
    finish(work, dossier, "dossierRespond", json!({ "answers": answered })).await
}

/// Takes a dossier back before a council has it.
pub async fn withdraw(service: &Service, call: &Call<'_>, id: DossierId) -> Result<DossierId, ServiceError> {
    permit(call.actor, Action::EditDossier)?;
    let work = begin!(service, call);
    let mut dossier = acted(&work, call.actor, id, Duty::Producer).await?;
    go(&work, &mut dossier, Step::Withdraw)?;
    finish(work, dossier, "dossierWithdraw", json!({})).await
}

/// The dossier with an id, if the actor may see it.
pub async fn find(service: &Service, actor: &Actor, id: DossierId) -> Result<Option<Dossier>, ServiceError> {
    Ok(dossiers::find(&service.store, id, &dossiers_in_reach(actor)).await?)
}

/// The checklist of a dossier that the actor was shown.
pub async fn checklist_of(service: &Service, dossier: &Dossier) -> Result<Vec<ChecklistItem>, ServiceError> {
    items(&service.store, dossier).await
}

/// The checklists of those of these dossiers that are within reach.
pub async fn checklists_of(
    service: &Service,
    ids: &[DossierId],
    reach: &DossierReach,
) -> Result<HashMap<DossierId, Vec<ChecklistItem>>, ServiceError> {
    let dossiers = dossiers::find_many(&service.store, ids, reach).await?;
    checklists(&service.store, &dossiers).await
}

/// Loads a dossier under lock for somebody who acts on it in a duty, and notes that. Who acted on it in another duty, or belongs to
/// its producer, may not.
pub(super) async fn acted(work: &Work, actor: &Actor, id: DossierId, duty: Duty) -> Result<Dossier, ServiceError> {
    let dossier = dossiers::find_for_update(&work.tx, id, &dossiers_in_reach(actor)).await?.ok_or_else(ServiceError::not_found)?;
    let Actor::Person(person) = actor else { return Ok(dossier) };
    let belongs = person.memberships.iter().any(|(producer, _)| *producer == dossier.producer_id);
    let held = dossiers::duties(&work.tx, id, person.id).await?;
    match conflict(belongs, &held, duty) {
        None => {}
        // Others' dossiers look like none.
        Some(Conflict::Stranger) => return Err(ServiceError::not_found()),
        Some(Conflict::OwnProduct) => return Err(ServiceError::refused("id", Reason::OwnProduct)),
        Some(Conflict::OtherDuty(held)) => {
            return Err(ServiceError::refused("id", Reason::DutyConflict { duty: held.code().to_owned() }));
        }
    }
    dossiers::note_duty(&work.tx, id, person.id, duty).await?;
    Ok(dossier)
}

/// Takes a step, or refuses it with the state that stands against it.
pub(super) fn go(work: &Work, dossier: &mut Dossier, step: Step) -> Result<(), ServiceError> {
    let stage = std::mem::replace(&mut dossier.stage, Stage::Withdrawn);
    dossier.stage = stage.after(step).map_err(|WrongState(state)| wrong_state(state))?;
    dossier.entered_at = work.at;
    dossier.updated_at = work.at;
    dossier.claimed_by = None;
    Ok(())
}

/// Stores a dossier after a step, notes it and commits.
pub(super) async fn finish(
    work: Box<Work>,
    dossier: Dossier,
    action: &'static str,
    facts: serde_json::Value,
) -> Result<DossierId, ServiceError> {
    saved(dossiers::update(&work.tx, &dossier, &found()).await?)?;
    let facts = json!({ "state": dossier.stage.state().code(), "facts": facts });
    work.note(action, ("dossier", dossier.id.0, dossier.version + 1), facts);
    work.commit(dossier.id.0).await?;
    Ok(dossier.id)
}

/// The refusal of what a state does not allow.
pub(super) fn wrong_state(state: DossierState) -> ServiceError {
    ServiceError::refused("id", Reason::WrongState { state: state.code().to_owned() })
}

/// The producer may change only what it has.
pub(super) fn editable(dossier: &Dossier) -> Result<(), ServiceError> {
    let state = dossier.stage.state();
    if state.is_editable() { Ok(()) } else { Err(wrong_state(state)) }
}

/// The criteria of a dossier's set.
pub(super) async fn criteria(db: &impl Db, dossier: &Dossier, path: &str) -> Result<Vec<Criterion>, ServiceError> {
    let set = dossier.criteria_set.ok_or_else(|| ServiceError::refused(path, Reason::CriteriaSetMissing))?;
    Ok(rubrics::criteria_of(db, &[set]).await?)
}

/// Refuses marks that are wrong, each at its place.
pub(super) fn refuse_faults(criteria: &[Criterion], marks: &[Mark], path: &str) -> Result<(), ServiceError> {
    let refusal = |(index, reason): (usize, Reason)| {
        let field = if matches!(reason, Reason::PointsNotAllowed { .. }) { "points" } else { "criterion" };
        Refusal::at(&format!("{path}.{index}.{field}"), reason)
    };
    let refusals: Vec<_> = sheet::check(criteria, marks).faults.into_iter().map(refusal).collect();
    if refusals.is_empty() { Ok(()) } else { Err(ServiceError::Refused(refusals)) }
}

async fn choose_set(
    db: &impl Db,
    book: &Rulebook,
    product: &Product,
    wanted: Option<CriteriaSetId>,
    path: &str,
) -> Result<Option<CriteriaSetId>, ServiceError> {
    let all = rubrics::sets(db).await?;
    let published = |s: &&CriteriaSet| s.rulebook == book.code && s.state == RubricState::Published;
    let fits = |s: &&CriteriaSet| product.group.is_none() || s.product_group.is_none() || s.product_group == product.group;
    // Sets are in the order of their editions: the last of a number is the one in use.
    let newest = |s: &&CriteriaSet| !all.iter().filter(published).any(|o| o.number == s.number && o.edition > s.edition);
    let fitting: Vec<_> = all.iter().filter(published).filter(fits).filter(newest).collect();
    match (wanted, fitting.as_slice()) {
        (Some(id), _) if fitting.iter().any(|s| s.id == id) => Ok(Some(id)),
        (Some(_), _) => Err(ServiceError::refused(path, Reason::CriteriaSetUnfit)),
        (None, [only]) => Ok(Some(only.id)),
        (None, _) => Ok(None),
    }
}

/// Refuses a dossier that can't be handed in, and says all that is missing.
async fn ready(db: &impl Db, dossier: &mut Dossier) -> Result<(), ServiceError> {
    let product = products::find(db, dossier.product_id, &EVERYTHING).await?.ok_or_else(ServiceError::not_found)?;
    let producer = producers::find(db, dossier.producer_id).await?.ok_or_else(ServiceError::not_found)?;
    let mut missing = Vec::new();
    let mut miss = |path: &str, reason: Reason| missing.push(Refusal::at(path, reason));
    if product.group.is_none() {
        miss("id", Reason::GroupMissing);
    }
    if variants::of_products(db, &[product.id]).await?.iter().all(|v| v.archived) {
        miss("id", Reason::VariantMissing);
    }
    dossier.commune_code = dossier.commune_code.take().or(product.commune_code).or(producer.commune_code);
    if dossier.commune_code.is_none() {
        miss("id", Reason::CommuneMissing);
    }
    for item in items(db, dossier).await?.into_iter().filter(|i| i.state == ItemState::Missing) {
        miss("id", Reason::DocumentMissing { document: format!("{} ({})", item.document.name_vi, item.document.code) });
    }
    match dossier.criteria_set {
        None => miss("id", Reason::CriteriaSetMissing),
        Some(set) => {
            let criteria = rubrics::criteria_of(db, &[set]).await?;
            for criterion in sheet::check(&criteria, &dossier.self_assessment).missing {
                miss("id", Reason::CriterionMissing { criterion: sheet::label(&criterion) });
            }
        }
    }
    if missing.is_empty() { Ok(()) } else { Err(ServiceError::Refused(missing)) }
}

async fn items(db: &impl Db, dossier: &Dossier) -> Result<Vec<ChecklistItem>, ServiceError> {
    Ok(checklists(db, std::slice::from_ref(dossier)).await?.remove(&dossier.id).unwrap_or_default())
}

/// The checklists of some dossiers, with one statement a noun.
async fn checklists(db: &impl Db, of: &[Dossier]) -> Result<HashMap<DossierId, Vec<ChecklistItem>>, ServiceError> {
    let books = store::rulebooks::all(db).await?;
    let product_ids: Vec<_> = of.iter().map(|d| d.product_id).collect();
    let producer_ids: Vec<_> = of.iter().map(|d| d.producer_id).collect();
    let products = products::find_many(db, &product_ids, &EVERYTHING).await?;
    let producers = producers::find_many(db, &producer_ids).await?;
    let attached = documents::of_dossiers(db, &of.iter().map(|d| d.id).collect::<Vec<_>>()).await?;
    let mut found = HashMap::new();
    for dossier in of {
        let product = products.iter().find(|p| p.id == dossier.product_id).ok_or_else(ServiceError::not_found)?;
        let producer = producers.iter().find(|p| p.id == dossier.producer_id).ok_or_else(ServiceError::not_found)?;
        let book = books.iter().find(|b| b.code == dossier.rulebook).ok_or_else(ServiceError::not_found)?;
        let codes: Vec<_> = attached.iter().filter(|d| d.dossier_id == dossier.id).map(|d| d.requirement.clone()).collect();
        found.insert(dossier.id, checklist(book, producer.kind, product.group, &codes));
    }
    Ok(found)
}
