//! `user create`, `token issue`, `key create`: the first admin, and tokens for those who have no browser.

use chrono::Duration;
use clap::Subcommand;
use std::{collections::BTreeSet, io, process::ExitCode};

use crate::{
    cli::{Failure, service},
    config::Config,
    domain::{
        actor::{Actor, Grant, Role, Scope},
        id::UserId,
    },
    service::{
        Call, Service,
        accounts::{self, NewAccount},
        api_keys,
        sessions::{self, AuthError},
    },
    store,
};

/// Accounts.
#[derive(Subcommand)]
pub(super) enum User {
    /// Creates an account; its password is read from standard input.
    Create(UserArguments),
}

/// Access tokens.
#[derive(Subcommand)]
pub(super) enum Token {
    /// Prints an access token for an account.
    Issue(TokenArguments),
}

/// API keys.
#[derive(Subcommand)]
pub(super) enum Key {
    /// Prints a new API key; it can't be shown again.
    Create(KeyArguments),
}

/// Options of `user create`.
#[derive(clap::Args)]
pub(super) struct UserArguments {
    /// E-mail; the login name.
    #[arg(long)]
    email: String,
    /// Name of the person.
    #[arg(long)]
    name: String,
    /// Office: ADMIN, COMMUNE_OFFICER or COUNCIL_MEMBER; none when left out.
    #[arg(long)]
    role: Option<String>,
    /// Code of the commune, for COMMUNE_OFFICER.
    #[arg(long)]
    commune: Option<String>,
}

/// Options of `token issue`.
#[derive(clap::Args)]
pub(super) struct TokenArguments {
    /// E-mail of the account.
    #[arg(long)]
    email: String,
    /// How long it holds, in hours, 1 to 720.
    #[arg(long, default_value_t = 12, value_parser = clap::value_parser!(i64).range(1..=720))]
    hours: i64,
}

/// Options of `key create`.
#[derive(clap::Args)]
pub(super) struct KeyArguments {
    /// E-mail of the admin in whose name it is created.
    #[arg(long)]
    email: String,
    /// Name for people.
    #[arg(long)]
    name: String,
}

pub(super) async fn create_user(config: &Config, arguments: UserArguments) -> Result<ExitCode, Failure> {
    let role = arguments.role.as_deref().map(|code| Role::parse_code(code).ok_or_else(|| Failure(roles()))).transpose()?;
    let mut password = String::new();
    io::stdin().read_line(&mut password).map_err(|error| Failure(error.to_string()))?;
    let password = password.trim_end_matches(['\r', '\n']).to_owned();
    let service = service(config).await?;
    let system = Actor::System;
    let new = NewAccount { email: arguments.email.clone(), display_name: arguments.name, password };
    accounts::register(&service, &Call::new(&system), new).await?;
    if let Some(role) = role {
        let grant = Grant { role, commune_code: arguments.commune };
        accounts::grant(&service, &Call::new(&system), &arguments.email, grant).await?;
    }
    println!("account {} created", arguments.email);
    Ok(ExitCode::SUCCESS)
}

pub(super) async fn issue_token(config: &Config, arguments: &TokenArguments) -> Result<ExitCode, Failure> {
    let service = service(config).await?;
    let account = account(&service, &arguments.email).await?;
    println!("{}", sessions::issue(&service, account, Duration::hours(arguments.hours)).await?.access);
    Ok(ExitCode::SUCCESS)
}

pub(super) async fn create_key(config: &Config, arguments: &KeyArguments) -> Result<ExitCode, Failure> {
    let service = service(config).await?;
    let account = account(&service, &arguments.email).await?;
    let actor = sessions::person(&service, account).await.map_err(|error| match error {
        AuthError::Invalid => unknown(&arguments.email),
        AuthError::Service(error) => error.into(),
    })?;
    let key = api_keys::create(&service, &Call::new(&actor), &arguments.name, BTreeSet::from([Scope::FeedRead])).await?;
    println!("{}", key.secret.unwrap_or_default());
    Ok(ExitCode::SUCCESS)
}

async fn account(service: &Service, email: &str) -> Result<UserId, Failure> {
    let found = store::accounts::by_email(&service.store, &email.trim().to_lowercase()).await;
    found.map_err(|error| Failure(error.to_string()))?.map(|a| a.id).ok_or_else(|| unknown(email))
}

fn unknown(email: &str) -> Failure {
    Failure(format!("there is no account {email}"))
}

fn roles() -> String {
    let codes: Vec<_> = Role::ALL.iter().map(|r| r.code()).collect();
    format!("--role: one of {} is needed", codes.join(", "))
}
