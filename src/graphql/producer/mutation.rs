//! Changing producers.

use async_graphql::{Context, ID, InputObject, MaybeUndefined, Object, SimpleObject};
use uuid::Uuid;

use crate::{
    domain::{id::ProducerId, producer},
    graphql::{
        context::{asked, call, patch, unasked},
        error::{Fault, UserError, outcome},
        id::{Kind, of},
        producer::{InvitationObject, MemberRole, ProducerKind, ProducerObject},
    },
    service::{
        ServiceError, members,
        producers::{self, ProducerChange, ProducerData},
    },
};

/// Mutations on producers.
#[derive(Default)]
pub struct ProducerMutation;

/// What became of a producer.
#[derive(SimpleObject)]
pub struct ProducerPayload {
    /// The producer as it is now; null when it was refused.
    producer: Option<ProducerObject>,
    /// Why nothing was done; empty on success.
    user_errors: Vec<UserError>,
}

/// What became of an invitation.
#[derive(SimpleObject)]
pub struct InvitationPayload {
    /// The invitation; null when it was refused.
    invitation: Option<InvitationObject>,
    /// Why nothing was done; empty on success.
    user_errors: Vec<UserError>,
}

/// A new producer.
#[derive(InputObject)]
pub struct ProducerRegisterInput {
    /// Legal name, at most 200 characters.
    legal_name: String,
    /// Name for buyers, at most 200 characters; the legal name when left out.
    display_name: Option<String>,
    /// Legal form.
    kind: ProducerKind,
    /// Enterprise code (mã số thuế): 10 digits, or 10 digits, a hyphen and 3 digits.
    tax_code: Option<String>,
    /// Code of the commune, in force since 2025-07-01.
    commune: Option<String>,
    /// Street or hamlet, at most 300 characters.
    address: Option<String>,
    /// Telephone, at most 30 characters.
    phone: Option<String>,
    /// E-mail.
    email: Option<String>,
    /// The story told to buyers, plain text, at most 5,000 characters.
    story: Option<String>,
}

/// A change of a producer. Fields that are left out stay; null clears.
#[derive(InputObject)]
pub struct ProducerUpdateInput {
    /// Legal name, at most 200 characters.
    legal_name: Option<String>,
    /// Name for buyers, at most 200 characters.
    display_name: Option<String>,
    /// Enterprise code (mã số thuế).
    tax_code: MaybeUndefined<String>,
    /// Code of the commune, in force since 2025-07-01.
    commune: MaybeUndefined<String>,
    /// Street or hamlet, at most 300 characters.
    address: MaybeUndefined<String>,
    /// Telephone, at most 30 characters.
    phone: MaybeUndefined<String>,
    /// E-mail.
    email: MaybeUndefined<String>,
    /// The story told to buyers, plain text, at most 5,000 characters.
    story: MaybeUndefined<String>,
}

/// Whom to invite.
#[derive(InputObject)]
pub struct ProducerMemberInviteInput {
    /// E-mail; only the account with this e-mail may accept.
    email: String,
    /// The role it gives.
    role: MemberRole,
}

/// Why an admin acts.
#[derive(InputObject)]
pub struct ProducerStatusInput {
    /// Reason, kept in the audit log, at most 1,000 characters.
    reason: String,
}

impl ProducerPayload {
    async fn of(context: &Context<'_>, result: Result<ProducerId, ServiceError>) -> Result<Self, Fault> {
        let asked = asked(context)?;
        let (id, user_errors) = outcome(result, asked.locale)?;
        let producer = match id {
            Some(id) => producers::find(&asked.service, &asked.actor, id, unasked(context)?).await?,
            None => None,
        };
        Ok(Self { producer: producer.map(ProducerObject::of), user_errors })
    }
}

impl ProducerRegisterInput {
    fn read(self) -> ProducerData {
        ProducerData {
            legal_name: self.legal_name,
            display_name: self.display_name,
            kind: Some(self.kind.into()),
            tax_code: self.tax_code,
            commune_code: self.commune,
            address: self.address,
            phone: self.phone,
            email: self.email,
            story: self.story,
        }
    }
}

impl ProducerUpdateInput {
    fn read(self) -> ProducerChange {
        ProducerChange {
            legal_name: self.legal_name,
            display_name: self.display_name,
            tax_code: patch(self.tax_code),
            commune_code: patch(self.commune),
            address: patch(self.address),
            phone: patch(self.phone),
            email: patch(self.email),
            story: patch(self.story),
        }
    }
}

#[Object]
impl ProducerMutation {
    /// Registers a producer; who does becomes its owner.
    async fn producer_register(
        &self,
        context: &Context<'_>,
        #[graphql(desc = "The producer.")] input: ProducerRegisterInput,
        #[graphql(desc = "Given twice within 24 hours, the first answer counts.")] idempotency_key: Option<Uuid>,
    ) -> Result<ProducerPayload, Fault> {
        let asked = asked(context)?;
        let call = call(context, asked, idempotency_key)?;
        ProducerPayload::of(context, producers::register(&asked.service, &call, input.read()).await).await
    }

