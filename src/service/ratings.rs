//! Decisions on dossiers: approve, reject, revoke. What they change reaches every listing in the same transaction.

use chrono::NaiveDate;
use serde_json::json;

use crate::{
    domain::{
        actor::{Action, Actor, permit},
        certificate::{Validity, WithdrawalReason},
        dossier::{Dossier, DossierStep},
        id::{DossierId, RatingId},
        listing::ChangeCause,
        product::ProductState,
        rating::{Decision, Rating, check_grant},
        reason::Reason,
        rulebook::{self, Authority, Score, Stars},
    },
    service::{
        Call, Service, ServiceError,
        dossiers::after,
        error::taken,
        form::Form,
        keys,
        producers::{EVERYTHING, saved},
        publicity,
        work::{Work, begin},
    },
    store::{dossiers, listings, products, ratings},
};

/// A decision as given.
#[derive(Debug, Clone)]
pub struct DecisionData {
    /// Who signed.
    pub issuer: String,
    /// Number.
    pub number: String,
    /// Day of signature.
    pub signed_on: NaiveDate,
}

/// What approving takes.
#[derive(Debug, Clone)]
pub struct Approval {
    /// Stars granted.
    pub stars: i32,
    /// Average score of the council.
    pub score: Option<String>,
    /// The province's decision.
    pub decision: DecisionData,
    /// The ministry's decision, for five stars.
    pub national_decision: Option<DecisionData>,
    /// Certificate number; made up when left out, because no official format was published.
    pub certificate_number: Option<String>,
    /// Day of issue; the day of the decision when left out.
    pub issued_on: Option<NaiveDate>,
}

/// What revoking takes.
#[derive(Debug, Clone)]
pub struct Revocation {
    /// Class of reason.
    pub reason: WithdrawalReason,
    /// Legal basis: the decision that withdraws.
    pub legal_basis: String,
    /// First day without the rating; today when left out.
    pub effective_on: Option<NaiveDate>,
}

struct Grant {
    stars: Stars,
    score: Option<Score>,
    decision: Decision,
    certificate_number: String,
    issued_on: NaiveDate,
}

/// Records the decision that recognises a product, and issues its certificate for 36 months.
pub async fn approve(service: &Service, call: &Call<'_>, id: DossierId, given: Approval) -> Result<RatingId, ServiceError> {
    permit(call.actor, Action::DecideRatings)?;
    let grant = read(service, given)?;
    let mut work = begin!(service, call);
    let mut dossier = decided(&work, call.actor, id, DossierStep::Approve).await?;
    let mut product = products::find_for_update(&work.tx, dossier.product_id, &EVERYTHING).await?.ok_or_else(ServiceError::not_found)?;
    supersede(&work, &dossier, grant.issued_on).await?;
    let decision = ratings::put_decision(&work.tx, &grant.decision, work.at).await?;
    let rating = Rating {
        id: service.new_id().into(),
        product_id: product.id,
        producer_id: dossier.producer_id,
        dossier_id: id,
        decision,
        stars: grant.stars,
        score: grant.score,
        certificate_number: grant.certificate_number,
        validity: Validity {
            issued_on: grant.issued_on,
            expires_on: rulebook::expires_on(grant.issued_on),
            withdrawn_on: None,
            superseded_on: None,
        },
        withdrawal_reason: None,
        withdrawal_basis: None,
        version: 1,
        created_at: work.at,
    };
    ratings::insert(&work.tx, &rating).await.map_err(|e| taken(e, &[("certificate_number", "input.certificateNumber")]))?;
    if product.state == ProductState::Draft {
        product.state = ProductState::Active;
        product.updated_at = work.at;
        saved(products::update(&work.tx, &product, &EVERYTHING).await?)?;
    }
    settle(&work, &mut dossier, call.actor, None).await?;
    let facts = json!({ "stars": rating.stars.get(), "decision": rating.decision.number, "certificate": rating.certificate_number });
    work.audit("ratingApprove", ("rating", rating.id.0), facts).await?;
    let affected = listings::of_product_for_update(&work.tx, product.id).await?;
    publicity::refresh(service, &mut work, affected, ChangeCause::RatingGranted).await?;
    work.commit(rating.id.0).await?;
    Ok(rating.id)
}

/// Records the decision that refuses a dossier, with the reason its producer will read.
pub async fn reject(service: &Service, call: &Call<'_>, id: DossierId, reason: &str) -> Result<DossierId, ServiceError> {
    permit(call.actor, Action::DecideRatings)?;
    let mut form = Form::new("input");
    let reason = form.text("reason", reason, 2000);
    form.finish()?;
    let work = begin!(service, call);
    let mut dossier = decided(&work, call.actor, id, DossierStep::Reject).await?;
    settle(&work, &mut dossier, call.actor, Some(reason)).await?;
    work.audit("ratingReject", ("dossier", id.0), json!({ "reason": dossier.rejection_reason })).await?;
    work.commit(id.0).await?;
    Ok(id)
}

