//! Creating, changing and trying webhook endpoints.

use async_graphql::{Context, ID, InputObject, Object, SimpleObject};
use uuid::Uuid;

use crate::{
    domain::id::WebhookEndpointId,
    graphql::{
        context::{Asked, asked, call},
        error::{Fault, UserError, outcome},
        feed::FeedScopeInput,
        id::{Kind, of},
        scalar::FeedCursor,
        webhook::WebhookEndpointObject,
    },
    service::{ServiceError, webhook_delivery, webhooks},
};

/// Mutations on webhooks.
#[derive(Default)]
pub struct WebhookMutation;

/// A new endpoint.
#[derive(InputObject)]
pub struct WebhookEndpointCreateInput {
    /// Where messages go: a public https address. Redirects are not followed.
    url: String,
    /// The part of the catalog to be told of; everything when left out. It can't be changed later.
    scope: Option<FeedScopeInput>,
    /// Where to begin: `asOf` of a snapshot or any cursor of that part; from now on when left out.
    since: Option<FeedCursor>,
}

/// Changes of an endpoint; what is left out stays.
#[derive(InputObject)]
pub struct WebhookEndpointUpdateInput {
    /// Where messages go.
    url: Option<String>,
    /// False stops it; true resumes it, and it is told of everything since it was stopped.
    is_active: Option<bool>,
}

/// What became of a change of an endpoint.
#[derive(SimpleObject)]
pub struct WebhookEndpointPayload {
    /// The endpoint; null when nothing was done.
    endpoint: Option<WebhookEndpointObject>,
    /// Why nothing was done; empty on success.
    user_errors: Vec<UserError>,
}

/// An endpoint with its secret.
#[derive(SimpleObject)]
pub struct WebhookSecretPayload {
    /// The endpoint; null when nothing was done.
    endpoint: Option<WebhookEndpointObject>,
    /// The secret (`whsec_…`), shown this once; null when a repeated request is answered.
    secret: Option<String>,
    /// Why nothing was done; empty on success.
    user_errors: Vec<UserError>,
}

/// What became of a deletion.
#[derive(SimpleObject)]
pub struct WebhookEndpointDeletePayload {
    /// Whether it was deleted.
    is_deleted: bool,
    /// Why nothing was done; empty on success.
    user_errors: Vec<UserError>,
}

/// What a receiver made of a test.
#[derive(SimpleObject)]
pub struct WebhookTestPayload {
    /// Whether it was taken.
    is_taken: bool,
    /// HTTP status; null without an answer.
    status: Option<u16>,
    /// What went wrong; null when it was taken.
    error: Option<String>,
    /// How long it took, in milliseconds; null when nothing was sent.
    milliseconds: Option<u32>,
    /// Why nothing was sent; empty on success.
    user_errors: Vec<UserError>,
}

#[Object]
impl WebhookMutation {
    /// Creates an endpoint. Up to ten a key. For API keys with the scope `feed:read`, and admins.
    async fn webhook_endpoint_create(
        &self,
        context: &Context<'_>,
        #[graphql(desc = "The endpoint.")] input: WebhookEndpointCreateInput,
        #[graphql(desc = "Makes a repeated request return the first one's endpoint, without its secret, for 24 hours.")]
        idempotency_key: Option<Uuid>,
    ) -> Result<WebhookSecretPayload, Fault> {
        let asked = asked(context)?;
        let (scope, since) = (FeedScopeInput::scope(input.scope)?, input.since.map(|cursor| cursor.0));
        let call = call(context, asked, idempotency_key)?;
        secret(asked, webhooks::create(&asked.service, &call, &input.url, scope, since.as_deref()).await).await
    }

    /// Changes the address, stops or resumes.
    async fn webhook_endpoint_update(
        &self,
        context: &Context<'_>,
        #[graphql(desc = "The endpoint.")] id: ID,
        #[graphql(desc = "The changes.")] input: WebhookEndpointUpdateInput,
        #[graphql(desc = "Makes a repeated request change nothing for 24 hours.")] idempotency_key: Option<Uuid>,
    ) -> Result<WebhookEndpointPayload, Fault> {
        let asked = asked(context)?;
        let call = call(context, asked, idempotency_key)?;
        let done = webhooks::update(&asked.service, &call, endpoint(&id), input.url.as_deref(), input.is_active).await;
        changed(asked, done).await
    }

