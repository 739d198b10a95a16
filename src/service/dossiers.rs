//! Dossiers: opened, handed in, taken back by the producer.

use chrono::Datelike;
use serde_json::json;

use crate::{
    domain::{
        actor::{Action, Actor, Denied, Reach, permit},
        dossier::{Dossier, DossierState, DossierStep},
        id::{DossierId, ProductId},
        reason::Reason,
    },
    service::{Call, Service, ServiceError, producers::saved, products::refuse_archived, work::begin},
    store::{Page, PageRequest, dossiers, products, variants},
};

/// Opens a dossier for a product in this year's cycle; one open dossier a product.
pub async fn create(service: &Service, call: &Call<'_>, product: ProductId) -> Result<DossierId, ServiceError> {
    let reach = permit(call.actor, Action::EditDossier)?;
    let work = begin!(service, call);
    let found = products::find_for_update(&work.tx, product, &reach).await?;
    let product = found.ok_or_else(|| ServiceError::refused("product", Reason::NotFound))?;
    refuse_archived(&product)?;
    let producer_id = product.producer_id.ok_or_else(|| ServiceError::refused("product", Reason::ProducerMissing))?;
    if dossiers::open_of_product(&work.tx, product.id).await?.is_some() {
        return Err(ServiceError::refused("product", Reason::DossierOpen));
    }
    let dossier = Dossier {
        id: service.new_id().into(),
        product_id: product.id,
        producer_id,
        cycle: service.clock.today().year(),
        state: DossierState::Draft,
        submitted_at: None,
        decided_at: None,
        decided_by: None,
        rejection_reason: None,
        version: 1,
        created_at: work.at,
        updated_at: work.at,
    };
    dossiers::insert(&work.tx, &dossier).await?;
    work.audit("dossierCreate", ("dossier", dossier.id.0), json!({ "product": product.id.to_string() })).await?;
    work.commit(dossier.id.0).await?;
    Ok(dossier.id)
}

/// Hands a dossier in. The product needs a group and a variant.
pub async fn submit(service: &Service, call: &Call<'_>, id: DossierId) -> Result<DossierId, ServiceError> {
    step(service, call, id, DossierStep::Submit).await
}

/// Takes a dossier back before it is decided.
pub async fn withdraw(service: &Service, call: &Call<'_>, id: DossierId) -> Result<DossierId, ServiceError> {
    step(service, call, id, DossierStep::Withdraw).await
}

async fn step(service: &Service, call: &Call<'_>, id: DossierId, step: DossierStep) -> Result<DossierId, ServiceError> {
    let reach = permit(call.actor, Action::EditDossier)?;
    let work = begin!(service, call);
    let mut dossier = dossiers::find_for_update(&work.tx, id, &reach).await?.ok_or_else(ServiceError::not_found)?;
    dossier.state = after(&dossier, step)?;
    if step == DossierStep::Submit {
        let product = products::find_for_update(&work.tx, dossier.product_id, &reach).await?.ok_or_else(ServiceError::not_found)?;
        product.group.ok_or_else(|| ServiceError::refused("id", Reason::GroupMissing))?;
        if variants::of_products(&work.tx, &[product.id]).await?.iter().all(|v| v.archived) {
            return Err(ServiceError::refused("id", Reason::VariantMissing));
        }
        dossier.submitted_at = Some(work.at);
    }
    dossier.updated_at = work.at;
    saved(dossiers::update(&work.tx, &dossier, &reach).await?)?;
    work.audit("dossierStep", ("dossier", id.0), json!({ "step": step.code() })).await?;
    work.commit(id.0).await?;
    Ok(id)
}

/// The dossier's state after a step, or a refusal that names its state.
pub(super) fn after(dossier: &Dossier, step: DossierStep) -> Result<DossierState, ServiceError> {
    let refusal = || ServiceError::refused("id", Reason::WrongState { state: dossier.state.code().to_owned() });
    dossier.state.after(step).ok_or_else(refusal)
}

/// The dossier with an id, if the actor may see it: its producer's members, and those who review.
pub async fn find(service: &Service, actor: &Actor, id: DossierId) -> Result<Option<Dossier>, ServiceError> {
    Ok(dossiers::find(&service.store, id, &reach(actor)?).await?)
}

/// Dossiers that wait for a decision, for those who review.
pub async fn queue(
    service: &Service,
    actor: &Actor,
    states: &[DossierState],
    request: &PageRequest,
) -> Result<Page<Dossier>, ServiceError> {
    let reach = permit(actor, Action::ReviewDossiers)?;
    let waiting = if states.is_empty() { &[DossierState::Submitted][..] } else { states };
    Ok(dossiers::page(&service.store, waiting, &reach, request).await?)
}

fn reach(actor: &Actor) -> Result<Reach, Denied> {
    permit(actor, Action::ReviewDossiers).or_else(|_| permit(actor, Action::ReadPrivate))
}
