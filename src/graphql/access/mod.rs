//! Accounts, sessions, offices, API keys: who one is and how one proves it.

pub mod mutation;

use async_graphql::{Context, Description, Enum, ID, Object, SimpleObject};
use chrono::{DateTime, Utc};

use crate::{
    domain::actor::{Actor, Person},
    graphql::{
        context::asked,
        error::Fault,
        id::{Kind, encode},
        loader::ProducerKey,
        producer::{InvitationObject, MemberRole, ProducerObject},
        seeds,
    },
    service::{api_keys, members},
    store::api_keys::ApiKey,
};

/// Queries on oneself.
#[derive(Default)]
pub struct AccessQuery;

/// What the principal of a request is. Values may be added.
#[derive(Enum, Clone, Copy, PartialEq, Eq, Debug)]
pub enum PrincipalKind {
    /// Nobody is signed in.
    Anonymous,
    /// A signed-in person.
    Person,
    /// An integrator's key.
    ApiKey,
}

/// Offices a person can hold. Values may be added.
#[derive(Enum, Clone, Copy, PartialEq, Eq, Debug)]
#[graphql(remote = "crate::domain::actor::Role")]
pub enum Role {
    /// The province's administrator.
    Admin,
    /// An officer of a commune (cán bộ xã).
    CommuneOfficer,
    /// A member of an evaluation council (thành viên hội đồng).
    CouncilMember,
}

/// What an API key may do. Values may be added.
#[derive(Enum, Clone, Copy, PartialEq, Eq, Debug)]
#[graphql(remote = "crate::domain::actor::Scope")]
pub enum Scope {
    /// Follow the change feed and take snapshots (`feed:read`).
    FeedRead,
}

/// Who asks, and what they may do.
#[derive(Description)]
pub struct Viewer;

#[Object(use_type_description)]
impl Viewer {
    /// What the principal is.
    async fn kind(&self, context: &Context<'_>) -> Result<PrincipalKind, Fault> {
        Ok(match asked(context)?.actor {
            Actor::Person(_) => PrincipalKind::Person,
            Actor::ApiKey { .. } => PrincipalKind::ApiKey,
            Actor::Anonymous | Actor::System => PrincipalKind::Anonymous,
        })
    }

    /// Id of the person's account.
    async fn account(&self, context: &Context<'_>) -> Result<Option<ID>, Fault> {
        Ok(person(context)?.map(|p| encode(Kind::Account, p.id)))
    }

    /// Name of the person.
    async fn display_name<'a>(&self, context: &Context<'a>) -> Result<Option<&'a str>, Fault> {
        Ok(person(context)?.map(|p| p.display_name.as_str()))
    }

    /// E-mail of the person.
    async fn email<'a>(&self, context: &Context<'a>) -> Result<Option<&'a str>, Fault> {
        Ok(person(context)?.map(|p| p.email.as_str()))
    }

    /// Offices of the person; a handful.
    async fn roles(&self, context: &Context<'_>) -> Result<Vec<RoleGrant>, Fault> {
        let grants = person(context)?.into_iter().flat_map(|p| p.grants.iter());
        Ok(grants.map(|g| RoleGrant { role: g.role.into(), commune: g.commune_code.clone() }).collect())
    }

    /// Producers the person acts for; a handful.
    async fn memberships(&self, context: &Context<'_>) -> Result<Vec<Membership>, Fault> {
        let mut found = Vec::new();
        for (producer, role) in person(context)?.map(|p| p.memberships.clone()).unwrap_or_default() {
            let producer = seeds::find(context, ProducerKey(producer)).await?.map(ProducerObject::of);
            found.extend(producer.map(|producer| Membership { producer, role: role.into() }));
        }
        Ok(found)
    }

    /// Invitations that wait for the person; a handful.
    async fn invitations(&self, context: &Context<'_>) -> Result<Vec<InvitationObject>, Fault> {
        let asked = asked(context)?;
        Ok(members::invitations(&asked.service, &asked.actor).await?.into_iter().map(InvitationObject).collect())
    }

    /// Scopes of the API key.
    async fn scopes(&self, context: &Context<'_>) -> Result<Vec<Scope>, Fault> {
        Ok(match &asked(context)?.actor {
            Actor::ApiKey { scopes, .. } => scopes.iter().map(|s| (*s).into()).collect(),
            _ => Vec::new(),
        })
    }
}

fn person<'a>(context: &Context<'a>) -> Result<Option<&'a Person>, Fault> {
    Ok(match &asked(context)?.actor {
        Actor::Person(person) => Some(person),
        _ => None,
    })
}

/// An office held.
#[derive(SimpleObject)]
pub struct RoleGrant {
    /// The office.
    role: Role,
    /// Code of the commune it is held in, for COMMUNE_OFFICER.
    commune: Option<String>,
}

/// A producer one acts for.
#[derive(SimpleObject)]
pub struct Membership {
    /// The producer.
    producer: ProducerObject,
    /// What one may do for it.
    role: MemberRole,
}

/// An integrator's key. Only its hash is kept.
#[derive(SimpleObject)]
#[graphql(name = "ApiKey")]
pub struct ApiKeyObject {
    /// Opaque global id.
    id: ID,
    /// Name for people.
    name: String,
    /// Its first characters.
    prefix: String,
    /// What it may do; a handful.
    scopes: Vec<Scope>,
    /// When it was created.
    created_at: DateTime<Utc>,
    /// When it was revoked; null while it works.
    revoked_at: Option<DateTime<Utc>>,
}

impl From<ApiKey> for ApiKeyObject {
    fn from(key: ApiKey) -> Self {
        Self {
            id: encode(Kind::ApiKey, key.id),
            name: key.name,
            prefix: key.prefix,
            scopes: key.scopes.into_iter().map(Into::into).collect(),
            created_at: key.created_at,
            revoked_at: key.revoked_at,
        }
    }
}

#[Object]
impl AccessQuery {
    /// Who asks, and what they may do.
    async fn viewer(&self) -> Viewer {
        Viewer
    }

    /// All API keys, newest first; a few dozen. For admins.
    async fn api_keys(&self, context: &Context<'_>) -> Result<Vec<ApiKeyObject>, Fault> {
        let asked = asked(context)?;
        Ok(api_keys::list(&asked.service, &asked.actor).await?.into_iter().map(Into::into).collect())
    }
}