    /// Gives a new secret. The one before signs beside it for 24 hours, so that nothing is refused while you change over.
    async fn webhook_endpoint_rotate_secret(
        &self,
        context: &Context<'_>,
        #[graphql(desc = "The endpoint.")] id: ID,
        #[graphql(desc = "Makes a repeated request change nothing for 24 hours.")] idempotency_key: Option<Uuid>,
    ) -> Result<WebhookSecretPayload, Fault> {
        let asked = asked(context)?;
        let call = call(context, asked, idempotency_key)?;
        secret(asked, webhooks::rotate(&asked.service, &call, endpoint(&id)).await).await
    }

    /// Deletes an endpoint and its log.
    async fn webhook_endpoint_delete(
        &self,
        context: &Context<'_>,
        #[graphql(desc = "The endpoint.")] id: ID,
        #[graphql(desc = "Makes a repeated request change nothing for 24 hours.")] idempotency_key: Option<Uuid>,
    ) -> Result<WebhookEndpointDeletePayload, Fault> {
        let asked = asked(context)?;
        let call = call(context, asked, idempotency_key)?;
        let done = webhooks::delete(&asked.service, &call, endpoint(&id)).await;
        let (deleted, user_errors) = outcome(done, asked.locale)?;
        Ok(WebhookEndpointDeletePayload { is_deleted: deleted.is_some(), user_errors })
    }

    /// Sends a page without changes now and tells what the receiver made of it.
    async fn webhook_test(&self, context: &Context<'_>, #[graphql(desc = "The endpoint.")] id: ID) -> Result<WebhookTestPayload, Fault> {
        let asked = asked(context)?;
        let done = webhook_delivery::test(&asked.service, &asked.actor, endpoint(&id)).await;
        let (delivered, user_errors) = outcome(done, asked.locale)?;
        Ok(WebhookTestPayload {
            is_taken: delivered.as_ref().is_some_and(|d| d.error.is_none()),
            status: delivered.as_ref().and_then(|d| d.status),
            milliseconds: delivered.as_ref().map(|d| d.milliseconds),
            error: delivered.and_then(|d| d.error),
            user_errors,
        })
    }

    /// Tells everything again that changed after a cursor.
    async fn webhook_replay(
        &self,
        context: &Context<'_>,
        #[graphql(desc = "The endpoint.")] id: ID,
        #[graphql(desc = "A cursor of the endpoint's part of the catalog.")] since: FeedCursor,
        #[graphql(desc = "Makes a repeated request change nothing for 24 hours.")] idempotency_key: Option<Uuid>,
    ) -> Result<WebhookEndpointPayload, Fault> {
        let asked = asked(context)?;
        let call = call(context, asked, idempotency_key)?;
        changed(asked, webhooks::replay(&asked.service, &call, endpoint(&id), &since.0).await).await
    }

    /// Tries now what waits for its next try. Safe to repeat.
    async fn webhook_retry(
        &self,
        context: &Context<'_>,
        #[graphql(desc = "The endpoint.")] id: ID,
        #[graphql(desc = "Makes a repeated request change nothing for 24 hours.")] idempotency_key: Option<Uuid>,
    ) -> Result<WebhookEndpointPayload, Fault> {
        let asked = asked(context)?;
        let call = call(context, asked, idempotency_key)?;
        changed(asked, webhooks::retry(&asked.service, &call, endpoint(&id)).await).await
    }
}

fn endpoint(id: &ID) -> WebhookEndpointId {
    of(Kind::WebhookEndpoint, id)
}

async fn changed(asked: &Asked, done: Result<WebhookEndpointId, ServiceError>) -> Result<WebhookEndpointPayload, Fault> {
    let (id, user_errors) = outcome(done, asked.locale)?;
    Ok(WebhookEndpointPayload { endpoint: stored(asked, id).await?, user_errors })
}

async fn secret(asked: &Asked, done: Result<webhooks::Created, ServiceError>) -> Result<WebhookSecretPayload, Fault> {
    let (created, user_errors) = outcome(done, asked.locale)?;
    let endpoint = stored(asked, created.as_ref().map(|created| created.id)).await?;
    Ok(WebhookSecretPayload { endpoint, secret: created.and_then(|created| created.secret), user_errors })
}

async fn stored(asked: &Asked, id: Option<WebhookEndpointId>) -> Result<Option<WebhookEndpointObject>, Fault> {
    let Some(id) = id else { return Ok(None) };
    Ok(webhooks::find(&asked.service, &asked.actor, id).await?.map(WebhookEndpointObject))
}
