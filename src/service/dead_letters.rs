//! Pushes that ended without success: a person starts them again, or says why they stay so. Done twice, nothing is left for the
//! second time, so that neither call needs an idempotency key.

use serde_json::{Value, json};

use crate::{
    domain::{
        actor::{Action, Reach, permit},
        channel::DeadLetters,
        reason::Reason,
        sync::Trouble,
    },
    service::{
        Call, Service, ServiceError,
        form::Form,
        work::{Begun, Work},
    },
    store::{channels, dead_letters},
};

/// The most that one call changes, so that none holds the database for long.
pub const LIMIT: u64 = 1_000;
/// The most that one call may name.
const NAMED: usize = 100;

/// Queues them again; returns how many, at most [`LIMIT`].
pub async fn redrive(service: &Service, call: &Call<'_>, which: &DeadLetters) -> Result<u64, ServiceError> {
    let reach = permit(call.actor, Action::ManageChannels)?;
    check(which)?;
    let work = begin(service, call, which, &reach).await?;
    let count = dead_letters::redrive(&work.tx, which, &reach, (work.at, LIMIT)).await?;
    work.note("deadLetterRedrive", ("channel", which.channel.0), details(which, count));
    work.commit(which.channel.0).await?;
    Ok(count)
}

/// Puts them away until their listings change, with a reason for the log; returns how many, at most [`LIMIT`].
pub async fn discard(service: &Service, call: &Call<'_>, which: &DeadLetters, reason: &str) -> Result<u64, ServiceError> {
    let reach = permit(call.actor, Action::ManageProvinceChannels)?;
    check(which)?;
    let mut form = Form::new("");
    let reason = form.text("reason", reason, 500);
    form.finish()?;
    let work = begin(service, call, which, &reach).await?;
    let count = dead_letters::discard(&work.tx, which, &reach, (work.at, LIMIT)).await?;
    let mut facts = details(which, count);
    facts["reason"] = json!(reason);
    work.note("deadLetterDiscard", ("channel", which.channel.0), facts);
    work.commit(which.channel.0).await?;
    Ok(count)
}

async fn begin(service: &Service, call: &Call<'_>, which: &DeadLetters, reach: &Reach) -> Result<Box<Work>, ServiceError> {
    let Begun::Fresh(work) = service.begin(&Call::new(call.actor)).await? else {
        return Err(ServiceError::Internal("a call without a key was done before".into()));
    };
    let channel = channels::find(&work.tx, which.channel, reach).await?;
    channel.ok_or_else(|| ServiceError::refused("filter.channel", Reason::NotFound))?;
    Ok(work)
}

fn check(which: &DeadLetters) -> Result<(), ServiceError> {
    if which.ids.len() > NAMED {
        return Err(ServiceError::refused("filter.ids", Reason::TooMany { max: NAMED }));
    }
    Ok(())
}

fn details(which: &DeadLetters, count: u64) -> Value {
    let kinds: Vec<_> = which.troubles.iter().copied().map(Trouble::code).collect();
    let ids: Vec<_> = which.ids.iter().map(|id| id.0).collect();
    json!({ "count": count, "kinds": kinds, "code": which.code, "ids": ids })
}
