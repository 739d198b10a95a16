//! Criteria sets: public for reading; a new edition is drafted and published by admins.

use serde_json::json;

use crate::{
    domain::{
        actor::{Action, Actor, permit},
        fold,
        id::CriteriaSetId,
        reason::Reason,
        rubric::{self, CriteriaSet, Criterion, Part, RubricState},
    },
    service::{Call, Service, ServiceError, form::Form, keys, rulebooks, work::begin},
    store::rubrics,
};

/// Most criteria of a set.
const MOST: usize = 100;

/// A criterion as given.
#[derive(Debug, Clone)]
pub struct CriterionData {
    /// Part.
    pub part: Part,
    /// Number of its section.
    pub section: String,
    /// Name of its section.
    pub section_name: String,
    /// Number on the form.
    pub number: String,
    /// What is judged.
    pub name: String,
    /// Most points.
    pub max_points: i32,
    /// Points of the options.
    pub options: Vec<i32>,
}

/// Published criteria sets, by rulebook, number and edition; admins see drafts too.
pub async fn list(service: &Service, actor: &Actor) -> Result<Vec<CriteriaSet>, ServiceError> {
    let drafts = permit(actor, Action::ManageRubrics).is_ok();
    let all = rubrics::sets(&service.store).await?;
    Ok(all.into_iter().filter(|s| drafts || s.state == RubricState::Published).collect())
}

/// The criteria set with an id, if the actor may see it.
pub async fn find(service: &Service, actor: &Actor, id: CriteriaSetId) -> Result<Option<CriteriaSet>, ServiceError> {
    let drafts = permit(actor, Action::ManageRubrics).is_ok();
    Ok(rubrics::find(&service.store, id).await?.filter(|s| drafts || s.state == RubricState::Published))
}

/// Drafts the next edition of a set with its whole sheet. A draft that was there is replaced.
pub async fn draft(
    service: &Service,
    call: &Call<'_>,
    base: CriteriaSetId,
    given: Vec<CriterionData>,
) -> Result<CriteriaSetId, ServiceError> {
    permit(call.actor, Action::ManageRubrics)?;
    let id: CriteriaSetId = service.new_id().into();
    let criteria = read(id, given)?;
    let work = begin!(service, call);
    let base = rubrics::find(&work.tx, base).await?.ok_or_else(ServiceError::not_found)?;
    let editions = rubrics::sets(&work.tx).await?;
    let same = |s: &&CriteriaSet| s.rulebook == base.rulebook && s.number == base.number && s.state == RubricState::Published;
    let newest = editions.iter().filter(same).map(|s| s.edition).max().unwrap_or(0);
    let sum = |part: Part| criteria.iter().filter(|c| c.part == part).map(|c| c.max_points).sum();
    let set = CriteriaSet {
        id,
        edition: newest + 1,
        state: RubricState::Draft,
        parts: [sum(Part::A), sum(Part::B), sum(Part::C)],
        source: None,
        ..base
    };
    rubrics::remove_drafts(&work.tx, &set.rulebook, set.number).await?;
    rubrics::insert_sets(&work.tx, std::slice::from_ref(&set), work.at).await?;
    rubrics::insert_criteria(&work.tx, &criteria).await?;
    let facts = json!({ "rulebook": set.rulebook, "number": set.number, "edition": set.edition, "criteria": criteria.len() });
    work.note("rubricDraftCreate", ("criteriaSet", id.0), facts);
    work.commit(id.0).await?;
    Ok(id)
}

/// Publishes a draft when its sums are those of its rulebook and its options fit. It does not change any more; dossiers opened from
/// now on are scored by it.
pub async fn publish(service: &Service, call: &Call<'_>, id: CriteriaSetId) -> Result<CriteriaSetId, ServiceError> {
    permit(call.actor, Action::ManageRubrics)?;
    let work = begin!(service, call);
    let set = rubrics::find(&work.tx, id).await?.ok_or_else(ServiceError::not_found)?;
    if set.state != RubricState::Draft {
        return Err(ServiceError::refused("id", Reason::AlreadyPublished));
    }
    let criteria = rubrics::criteria_of(&work.tx, &[id]).await?;
    let book = rulebooks::named(&work.tx, &set.rulebook).await?;
    let faults = rubric::check(&book, &criteria);
    if !faults.is_empty() {
        let mut form = Form::new("draft");
        faults.into_iter().for_each(|(path, reason)| form.refuse(&path, reason));
        form.finish()?;
    }
    if !rubrics::publish(&work.tx, id, work.at).await? {
        return Err(ServiceError::refused("id", Reason::AlreadyPublished));
    }
    let points: Vec<_> = criteria.iter().map(|c| json!([c.part.code(), c.number, c.max_points, c.options])).collect();
    let facts = json!({ "rulebook": set.rulebook, "number": set.number, "edition": set.edition, "sheet": points });
    work.note("rubricPublish", ("criteriaSet", id.0), facts);
    work.commit(id.0).await?;
    Ok(id)
}

/// The identity of a set that comes with the program: the same in every database.
pub(super) fn id_of(rulebook: &str, number: i32) -> CriteriaSetId {
    keys::named("criteria_set", &format!("{rulebook}#{number}")).into()
}

fn read(set: CriteriaSetId, given: Vec<CriterionData>) -> Result<Vec<Criterion>, ServiceError> {
    let mut form = Form::new("input");
    if given.is_empty() {
        form.refuse("criteria", Reason::TooFew { min: 1 });
    }
    if given.len() > MOST {
        form.refuse("criteria", Reason::TooMany { max: MOST });
    }
    let mut criteria = Vec::new();
    for ((index, c), position) in given.into_iter().enumerate().zip(1..) {
        let at = |field: &str| format!("criteria.{index}.{field}");
        criteria.push(Criterion {
            set,
            position,
            part: c.part,
            section: form.text(&at("section"), &c.section, 20),
            section_name: form.text(&at("sectionName"), &c.section_name, 300),
            number: form.text(&at("number"), &c.number, 20),
            name: form.text(&at("name"), &fold::nfc(&c.name), 500),
            max_points: c.max_points,
            options: c.options,
        });
        if !(1..=100).contains(&c.max_points) {
            form.refuse(&at("maxPoints"), Reason::OutOfRange { min: 1, max: 100 });
        } else if criteria.last().is_some_and(|c| c.options.iter().any(|o| !(0..=c.max_points).contains(o))) {
            form.refuse(&at("optionPoints"), Reason::OutOfRange { min: 0, max: i64::from(c.max_points) });
        }
    }
    form.finish()?;
    Ok(criteria)
}
