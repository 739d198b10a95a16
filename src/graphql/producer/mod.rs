//! Producers and the people who act for them, as clients see them.

pub mod mutation;
pub mod query;

use async_graphql::{Context, Description, Enum, ID, Object, SimpleObject};
use chrono::{DateTime, Utc};
use std::sync::Arc;

use crate::{
    domain::{
        actor::{Action, permit},
        producer::{Invitation, Member, Producer},
    },
    graphql::{
        admin_unit::AdminUnitObject,
        context::{asked, loader},
        eager::eager,
        error::Fault,
        id::{Kind, encode},
        loader::{CommuneKey, LegacyCommuneKey, ProducerKey},
        seeds,
    },
    service::members,
};

/// Legal forms that may take part in the programme (Decision 148/QĐ-TTg), and those that occur beside them. Values may be added.
#[derive(Enum, Clone, Copy, PartialEq, Eq, Debug)]
#[graphql(remote = "crate::domain::producer::ProducerKind")]
pub enum ProducerKind {
    /// Cooperative (hợp tác xã, HTX).
    Cooperative,
    /// Cooperative group (tổ hợp tác, THT); no legal personality.
    CooperativeGroup,
    /// Enterprise (doanh nghiệp).
    Enterprise,
    /// Household business (hộ kinh doanh).
    HouseholdBusiness,
    /// Farm (trang trại).
    Farm,
    /// A village, a management board, or unknown.
    Other,
}

/// Whether a producer may sell. Values may be added.
#[derive(Enum, Clone, Copy, PartialEq, Eq, Debug)]
#[graphql(remote = "crate::domain::producer::ProducerStatus")]
pub enum ProducerStatus {
    /// In good standing.
    Active,
    /// Stopped by an admin: none of its listings is visible.
    Suspended,
}

/// What a member may do for a producer. Values may be added.
#[derive(Enum, Clone, Copy, PartialEq, Eq, Debug)]
#[graphql(remote = "crate::domain::producer::MemberRole")]
pub enum MemberRole {
    /// Everything, members and channels included.
    Owner,
    /// Products, dossiers and listings.
    Editor,
}

/// A producer (chủ thể OCOP).
#[derive(Description)]
pub struct ProducerFields(pub(super) Arc<Producer>);

eager!(
    /// A producer with its fields.
    ProducerObject = ProducerFields(Producer)
);

#[Object(name = "Producer", use_type_description)]
impl ProducerFields {
    /// Opaque global id.
    pub(super) async fn id(&self) -> ID {
        encode(Kind::Producer, self.0.id)
    }

    /// Stable handle for addresses, without accents.
    async fn slug(&self) -> &str {
        &self.0.slug
    }

    /// The key of the system it was imported from.
    async fn external_key(&self) -> Option<&str> {
        self.0.external_key.as_deref()
    }

    /// Legal name.
    async fn legal_name(&self) -> &str {
        &self.0.legal_name
    }

    /// Name shown to buyers.
    async fn display_name(&self) -> &str {
        &self.0.display_name
    }

    /// Legal form.
    async fn kind(&self) -> ProducerKind {
        self.0.kind.into()
    }

    /// Enterprise code (mã số thuế), 10 or 13 digits. Cooperative groups and households may have none.
    async fn tax_code(&self) -> Option<&str> {
        self.0.tax_code.as_deref()
    }

    /// Commune today.
    async fn commune(&self, context: &Context<'_>) -> Result<Option<AdminUnitObject>, Fault> {
        let Some(code) = self.0.commune_code.clone() else { return Ok(None) };
        Ok(seeds::find(context, CommuneKey(code)).await?.map(AdminUnitObject::of))
    }

    /// Commune before 2025-07-01, as the source of an imported record names it.
    async fn former_commune(&self, context: &Context<'_>) -> Result<Option<AdminUnitObject>, Fault> {
        let Some(code) = self.0.legacy_commune_code.clone() else { return Ok(None) };
        Ok(loader(context)?.load_one(LegacyCommuneKey(code)).await?.map(AdminUnitObject::of))
    }

    /// Street or hamlet.
    async fn address(&self) -> Option<&str> {
        self.0.address.as_deref()
    }

    /// Telephone. Null for all but its members and admins.
    async fn phone(&self, context: &Context<'_>) -> Result<Option<&str>, Fault> {
        Ok(if self.is_theirs(context)? { self.0.phone.as_deref() } else { None })
    }

    /// E-mail. Null for all but its members and admins.
    async fn email(&self, context: &Context<'_>) -> Result<Option<&str>, Fault> {
        Ok(if self.is_theirs(context)? { self.0.email.as_deref() } else { None })
    }

    /// The story told to buyers, plain text.
    async fn story(&self) -> Option<&str> {
        self.0.story.as_deref()
    }

    /// Standing.
    async fn status(&self) -> ProducerStatus {
        self.0.status.into()
    }

    /// People who act for it; a few dozen at most. Null with an error for all but its members and admins.
    async fn members(&self, context: &Context<'_>) -> Result<Option<Vec<MemberObject>>, Fault> {
        let asked = asked(context)?;
        let found = members::list(&asked.service, &asked.actor, self.0.id).await?;
        Ok(Some(found.into_iter().map(MemberObject::from).collect()))
    }

    /// Grows with every change; give it back as `expectedVersion`.
    async fn version(&self) -> i32 {
        self.0.version
    }

    /// When it was created.
    async fn created_at(&self) -> DateTime<Utc> {
        self.0.created_at
    }

    /// When it last changed.
    async fn updated_at(&self) -> DateTime<Utc> {
        self.0.updated_at
    }
}

impl ProducerFields {
    fn is_theirs(&self, context: &Context<'_>) -> Result<bool, Fault> {
        Ok(permit(&asked(context)?.actor, Action::ReadPrivate)?.covers(self.0.id))
    }
}

/// A person who acts for a producer.
#[derive(SimpleObject)]
#[graphql(name = "ProducerMember")]
pub struct MemberObject {
    /// The person's account; name it to remove the member.
    account: ID,
    /// Name.
    display_name: String,
    /// E-mail.
    email: String,
    /// What the person may do.
    role: MemberRole,
    /// Since when.
    created_at: DateTime<Utc>,
}

impl From<Member> for MemberObject {
    fn from(m: Member) -> Self {
        Self {
            account: encode(Kind::Account, m.account_id),
            display_name: m.display_name,
            email: m.email,
            role: m.role.into(),
            created_at: m.created_at,
        }
    }
}

/// An invitation to act for a producer.
#[derive(Description)]
pub struct InvitationObject(pub(super) Invitation);

#[Object(name = "ProducerInvitation", use_type_description)]
impl InvitationObject {
    /// Opaque global id.
    async fn id(&self) -> ID {
        encode(Kind::Invitation, self.0.id)
    }

    /// The producer.
    async fn producer(&self, context: &Context<'_>) -> Result<Option<ProducerObject>, Fault> {
        Ok(seeds::find(context, ProducerKey(self.0.producer_id)).await?.map(ProducerObject::of))
    }

    /// To whom; only the account with this e-mail may accept.
    async fn email(&self) -> &str {
        &self.0.email
    }

    /// The role it gives.
    async fn role(&self) -> MemberRole {
        self.0.role.into()
    }

    /// When it was accepted; null while it waits.
    async fn accepted_at(&self) -> Option<DateTime<Utc>> {
        self.0.accepted_at
    }
}
