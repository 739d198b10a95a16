//! Producers: registering, changing, suspending.

use serde_json::json;

use crate::{
    domain::{
        actor::{Action, Actor, Reach, permit},
        admin_unit::Era,
        fold,
        id::ProducerId,
        listing::ChangeCause,
        producer::{self, MemberRole, Producer, ProducerKind, ProducerStatus},
        reason::Reason,
    },
    service::{
        Call, Service, ServiceError,
        error::taken,
        form::{Form, Patch},
        keys, publicity,
        work::{Work, begin},
    },
    store::{
        Db, Direction, Page, PageRequest, Sparing, StoreError, Unasked, admin_units, listings, members,
        producers::{self, ProducerFilter},
    },
};

/// What registering a producer takes.
#[derive(Debug, Clone, Default)]
pub struct ProducerData {
    /// Legal name.
    pub legal_name: String,
    /// Name for buyers; the legal name when left out.
    pub display_name: Option<String>,
    /// Legal form.
    pub kind: Option<ProducerKind>,
    /// Enterprise code.
    pub tax_code: Option<String>,
    /// Commune today.
    pub commune_code: Option<String>,
    /// Street or hamlet.
    pub address: Option<String>,
    /// Telephone.
    pub phone: Option<String>,
    /// E-mail.
    pub email: Option<String>,
    /// Story for buyers.
    pub story: Option<String>,
}

/// What can be changed of a producer.
#[derive(Debug, Clone, Default)]
pub struct ProducerChange {
    /// Legal name.
    pub legal_name: Option<String>,
    /// Name for buyers.
    pub display_name: Option<String>,
    /// Enterprise code.
    pub tax_code: Patch<String>,
    /// Commune today.
    pub commune_code: Patch<String>,
    /// Street or hamlet.
    pub address: Patch<String>,
    /// Telephone.
    pub phone: Patch<String>,
    /// E-mail.
    pub email: Patch<String>,
    /// Story for buyers.
    pub story: Patch<String>,
}

const UNIQUE: [(&str, &str); 1] = [("tax_code", "input.taxCode")];

/// Registers a producer; who does becomes its owner.
pub async fn register(service: &Service, call: &Call<'_>, data: ProducerData) -> Result<ProducerId, ServiceError> {
    permit(call.actor, Action::RegisterProducer)?;
    let mut form = Form::new("input");
    let draft = read(&mut form, &data);
    form.finish()?;
    let work = begin!(service, call);
    let producer = found(service, &work, draft).await?;
    producers::insert(&work.tx, &producer).await.map_err(|e| taken(e, &UNIQUE))?;
    if let Some(account) = call.actor.account() {
        members::put(&work.tx, producer.id, account, MemberRole::Owner, work.at).await?;
    }
    work.note("producerRegister", ("producer", producer.id.0), json!({ "legalName": producer.legal_name }));
    work.commit(producer.id.0).await?;
    Ok(producer.id)
}

/// Changes a producer's own data.
pub async fn update(
    service: &Service,
    call: &Call<'_>,
    id: ProducerId,
    expected: i32,
    change: ProducerChange,
) -> Result<ProducerId, ServiceError> {
    let reach = permit(call.actor, Action::EditProducer)?;
    let mut work = begin!(service, call);
    let mut producer = producers::find_for_update(&work.tx, id, &reach).await?.ok_or_else(ServiceError::not_found)?;
    expect_version(producer.version, expected)?;
    let mut form = Form::new("input");
    apply(&mut form, &mut producer, change);
    form.finish()?;
    known_commune(&work.tx, producer.commune_code.as_deref(), "input.commune").await?;
    producer.updated_at = work.at;
    saved(producers::update(&work.tx, &producer, &reach).await.map_err(|e| taken(e, &UNIQUE))?)?;
    work.note("producerUpdate", ("producer", id.0), json!({ "version": expected + 1 }));
    let affected = listings::of_producer_for_update(&work.tx, id).await?;
    publicity::refresh(service, &mut work, affected, ChangeCause::ProducerChanged).await?;
    work.commit(id.0).await?;
    Ok(id)
}

/// Suspends a producer, so that none of its listings is visible, or lifts the suspension.
pub async fn set_status(
    service: &Service,
    call: &Call<'_>,
    id: ProducerId,
    status: ProducerStatus,
    reason: &str,
) -> Result<ProducerId, ServiceError> {
    let reach = permit(call.actor, Action::SuspendProducers)?;
    let mut form = Form::new("input");
    let reason = form.text("reason", reason, 1000);
    form.finish()?;
    let mut work = begin!(service, call);
    let mut producer = producers::find_for_update(&work.tx, id, &reach).await?.ok_or_else(ServiceError::not_found)?;
    if producer.status == status {
        return Err(ServiceError::refused("id", Reason::WrongState { state: status.code().to_owned() }));
    }
    producer.status = status;
    producer.updated_at = work.at;
    saved(producers::update(&work.tx, &producer, &reach).await?)?;
    work.note("producerStatus", ("producer", id.0), json!({ "status": status.code(), "reason": reason }));
    let affected = listings::of_producer_for_update(&work.tx, id).await?;
    publicity::refresh(service, &mut work, affected, ChangeCause::ProducerChanged).await?;
    work.commit(id.0).await?;
    Ok(id)
}

/// The producer with an id, if the actor may see it.
pub async fn find(service: &Service, actor: &Actor, id: ProducerId, unasked: Unasked) -> Result<Option<Producer>, ServiceError> {
    seen(actor, producers::find(&Sparing::new(&service.store, unasked), id).await?)
}

