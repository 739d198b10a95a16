//! Signing up, in and out; giving offices; keys.

use async_graphql::{Context, ID, InputObject, Object, SimpleObject};
use chrono::{DateTime, Utc};
use uuid::Uuid;

use crate::{
    domain::{actor::Grant, id::UserId},
    graphql::{
        access::{ApiKeyObject, Role, Scope},
        context::{Asked, asked, call},
        error::{Fault, UserError, outcome},
        id::{Kind, encode, of},
    },
    service::{
        Call, ServiceError,
        accounts::{self, NewAccount},
        api_keys,
        sessions::{self, Tokens},
    },
};

/// Mutations on accounts, sessions, offices and keys.
#[derive(Default)]
pub struct AccessMutation;

/// A session's tokens.
#[derive(SimpleObject)]
pub struct Session {
    /// Access token (JWT) for the header `Authorization: Bearer …`; holds for 15 minutes.
    access_token: String,
    /// When the access token ends.
    access_expires_at: DateTime<Utc>,
    /// Exchanged once for the next pair. Using it a second time ends the session.
    refresh_token: String,
}

impl From<Tokens> for Session {
    fn from(t: Tokens) -> Self {
        Self { access_token: t.access, access_expires_at: t.access_expires_at, refresh_token: t.refresh }
    }
}

/// What became of signing in or up.
#[derive(SimpleObject)]
pub struct SessionPayload {
    /// The session; null when it was refused.
    session: Option<Session>,
    /// Why nothing was done; empty on success.
    user_errors: Vec<UserError>,
}

/// What became of signing out.
#[derive(SimpleObject)]
pub struct SessionRevokePayload {
    /// Whether a session was ended.
    revoked: bool,
    /// Why nothing was done; empty on success.
    user_errors: Vec<UserError>,
}

/// What became of an office.
#[derive(SimpleObject)]
pub struct RolePayload {
    /// The account; null when it was refused.
    account: Option<ID>,
    /// Why nothing was done; empty on success.
    user_errors: Vec<UserError>,
}

/// What became of an API key.
#[derive(SimpleObject)]
pub struct ApiKeyPayload {
    /// The key; null when it was refused.
    api_key: Option<ApiKeyObject>,
    /// The whole key, in the first answer to its creation and never again.
    secret: Option<String>,
    /// Why nothing was done; empty on success.
    user_errors: Vec<UserError>,
}

/// A new account.
#[derive(InputObject)]
pub struct AccountRegisterInput {
    /// E-mail; the login name.
    email: String,
    /// Name of the person, at most 100 characters.
    display_name: String,
    /// Password, 10 to 200 characters.
    password: String,
}

/// What one signs in with.
#[derive(InputObject)]
pub struct SessionCreateInput {
    /// E-mail.
    email: String,
    /// Password.
    password: String,
}

/// An office to give or take.
#[derive(InputObject)]
pub struct RoleInput {
    /// The office.
    role: Role,
    /// Code of the commune it is held in; needed for COMMUNE_OFFICER.
    commune: Option<String>,
}

/// A new API key.
#[derive(InputObject)]
pub struct ApiKeyCreateInput {
    /// Name for people, at most 100 characters.
    name: String,
    /// What it may do; at least one.
    scopes: Vec<Scope>,
}

impl RoleInput {
    fn read(self) -> Grant {
        Grant { role: self.role.into(), commune_code: self.commune }
    }
}

#[Object]
impl AccessMutation {
    /// Signs a person up and in. An account alone gives no rights: register a producer, accept an invitation or be given an office.
    async fn account_register(
        &self,
        context: &Context<'_>,
        #[graphql(desc = "The account.")] input: AccountRegisterInput,
    ) -> Result<SessionPayload, Fault> {
        let asked = asked(context)?;
        asked.visitor.sign_in(&input.email).map_err(Fault::too_often)?;
        let new = NewAccount { email: input.email.clone(), display_name: input.display_name, password: input.password.clone() };
        let registered = accounts::register(&asked.service, &Call::new(&asked.actor), new).await;
        let signed_in = match registered {
            Ok(_) => sessions::create(&asked.service, &input.email, input.password).await,
            Err(error) => Err(error),
        };
        session(asked, signed_in)
    }

    /// Signs a person in. Twenty tries a person at once, then one every 30 seconds; forty a network, then one every six seconds.
    async fn session_create(
        &self,
        context: &Context<'_>,
        #[graphql(desc = "E-mail and password.")] input: SessionCreateInput,
    ) -> Result<SessionPayload, Fault> {
        let asked = asked(context)?;
        asked.visitor.sign_in(&input.email).map_err(Fault::too_often)?;
        session(asked, sessions::create(&asked.service, &input.email, input.password).await)
    }