/// Withdraws a rating from a day on. From that day the product's listings are neither public nor on any channel.
pub async fn revoke(service: &Service, call: &Call<'_>, id: RatingId, given: Revocation) -> Result<RatingId, ServiceError> {
    let reach = permit(call.actor, Action::DecideRatings)?;
    let mut form = Form::new("input");
    let basis = form.text("legalBasis", &given.legal_basis, 500);
    form.finish()?;
    let mut work = begin!(service, call);
    let mut rating = ratings::find_for_update(&work.tx, id, &reach).await?.ok_or_else(ServiceError::not_found)?;
    let today = service.clock.today();
    if rating.validity.withdrawn_on.is_some() {
        let state = rating.validity.status(today).code().to_owned();
        return Err(ServiceError::refused("id", Reason::WrongState { state }));
    }
    let effective_on = given.effective_on.unwrap_or(today);
    if effective_on < rating.validity.issued_on {
        return Err(ServiceError::refused("input.effectiveOn", Reason::EndBeforeStart));
    }
    rating.validity.withdrawn_on = Some(effective_on);
    rating.withdrawal_reason = Some(given.reason);
    rating.withdrawal_basis = Some(basis);
    saved(ratings::update(&work.tx, &rating).await?)?;
    let facts = json!({ "reason": given.reason.code(), "basis": rating.withdrawal_basis, "effectiveOn": effective_on.to_string() });
    work.audit("ratingRevoke", ("rating", id.0), facts).await?;
    let affected = listings::of_product_for_update(&work.tx, rating.product_id).await?;
    publicity::refresh(service, &mut work, affected, ChangeCause::RatingRevoked).await?;
    work.commit(id.0).await?;
    Ok(id)
}

/// The rating with an id: public, because anyone may check a certificate.
pub async fn find(service: &Service, actor: &Actor, id: RatingId) -> Result<Option<Rating>, ServiceError> {
    let reach = permit(actor, Action::ReadPrivate)?;
    let Some(rating) = ratings::find(&service.store, id).await? else { return Ok(None) };
    let seen = products::find(&service.store, rating.product_id, &reach).await?;
    Ok(seen.map(|_| rating))
}

fn read(service: &Service, given: Approval) -> Result<Grant, ServiceError> {
    let today = service.clock.today();
    let mut form = Form::new("input");
    let stars = u8::try_from(given.stars).ok().and_then(Stars::try_from_u8);
    let stars = form.check("stars", stars.ok_or(Reason::InvalidStars));
    let score = given.score.as_deref().and_then(|text| form.check("score", Score::parse(text).ok_or(Reason::InvalidScore)));
    let five = stars.is_some_and(|s| s.get() == 5);
    if five && given.national_decision.is_none() {
        form.refuse("nationalDecision", Reason::NationalDecisionNeeded);
    }
    let (path, data, authority) = match given.national_decision.filter(|_| five) {
        Some(national) => ("nationalDecision", national, Authority::Ministry),
        None => ("decision", given.decision, Authority::Province),
    };
    let decision = Decision {
        id: service.new_id(),
        authority,
        issuer: form.text(&format!("{path}.issuer"), &data.issuer, 200),
        number: form.text(&format!("{path}.number"), &data.number, 100),
        signed_on: data.signed_on,
    };
    if let Some(stars) = stars
        && let Err(errors) = check_grant(stars, score, authority, data.signed_on, today)
    {
        for (field, reason) in errors {
            let field = if field == "signedOn" { format!("{path}.signedOn") } else { field.to_owned() };
            form.refuse(&field, reason);
        }
    }
    let issued_on = given.issued_on.unwrap_or(data.signed_on);
    form.past_day("issuedOn", given.issued_on, today);
    if issued_on < data.signed_on {
        form.refuse("issuedOn", Reason::EndBeforeStart);
    }
    let number = form.optional("certificateNumber", given.certificate_number.as_deref(), 100);
    form.finish()?;
    let stars = stars.ok_or_else(|| ServiceError::refused("input.stars", Reason::InvalidStars))?;
    let certificate_number = number.unwrap_or_else(|| format!("OCOP-{}-{}", issued_on.format("%Y"), keys::code(8)));
    Ok(Grant { stars, score, decision, certificate_number, issued_on })
}

/// Loads a dossier for a decision: it must be waiting for one, and not be of a producer that the actor belongs to.
async fn decided(work: &Work, actor: &Actor, id: DossierId, step: DossierStep) -> Result<Dossier, ServiceError> {
    let mut dossier = dossiers::find_for_update(&work.tx, id, &EVERYTHING).await?.ok_or_else(ServiceError::not_found)?;
    if let Actor::Person(person) = actor
        && person.memberships.iter().any(|(producer, _)| *producer == dossier.producer_id)
    {
        return Err(ServiceError::refused("id", Reason::OwnProduct));
    }
    dossier.state = after(&dossier, step)?;
    Ok(dossier)
}

async fn settle(work: &Work, dossier: &mut Dossier, actor: &Actor, reason: Option<String>) -> Result<(), ServiceError> {
    dossier.decided_at = Some(work.at);
    dossier.decided_by = actor.account();
    dossier.rejection_reason = reason;
    dossier.updated_at = work.at;
    saved(dossiers::update(&work.tx, dossier, &EVERYTHING).await?)
}

/// Ends the rating in force on the day on which the new one begins.
async fn supersede(work: &Work, dossier: &Dossier, from: NaiveDate) -> Result<(), ServiceError> {
    for mut older in ratings::of_products(&work.tx, &[dossier.product_id]).await? {
        if older.validity.issued_on > from {
            return Err(ServiceError::refused("input.issuedOn", Reason::EndBeforeStart));
        }
        if older.validity.ends_on() > from {
            older.validity.superseded_on = Some(from);
            saved(ratings::update(&work.tx, &older).await?)?;
        }
    }
    Ok(())
}
