//! Webhooks: endpoints, and what became of each try to tell them.

pub mod mutation;

use async_graphql::{Context, Description, Enum, ID, Object, SimpleObject};
use chrono::{DateTime, Utc};

use crate::{
    graphql::{
        context::asked,
        error::Fault,
        feed::FeedScopeObject,
        id::{Kind, encode},
        scalar::FeedCursor,
    },
    service::webhooks,
    store::webhooks::{WebhookAttempt, WebhookEndpoint},
};

/// Tries listed at most.
const MAX_ATTEMPTS: i32 = 100;

/// Queries on webhooks.
#[derive(Default)]
pub struct WebhookQuery;

/// Whether an endpoint is told. Values may be added.
#[derive(Enum, Clone, Copy, PartialEq, Eq, Debug)]
#[graphql(remote = "crate::domain::webhook::WebhookState")]
pub enum WebhookState {
    /// It is told.
    Active,
    /// Its owner stopped it, or it answered 410.
    Paused,
    /// It took nothing for 72 hours, or its owner may no longer read the feed.
    Disabled,
}

/// Where an integrator is told of changes, following Standard Webhooks 1.0. The body of a message is a `ListingChangePage` with the fields of
/// the query `Changes` in the documentation; its headers are `webhook-id` (the same for every try of the same bytes), `webhook-timestamp`,
/// `webhook-signature` (`v1` with the endpoint's secret, `v1a` with the service's key) and `ocop-feed-cursor` (where the page begins).
/// Messages come one at a time and in order; what is not taken with a status of 200 to 299 is tried again for 72 hours.
#[derive(Description)]
pub struct WebhookEndpointObject(pub(super) WebhookEndpoint);

#[Object(name = "WebhookEndpoint", use_type_description)]
impl WebhookEndpointObject {
    /// Opaque global id.
    async fn id(&self) -> ID {
        encode(Kind::WebhookEndpoint, self.0.id)
    }

    /// Where messages go.
    async fn url(&self) -> &str {
        &self.0.url
    }

    /// What it is told of.
    async fn scope(&self) -> FeedScopeObject {
        FeedScopeObject::from(&self.0.scope)
    }

    /// Whether it is told.
    async fn state(&self) -> WebhookState {
        self.0.state.into()
    }

    /// Why it is not told, in English; null while it is, or when its owner stopped it.
    async fn state_reason(&self) -> Option<&str> {
        self.0.state_reason.as_deref()
    }

    /// Up to where it was told.
    async fn cursor(&self) -> FeedCursor {
        FeedCursor(self.0.cursor.0.clone())
    }

    /// Tries in a row that failed.
    async fn failures(&self) -> u32 {
        self.0.failures
    }

    /// When the next message is tried, if there is one.
    async fn due_at(&self) -> DateTime<Utc> {
        self.0.due_at
    }

    /// Until when the secret before signs too; null when there is none.
    async fn previous_secret_until(&self, context: &Context<'_>) -> Result<Option<DateTime<Utc>>, Fault> {
        let now = asked(context)?.service.clock.now();
        Ok(self.0.previous.as_ref().map(|(_, until)| *until).filter(|until| *until > now))
    }

    /// The key that verifies `v1a` signatures, as Standard Webhooks writes it (`whpk_…`); also at `/.well-known/jwks.json` as `webhooks`.
    async fn public_key(&self, context: &Context<'_>) -> Result<String, Fault> {
        Ok(webhooks::public_key(&asked(context)?.service))
    }

    /// The newest tries of the last 30 days.
    async fn attempts(
        &self,
        context: &Context<'_>,
        #[graphql(desc = "How many, 1 to 100.", default = 20)] first: i32,
    ) -> Result<Vec<WebhookAttemptObject>, Fault> {
        if !(1..=MAX_ATTEMPTS).contains(&first) {
            return Err(Fault::input(format!("first must be from 1 to {MAX_ATTEMPTS}.")));
        }
        let tries = webhooks::attempts(&asked(context)?.service, self.0.id, u64::from(first.unsigned_abs())).await?;
        Ok(tries.into_iter().map(Into::into).collect())
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

/// One try to tell an endpoint.
#[derive(SimpleObject)]
#[graphql(name = "WebhookAttempt")]
pub struct WebhookAttemptObject {
    /// The message's id.
    message_id: String,
    /// When.
    at: DateTime<Utc>,
    /// HTTP status; null without an answer.
    status: Option<u16>,
    /// What went wrong; null when it was taken.
    error: Option<String>,
    /// Changes in the message.
    changes: u32,
    /// How long it took, in milliseconds.
    milliseconds: u32,
}

impl From<WebhookAttempt> for WebhookAttemptObject {
    fn from(attempt: WebhookAttempt) -> Self {
        let WebhookAttempt { message_id, at, status, error, changes, milliseconds } = attempt;
        Self { message_id, at, status, error, changes, milliseconds }
    }
}

#[Object]
impl WebhookQuery {
    /// Your webhook endpoints, at most ten; everybody's for admins, at most 500.
    async fn webhook_endpoints(&self, context: &Context<'_>) -> Result<Vec<WebhookEndpointObject>, Fault> {
        let asked = asked(context)?;
        Ok(webhooks::list(&asked.service, &asked.actor).await?.into_iter().map(WebhookEndpointObject).collect())
    }
}
