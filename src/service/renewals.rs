//! Renewals: a new rating before the old certificate ends, with the old dossier as its draft.

use serde_json::json;

use crate::{
    domain::{
        actor::{Action, permit},
        dossier::DossierKind,
        id::{DossierId, RatingId},
        reason::Reason,
    },
    service::{
        Call, Service, ServiceError,
        dossiers::{found, fresh, open},
        rulebooks,
        work::begin,
    },
    store::{
        documents::{self, Document},
        dossiers, products, ratings, rubrics,
    },
};

/// Opens the dossier that renews a rating: documents and, under the same criteria set, the self-assessment are taken over. The
/// rulebook is the one in force today.
pub async fn start(service: &Service, call: &Call<'_>, rating: RatingId) -> Result<DossierId, ServiceError> {
    let reach = permit(call.actor, Action::EditDossier)?;
    let work = begin!(service, call);
    let rating = ratings::find_for_update(&work.tx, rating, &reach).await?;
    let rating = rating.ok_or_else(|| ServiceError::refused("rating", Reason::NotFound))?;
    if rating.validity.withdrawn_on.is_some() {
        return Err(ServiceError::refused("rating", Reason::RatingRevoked));
    }
    let product = products::find_for_update(&work.tx, rating.product_id, &reach).await?;
    let product = product.ok_or_else(|| ServiceError::refused("rating", Reason::NotFound))?;
    let book = rulebooks::on(&work.tx, service.clock.today(), "rating").await?;
    let mut dossier = fresh(service, &work, &product).await?;
    dossier.kind = DossierKind::Renewal;
    dossier.previous_rating = Some(rating.id);
    if let Some(old) = dossiers::find(&work.tx, rating.dossier_id, &found()).await? {
        let in_use = match old.criteria_set {
            Some(set) => rubrics::find(&work.tx, set).await?.filter(|s| s.rulebook == book.code),
            None => None,
        };
        if let Some(set) = in_use {
            dossier.criteria_set = Some(set.id);
            dossier.self_assessment = old.self_assessment;
        }
    }
    dossier.rulebook = book.code;
    open(&work, call.actor, &dossier).await?;
    for old in documents::of_dossiers(&work.tx, &[rating.dossier_id]).await? {
        let criterion = old.criterion.filter(|_| dossier.criteria_set.is_some());
        let copy = Document { id: service.new_id().into(), dossier_id: dossier.id, criterion, attached_at: work.at, ..old };
        documents::insert(&work.tx, &copy).await?;
    }
    work.note("certificateRenewalStart", ("rating", rating.id.0, rating.version), json!({ "dossier": dossier.id.to_string() }));
    work.commit(dossier.id.0).await?;
    Ok(dossier.id)
}
