//! People who act for producers: inviting, accepting, removing.

use serde_json::json;

use crate::{
    domain::{
        actor::{Action, Actor, Denied, permit},
        id::{InvitationId, ProducerId, UserId},
        producer::{Invitation, Member, MemberRole},
        reason::Reason,
    },
    service::{Call, Service, ServiceError, form::Form, work::begin},
    store::{members, producers},
};

/// Invites a person by e-mail into a producer.
pub async fn invite(
    service: &Service,
    call: &Call<'_>,
    producer: ProducerId,
    email: &str,
    role: MemberRole,
) -> Result<InvitationId, ServiceError> {
    let reach = permit(call.actor, Action::ManageMembers)?;
    let mut form = Form::new("input");
    let email = form.email("email", email);
    form.finish()?;
    let work = begin!(service, call);
    producers::find_for_update(&work.tx, producer, &reach).await?.ok_or_else(ServiceError::not_found)?;
    let invitation =
        Invitation { id: service.new_id().into(), producer_id: producer, email: email.unwrap_or_default(), role, accepted_at: None };
    members::invite(&work.tx, &invitation, work.at).await?;
    work.note("producerMemberInvite", ("producer", producer.0), json!({ "role": role.code() }));
    work.commit(invitation.object()).await?;
    Ok(invitation.id)
}

/// Accepts an invitation; only the account with the invited e-mail may.
pub async fn accept(service: &Service, call: &Call<'_>, id: InvitationId) -> Result<ProducerId, ServiceError> {
    let person = call.actor.person()?;
    let work = begin!(service, call);
    let invitation = members::invitation(&work.tx, id).await?.ok_or_else(ServiceError::not_found)?;
    if invitation.email != person.email {
        return Err(ServiceError::refused("id", Reason::InvitationForOther));
    }
    if !members::accept(&work.tx, id, work.at).await? {
        return Err(ServiceError::not_found());
    }
    members::put(&work.tx, invitation.producer_id, person.id, invitation.role, work.at).await?;
    work.note("producerMemberAccept", ("producer", invitation.producer_id.0), json!({ "account": person.id.to_string() }));
    work.commit(invitation.producer_id.0).await?;
    Ok(invitation.producer_id)
}

/// Removes a person from a producer; the last owner stays.
pub async fn remove(service: &Service, call: &Call<'_>, producer: ProducerId, account: UserId) -> Result<ProducerId, ServiceError> {
    let reach = permit(call.actor, Action::ManageMembers)?;
    let work = begin!(service, call);
    // The producer's row is the lock that keeps two owners from removing each other at once.
    producers::find_for_update(&work.tx, producer, &reach).await?.ok_or_else(ServiceError::not_found)?;
    let people = members::of_producer(&work.tx, producer).await?;
    let leaves = people.iter().find(|m| m.account_id == account).ok_or_else(|| ServiceError::refused("account", Reason::NotFound))?;
    if leaves.role == MemberRole::Owner && people.iter().filter(|m| m.role == MemberRole::Owner).count() == 1 {
        return Err(ServiceError::refused("account", Reason::LastOwner));
    }
    members::remove(&work.tx, producer, account).await?;
    work.note("producerMemberRemove", ("producer", producer.0), json!({ "account": account.to_string() }));
    work.commit(producer.0).await?;
    Ok(producer)
}

/// The members of a producer, for its members and admins.
pub async fn list(service: &Service, actor: &Actor, producer: ProducerId) -> Result<Vec<Member>, ServiceError> {
    let reach = permit(actor, Action::ReadPrivate)?;
    if reach.covers(producer) { Ok(members::of_producer(&service.store, producer).await?) } else { Err(Denied::Forbidden.into()) }
}

/// An invitation that a use case of the same request has just made.
pub async fn invitation(service: &Service, id: InvitationId) -> Result<Option<Invitation>, ServiceError> {
    Ok(members::invitation(&service.store, id).await?)
}

/// Invitations that wait for the actor.
pub async fn invitations(service: &Service, actor: &Actor) -> Result<Vec<Invitation>, ServiceError> {
    let Actor::Person(person) = actor else { return Ok(Vec::new()) };
    Ok(members::invitations_to(&service.store, &person.email).await?)
}