/// The producer with a slug, if the actor may see it.
pub async fn by_slug(service: &Service, actor: &Actor, slug: &str, unasked: Unasked) -> Result<Option<Producer>, ServiceError> {
    seen(actor, producers::by_slug(&Sparing::new(&service.store, unasked), slug).await?)
}

/// The producer with a tax code, if the actor may see it.
pub async fn by_tax_code(service: &Service, actor: &Actor, code: &str, unasked: Unasked) -> Result<Option<Producer>, ServiceError> {
    seen(actor, producers::by_tax_code(&Sparing::new(&service.store, unasked), code).await?)
}

/// A list of producers that the actor may see.
pub async fn page(
    service: &Service,
    actor: &Actor,
    filter: &ProducerFilter,
    direction: Direction,
    (request, unasked): (&PageRequest, Unasked),
) -> Result<Page<Producer>, ServiceError> {
    let reach = permit(actor, Action::ReadPrivate)?;
    Ok(producers::page(&Sparing::new(&service.store, unasked), filter, &reach, direction, request).await?)
}

fn seen(actor: &Actor, producer: Option<Producer>) -> Result<Option<Producer>, ServiceError> {
    let reach = permit(actor, Action::ReadPrivate)?;
    Ok(producer.filter(|p| p.status == ProducerStatus::Active || reach.covers(p.id)))
}

/// Reads what registering and importing share; identity, slug and times are set when it is founded.
pub(super) fn read(form: &mut Form, data: &ProducerData) -> Producer {
    let legal_name = form.text("legalName", &data.legal_name, 200);
    let display_name = form.optional("displayName", data.display_name.as_deref(), 200);
    Producer {
        id: uuid::Uuid::nil().into(),
        slug: String::new(),
        external_key: None,
        display_name: display_name.unwrap_or_else(|| legal_name.clone()),
        legal_name,
        kind: data.kind.unwrap_or(ProducerKind::Other),
        tax_code: data.tax_code.as_deref().and_then(|code| read_tax_code(form, code)),
        commune_code: data.commune_code.clone(),
        legacy_commune_code: None,
        address: form.optional("address", data.address.as_deref(), 300),
        phone: form.optional("phone", data.phone.as_deref(), 30),
        email: data.email.as_deref().and_then(|email| form.email("email", email)),
        story: form.lines("story", data.story.as_deref(), 5000),
        status: ProducerStatus::Active,
        version: 1,
        created_at: chrono::DateTime::UNIX_EPOCH,
        updated_at: chrono::DateTime::UNIX_EPOCH,
    }
}

/// Gives a draft its identity, slug and times, after checking its commune.
pub(super) async fn found(service: &Service, work: &Work, mut producer: Producer) -> Result<Producer, ServiceError> {
    known_commune(&work.tx, producer.commune_code.as_deref(), "input.commune").await?;
    producer.id = service.new_id().into();
    producer.slug = handle(&producer.display_name, "chu-the");
    if producers::by_slug(&work.tx, &producer.slug).await?.is_some() {
        producer.slug = distinct(&producer.slug);
    }
    (producer.created_at, producer.updated_at) = (work.at, work.at);
    Ok(producer)
}

fn apply(form: &mut Form, producer: &mut Producer, change: ProducerChange) {
    if let Some(name) = change.legal_name {
        producer.legal_name = form.text("legalName", &name, 200);
    }
    if let Some(name) = change.display_name {
        producer.display_name = form.text("displayName", &name, 200);
    }
    change.tax_code.and_then(|code| read_tax_code(form, &code)).apply(&mut producer.tax_code);
    change.commune_code.apply(&mut producer.commune_code);
    change.address.and_then(|text| form.optional("address", Some(&text), 300)).apply(&mut producer.address);
    change.phone.and_then(|text| form.optional("phone", Some(&text), 30)).apply(&mut producer.phone);
    change.email.and_then(|text| form.email("email", &text)).apply(&mut producer.email);
    change.story.and_then(|text| form.lines("story", Some(&text), 5000)).apply(&mut producer.story);
}

fn read_tax_code(form: &mut Form, code: &str) -> Option<String> {
    form.check("taxCode", producer::parse_tax_code(code).ok_or(Reason::InvalidTaxCode))
}

/// Refuses a commune that is not in force today.
pub(super) async fn known_commune(db: &impl Db, code: Option<&str>, path: &str) -> Result<(), ServiceError> {
    let Some(code) = code else { return Ok(()) };
    let unit = admin_units::find(db, Era::From20250701, code).await?;
    let commune = unit.is_some_and(|u| u.level == crate::domain::admin_unit::UnitLevel::Commune);
    if commune { Ok(()) } else { Err(ServiceError::refused(path, Reason::UnknownCommune)) }
}

/// A slug of a name, or a fallback when nothing of the name is left.
pub(super) fn handle(name: &str, fallback: &str) -> String {
    Some(fold::slug(name)).filter(|s| !s.is_empty()).unwrap_or_else(|| distinct(fallback))
}

/// The same slug with a random end.
pub(super) fn distinct(slug: &str) -> String {
    format!("{slug}-{}", keys::code(6).to_lowercase())
}

/// Refuses a change of an older version than the current one.
pub(super) fn expect_version(current: i32, expected: i32) -> Result<(), ServiceError> {
    if current == expected { Ok(()) } else { Err(ServiceError::refused("expectedVersion", Reason::StaleVersion { current })) }
}

/// A row that was read under lock and not written is a fault, not a lost race.
pub(super) fn saved(written: bool) -> Result<(), ServiceError> {
    if written { Ok(()) } else { Err(StoreError::Contention.into()) }
}

/// Everything, for use cases whose permission was checked on the owning row.
pub(super) const EVERYTHING: Reach = Reach::All;
