//! Decisions on dossiers: approve, propose to the ministry, reject; revoke and reinstate ratings. What they change reaches every
//! listing in the same transaction.

use chrono::NaiveDate;
use serde_json::json;

use crate::{
    domain::{
        actor::{Action, Actor, permit},
        certificate::{Validity, WithdrawalReason, legal_day},
        dossier::Dossier,
        id::{DossierId, RatingId},
        listing::ChangeCause,
        procedure::{DossierState, Duty, Step},
        product::ProductState,
        rating::{Decision, Grounds, Rating, Withdrawal, check_grant, check_signed},
        reason::Reason,
        rulebook::{Authority, Rulebook},
        score::Stars,
    },
    service::{
        Call, Service, ServiceError,
        dossiers::{acted, finish, found, go, wrong_state},
        error::taken,
        form::Form,
        keys,
        producers::{EVERYTHING, saved},
        publicity, rulebooks,
        work::{Work, begin},
    },
    store::{
        Sparing, Unasked,
        councils::{self, SessionReach},
        dossiers, listings, products, ratings, withdrawals,
    },
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
    /// Stars granted; those that the council proposed when left out.
    pub stars: Option<i32>,
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
    decision: Decision,
    certificate_number: String,
    issued_on: NaiveDate,
}

/// Records the decision that recognises a product, and issues its certificate.
pub async fn approve(service: &Service, call: &Call<'_>, id: DossierId, given: Approval) -> Result<RatingId, ServiceError> {
    permit(call.actor, Action::DecideRatings)?;
    let mut work = begin!(service, call);
    let mut dossier = acted(&work, call.actor, id, Duty::Province).await?;
    let (book, closed_on) = grounds(&work, &dossier).await?;
    let (_, outcome) = dossier.stage.outcome().ok_or_else(|| wrong_state(dossier.stage.state()))?;
    let today = service.clock.today();
    let grounds = Grounds { book: &book, outcome, closed_on, today };
    let grant = read(service, given, grounds, dossier.stage.state())?;
    let score = outcome.average;
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
        score: Some(score),
        certificate_number: grant.certificate_number,
        validity: Validity {
            issued_on: grant.issued_on,
            expires_on: book.expires_on(grant.issued_on),
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
    settle(&work, &mut dossier, call.actor, Step::Recognise(rating.id)).await?;
    work.note("ratingApprove", ("rating", rating.id.0, 1), facts(&rating));
    let affected = listings::of_product_for_update(&work.tx, product.id).await?;
    publicity::refresh(service, &mut work, affected, ChangeCause::RatingGranted).await?;
    work.commit(rating.id.0).await?;
    Ok(rating.id)
}

/// Proposes a product to the ministry for five stars by the province's decision.
pub async fn propose(service: &Service, call: &Call<'_>, id: DossierId, given: DecisionData) -> Result<DossierId, ServiceError> {
    permit(call.actor, Action::DecideRatings)?;
    let work = begin!(service, call);
    let mut dossier = acted(&work, call.actor, id, Duty::Province).await?;
    let (book, closed_on) = grounds(&work, &dossier).await?;
    let (_, outcome) = dossier.stage.outcome().ok_or_else(|| wrong_state(dossier.stage.state()))?;
    let enough = outcome.average.hundredths() >= book.national_from_points * 100 && outcome.stars.is_some_and(|s| s.get() == 5);
    if !enough {
        return Err(ServiceError::refused("id", Reason::NotProposable { points: book.national_from_points }));
    }
    let mut form = Form::new("input");
    let decision = decision(service, &mut form, "decision", given, Authority::Province);
    let today = service.clock.today();
    form.check("decision.signedOn", check_signed(Grounds { book: &book, outcome, closed_on, today }, decision.signed_on));
    form.finish()?;
    let decision = ratings::put_decision(&work.tx, &decision, work.at).await?;
    go(&work, &mut dossier, Step::ProposeNational)?;
    finish(work, dossier, "ratingProposeNational", json!({ "decision": decided(&decision) })).await
}

/// Records the decision that refuses a dossier, with the reason its producer will read.
pub async fn reject(service: &Service, call: &Call<'_>, id: DossierId, reason: &str) -> Result<DossierId, ServiceError> {
    permit(call.actor, Action::DecideRatings)?;
    let mut form = Form::new("input");
    let reason = form.text("reason", reason, 2000);
    form.finish()?;
    let work = begin!(service, call);
    let mut dossier = acted(&work, call.actor, id, Duty::Province).await?;
    settle(&work, &mut dossier, call.actor, Step::Reject(reason.clone())).await?;
    work.note("ratingReject", ("dossier", id.0, dossier.version + 1), json!({ "reason": reason }));
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
    refuse_own(call.actor, &rating)?;
    let today = service.clock.today();
    if rating.validity.withdrawn_on.is_some() {
        let state = rating.validity.status(today).code().to_owned();
        return Err(ServiceError::refused("id", Reason::WrongState { state }));
    }
    let effective_on = given.effective_on.unwrap_or(today);
    if effective_on < rating.validity.issued_on {
        return Err(ServiceError::refused("input.effectiveOn", Reason::EndBeforeStart));
    }
    let withdrawal = Withdrawal {
        id: service.new_id(),
        rating_id: id,
        reason: given.reason,
        legal_basis: basis.clone(),
        effective_on,
        recorded_at: work.at,
        reinstated_on: None,
        reinstatement_basis: None,
    };
    withdrawals::insert(&work.tx, &withdrawal).await?;
    rating.validity.withdrawn_on = Some(effective_on);
    rating.withdrawal_reason = Some(given.reason);
    rating.withdrawal_basis = Some(basis);
    saved(ratings::update(&work.tx, &rating).await?)?;
    let facts = json!({ "reason": given.reason.code(), "basis": rating.withdrawal_basis, "effectiveOn": effective_on.to_string() });
    work.note("ratingRevoke", ("rating", id.0, rating.version + 1), facts);
    let affected = listings::of_product_for_update(&work.tx, rating.product_id).await?;
    publicity::refresh(service, &mut work, affected, ChangeCause::RatingRevoked).await?;
    work.commit(id.0).await?;
    Ok(id)
}

/// Reinstates a withdrawn rating after an appeal, from today on. The withdrawal stays on record.
pub async fn reinstate(service: &Service, call: &Call<'_>, id: RatingId, legal_basis: &str) -> Result<RatingId, ServiceError> {
    let reach = permit(call.actor, Action::DecideRatings)?;
    let mut form = Form::new("input");
    let basis = form.text("legalBasis", legal_basis, 500);
    form.finish()?;
    let mut work = begin!(service, call);
    let mut rating = ratings::find_for_update(&work.tx, id, &reach).await?.ok_or_else(ServiceError::not_found)?;
    refuse_own(call.actor, &rating)?;
    if rating.validity.withdrawn_on.is_none() {
        return Err(ServiceError::refused("id", Reason::NotWithdrawn));
    }
    let today = service.clock.today();
    withdrawals::reinstate(&work.tx, id, today, &basis).await?;
    rating.validity.withdrawn_on = None;
    rating.withdrawal_reason = None;
    rating.withdrawal_basis = None;
    saved(ratings::update(&work.tx, &rating).await?)?;
    work.note("ratingReinstate", ("rating", id.0, rating.version + 1), json!({ "basis": basis, "on": today.to_string() }));
    let affected = listings::of_product_for_update(&work.tx, rating.product_id).await?;
    publicity::refresh(service, &mut work, affected, ChangeCause::RatingGranted).await?;
    work.commit(id.0).await?;
    Ok(id)
}

/// The rating with an id: public, because anyone may check a certificate.
pub async fn find(service: &Service, actor: &Actor, id: RatingId, unasked: Unasked) -> Result<Option<Rating>, ServiceError> {
    let reach = permit(actor, Action::ReadPrivate)?;
    let Some(rating) = ratings::find(&Sparing::new(&service.store, unasked), id).await? else { return Ok(None) };
    let seen = products::find(&Sparing::new(&service.store, Unasked::EVERYTHING), rating.product_id, &reach).await?;
    Ok(seen.map(|_| rating))
}

/// The rulebook of a dossier and the day on which its council closed.
async fn grounds(work: &Work, dossier: &Dossier) -> Result<(Rulebook, NaiveDate), ServiceError> {
    let (session, _) = dossier.stage.outcome().ok_or_else(|| wrong_state(dossier.stage.state()))?;
    let book = rulebooks::named(&work.tx, &dossier.rulebook).await?;
    let session = councils::find(&work.tx, session, SessionReach::All).await?;
    let closed_at = session.and_then(|s| s.closed_at).ok_or_else(|| ServiceError::Internal("a council without its end".into()))?;
    Ok((book, legal_day(closed_at)))
}

fn read(service: &Service, given: Approval, grounds: Grounds<'_>, state: DossierState) -> Result<Grant, ServiceError> {
    let mut form = Form::new("input");
    let stars = match given.stars {
        None => grounds.outcome.stars.ok_or(Reason::StarsAboveProposal { stars: 1, proposed: 0 }),
        Some(stars) => u8::try_from(stars).ok().and_then(Stars::try_from_u8).ok_or(Reason::InvalidStars),
    };
    let stars = form.check("stars", stars);
    let five = stars.is_some_and(|s| s.get() == 5);
    if five && given.national_decision.is_none() {
        form.refuse("nationalDecision", Reason::NationalDecisionNeeded);
    }
    let (path, data, authority) = match given.national_decision.filter(|_| five) {
        Some(national) => ("nationalDecision", national, Authority::Ministry),
        None => ("decision", given.decision, Authority::Province),
    };
    let signed_on = data.signed_on;
    let decision = decision(service, &mut form, path, data, authority);
    form.check(&format!("{path}.signedOn"), check_signed(grounds, signed_on));
    if let Some(stars) = stars {
        form.check("stars", check_grant(grounds, stars, authority, signed_on));
    }
    let issued_on = given.issued_on.unwrap_or(signed_on);
    form.past_day("issuedOn", given.issued_on, grounds.today);
    if issued_on < signed_on {
        form.refuse("issuedOn", Reason::EndBeforeStart);
    }
    let number = form.optional("certificateNumber", given.certificate_number.as_deref(), 100);
    form.finish()?;
    if five && state != DossierState::ProposedNational {
        return Err(wrong_state(state));
    }
    let stars = stars.ok_or_else(|| ServiceError::refused("input.stars", Reason::InvalidStars))?;
    let certificate_number = number.unwrap_or_else(|| format!("OCOP-{}-{}", issued_on.format("%Y"), keys::code(8)));
    Ok(Grant { stars, decision, certificate_number, issued_on })
}

fn decision(service: &Service, form: &mut Form, path: &str, given: DecisionData, authority: Authority) -> Decision {
    Decision {
        id: service.new_id(),
        authority,
        issuer: form.text(&format!("{path}.issuer"), &given.issuer, 200),
        number: form.text(&format!("{path}.number"), &given.number, 100),
        signed_on: given.signed_on,
    }
}

fn decided(d: &Decision) -> serde_json::Value {
    json!({ "issuer": d.issuer, "number": d.number, "signedOn": d.signed_on.to_string(), "authority": d.authority.code() })
}

fn facts(rating: &Rating) -> serde_json::Value {
    json!({
        "dossier": rating.dossier_id.to_string(),
        "product": rating.product_id.to_string(),
        "stars": rating.stars.get(),
        "score": rating.score.map(|s| s.to_string()),
        "decision": decided(&rating.decision),
        "certificate": rating.certificate_number,
        "issuedOn": rating.validity.issued_on.to_string(),
        "expiresOn": rating.validity.expires_on.to_string(),
    })
}

async fn settle(work: &Work, dossier: &mut Dossier, actor: &Actor, step: Step) -> Result<(), ServiceError> {
    go(work, dossier, step)?;
    dossier.decided_at = Some(work.at);
    dossier.decided_by = actor.account();
    saved(dossiers::update(&work.tx, dossier, &found()).await?)
}

/// Nobody decides on a producer they belong to.
fn refuse_own(actor: &Actor, rating: &Rating) -> Result<(), ServiceError> {
    let own = matches!(actor, Actor::Person(person) if person.memberships.iter().any(|(p, _)| *p == rating.producer_id));
    if own { Err(ServiceError::refused("id", Reason::OwnProduct)) } else { Ok(()) }
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
