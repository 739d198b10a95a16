//! Rulebooks: published once, read by everybody.

use chrono::NaiveDate;
use serde_json::json;

use crate::{
    domain::{
        actor::{Action, permit},
        reason::Reason,
        rulebook::{Rulebook, in_force},
    },
    service::{Call, Service, ServiceError, keys},
    store::{Db, rulebooks},
};

/// All rulebooks, the oldest first.
pub async fn list(service: &Service) -> Result<Vec<Rulebook>, ServiceError> {
    Ok(rulebooks::all(&service.store).await?)
}

/// Publishes a rulebook from its file. The same text again changes nothing; another text under a code in use is refused.
pub async fn publish(service: &Service, call: &Call<'_>, json_text: &str) -> Result<Rulebook, ServiceError> {
    permit(call.actor, Action::Import)?;
    let wrong = |detail: String| ServiceError::refused("file", Reason::InvalidRulebook { detail });
    let book = Rulebook::parse(json_text).map_err(wrong)?;
    if let Some(known) = rulebooks::find(&service.store, &book.code).await? {
        return if known == book { Ok(book) } else { Err(ServiceError::refused("file", Reason::AlreadyPublished)) };
    }
    let crate::service::work::Begun::Fresh(work) = service.begin(call).await? else { return Ok(book) };
    let stored = rulebooks::put(&work.tx, &book, work.at).await?;
    if stored != book {
        return Err(ServiceError::refused("file", Reason::AlreadyPublished));
    }
    let id = keys::named("rulebook", &book.code);
    work.note("rulebookPublish", ("rulebook", id), json!({ "code": book.code, "validFrom": book.valid_from.to_string() }));
    work.commit(id).await?;
    Ok(book)
}

/// The rulebook in force on a day.
pub(super) async fn on(db: &impl Db, day: NaiveDate, path: &str) -> Result<Rulebook, ServiceError> {
    let books = rulebooks::all(db).await?;
    in_force(&books, day).cloned().ok_or_else(|| ServiceError::refused(path, Reason::NoRulebook))
}

/// The rulebook that a dossier names.
pub(super) async fn named(db: &impl Db, code: &str) -> Result<Rulebook, ServiceError> {
    rulebooks::find(db, code).await?.ok_or_else(|| ServiceError::Internal(format!("rulebook {code} is gone")))
}