    /// Changes a producer's own data; for its owners and admins.
    async fn producer_update(
        &self,
        context: &Context<'_>,
        #[graphql(desc = "The producer.")] id: ID,
        #[graphql(desc = "The version the change was made from.")] expected_version: i32,
        #[graphql(desc = "The change.")] input: ProducerUpdateInput,
        #[graphql(desc = "Given twice within 24 hours, the first answer counts.")] idempotency_key: Option<Uuid>,
    ) -> Result<ProducerPayload, Fault> {
        let asked = asked(context)?;
        let call = call(context, asked, idempotency_key)?;
        let result = producers::update(&asked.service, &call, of(Kind::Producer, &id), expected_version, input.read()).await;
        ProducerPayload::of(context, result).await
    }

    /// Suspends a producer: none of its listings is visible any more. For admins.
    async fn producer_suspend(
        &self,
        context: &Context<'_>,
        #[graphql(desc = "The producer.")] id: ID,
        #[graphql(desc = "Why.")] input: ProducerStatusInput,
        #[graphql(desc = "Given twice within 24 hours, the first answer counts.")] idempotency_key: Option<Uuid>,
    ) -> Result<ProducerPayload, Fault> {
        set_status(context, &id, producer::ProducerStatus::Suspended, (input, idempotency_key)).await
    }

    /// Lifts a suspension. For admins.
    async fn producer_reinstate(
        &self,
        context: &Context<'_>,
        #[graphql(desc = "The producer.")] id: ID,
        #[graphql(desc = "Why.")] input: ProducerStatusInput,
        #[graphql(desc = "Given twice within 24 hours, the first answer counts.")] idempotency_key: Option<Uuid>,
    ) -> Result<ProducerPayload, Fault> {
        set_status(context, &id, producer::ProducerStatus::Active, (input, idempotency_key)).await
    }

    /// Invites a person into a producer; for its owners and admins.
    async fn producer_member_invite(
        &self,
        context: &Context<'_>,
        #[graphql(desc = "The producer.")] id: ID,
        #[graphql(desc = "Whom.")] input: ProducerMemberInviteInput,
        #[graphql(desc = "Given twice within 24 hours, the first answer counts.")] idempotency_key: Option<Uuid>,
    ) -> Result<InvitationPayload, Fault> {
        let asked = asked(context)?;
        let call = call(context, asked, idempotency_key)?;
        let result = members::invite(&asked.service, &call, of(Kind::Producer, &id), &input.email, input.role.into()).await;
        let (id, user_errors) = outcome(result, asked.locale)?;
        let invitation = match id {
            Some(id) => members::invitation(&asked.service, id).await?,
            None => None,
        };
        Ok(InvitationPayload { invitation: invitation.map(InvitationObject), user_errors })
    }

    /// Accepts an invitation that is addressed to one's own e-mail.
    async fn producer_member_accept(
        &self,
        context: &Context<'_>,
        #[graphql(desc = "The invitation.")] invitation: ID,
        #[graphql(desc = "Given twice within 24 hours, the first answer counts.")] idempotency_key: Option<Uuid>,
    ) -> Result<ProducerPayload, Fault> {
        let asked = asked(context)?;
        let call = call(context, asked, idempotency_key)?;
        ProducerPayload::of(context, members::accept(&asked.service, &call, of(Kind::Invitation, &invitation)).await).await
    }

    /// Removes a person from a producer; the last owner stays.
    async fn producer_member_remove(
        &self,
        context: &Context<'_>,
        #[graphql(desc = "The producer.")] id: ID,
        #[graphql(desc = "The person's account, as `members` names it.")] account: ID,
        #[graphql(desc = "Given twice within 24 hours, the first answer counts.")] idempotency_key: Option<Uuid>,
    ) -> Result<ProducerPayload, Fault> {
        let asked = asked(context)?;
        let call = call(context, asked, idempotency_key)?;
        let result = members::remove(&asked.service, &call, of(Kind::Producer, &id), of(Kind::Account, &account)).await;
        ProducerPayload::of(context, result).await
    }
}

async fn set_status(
    context: &Context<'_>,
    id: &ID,
    status: producer::ProducerStatus,
    (input, key): (ProducerStatusInput, Option<Uuid>),
) -> Result<ProducerPayload, Fault> {
    let asked = asked(context)?;
    let call = call(context, asked, key)?;
    let result = producers::set_status(&asked.service, &call, of(Kind::Producer, id), status, &input.reason).await;
    ProducerPayload::of(context, result).await
}