    /// Exchanges a refresh token for the next pair of tokens.
    async fn session_refresh(
        &self,
        context: &Context<'_>,
        #[graphql(desc = "The refresh token of the last answer.")] refresh_token: String,
    ) -> Result<SessionPayload, Fault> {
        let asked = asked(context)?;
        session(asked, sessions::refresh(&asked.service, &refresh_token).await)
    }

    /// Signs out: ends the session of the token in use, refresh tokens included.
    async fn session_revoke(&self, context: &Context<'_>) -> Result<SessionRevokePayload, Fault> {
        let asked = asked(context)?;
        let (revoked, user_errors) = outcome(sessions::revoke(&asked.service, &asked.actor).await, asked.locale)?;
        Ok(SessionRevokePayload { revoked: revoked.unwrap_or(false), user_errors })
    }

    /// Gives an office to the account with an e-mail. For admins.
    async fn role_grant(
        &self,
        context: &Context<'_>,
        #[graphql(desc = "E-mail of the account.")] email: String,
        #[graphql(desc = "The office.")] input: RoleInput,
        #[graphql(desc = "Given twice within 24 hours, the first answer counts.")] idempotency_key: Option<Uuid>,
    ) -> Result<RolePayload, Fault> {
        let asked = asked(context)?;
        let call = call(context, asked, idempotency_key)?;
        role(asked, accounts::grant(&asked.service, &call, &email, input.read()).await)
    }

    /// Takes an office from the account with an e-mail. For admins.
    async fn role_revoke(
        &self,
        context: &Context<'_>,
        #[graphql(desc = "E-mail of the account.")] email: String,
        #[graphql(desc = "The office.")] input: RoleInput,
        #[graphql(desc = "Given twice within 24 hours, the first answer counts.")] idempotency_key: Option<Uuid>,
    ) -> Result<RolePayload, Fault> {
        let asked = asked(context)?;
        let call = call(context, asked, idempotency_key)?;
        role(asked, accounts::revoke(&asked.service, &call, &email, input.read()).await)
    }

    /// Creates an API key. Its secret is in this answer and never shown again. For admins.
    async fn api_key_create(
        &self,
        context: &Context<'_>,
        #[graphql(desc = "The key.")] input: ApiKeyCreateInput,
        #[graphql(desc = "Given twice within 24 hours, the first key counts; its secret is not shown again.")] idempotency_key: Option<
            Uuid,
        >,
    ) -> Result<ApiKeyPayload, Fault> {
        let asked = asked(context)?;
        let call = call(context, asked, idempotency_key)?;
        let scopes = input.scopes.into_iter().map(Into::into).collect();
        let (new, user_errors) = outcome(api_keys::create(&asked.service, &call, &input.name, scopes).await, asked.locale)?;
        let (id, secret) = new.map_or((None, None), |new| (Some(new.id), new.secret));
        let api_key = match id {
            Some(id) => api_keys::find(&asked.service, &asked.actor, id).await?,
            None => None,
        };
        Ok(ApiKeyPayload { api_key: api_key.map(Into::into), secret, user_errors })
    }

    /// Revokes an API key: it is refused from the next request on. For admins.
    async fn api_key_revoke(
        &self,
        context: &Context<'_>,
        #[graphql(desc = "The key.")] id: ID,
        #[graphql(desc = "Given twice within 24 hours, the first answer counts.")] idempotency_key: Option<Uuid>,
    ) -> Result<ApiKeyPayload, Fault> {
        let asked = asked(context)?;
        let call = call(context, asked, idempotency_key)?;
        let (id, user_errors) = outcome(api_keys::revoke(&asked.service, &call, of(Kind::ApiKey, &id)).await, asked.locale)?;
        let api_key = match id {
            Some(id) => api_keys::find(&asked.service, &asked.actor, id).await?,
            None => None,
        };
        Ok(ApiKeyPayload { api_key: api_key.map(Into::into), secret: None, user_errors })
    }
}

fn session(asked: &Asked, result: Result<Tokens, ServiceError>) -> Result<SessionPayload, Fault> {
    let (tokens, user_errors) = outcome(result, asked.locale)?;
    Ok(SessionPayload { session: tokens.map(Session::from), user_errors })
}

fn role(asked: &Asked, result: Result<UserId, ServiceError>) -> Result<RolePayload, Fault> {
    let (id, user_errors) = outcome(result, asked.locale)?;
    Ok(RolePayload { account: id.map(|id| encode(Kind::Account, id)), user_errors })
}
