//! Users of every role.

use serde::Serialize;
use std::collections::BTreeSet;

use crate::{
    demo::hours,
    domain::{
        actor::{Actor, Grant, Role, Scope},
        id::{ProducerId, UserId},
        producer::MemberRole,
    },
    service::{
        Call, Service, ServiceError,
        accounts::{self, NewAccount},
        api_keys,
        keys::SecretKey,
        members,
        sessions::{self, AuthError},
    },
    store,
};

/// The commune of the officer: Thông Nguyên, where the Phìn Hồ tea cooperative is.
const OFFICER_COMMUNE: &str = "01078";

/// Ready tokens, one for each role.
#[derive(Debug, Clone, Serialize)]
pub struct Tokens {
    /// The province's administrator.
    pub admin: String,
    /// An officer of a commune.
    pub commune_officer: String,
    /// Members of the council.
    pub council: Vec<String>,
    /// Owner of a cooperative.
    pub producer: String,
    /// API key of an integrator.
    pub integrator: String,
}

/// The demo's people.
pub(super) struct People {
    pub(super) admin: UserId,
    pub(super) officer: UserId,
    pub(super) council: Vec<UserId>,
    pub(super) owner: UserId,
    /// The commune of the officer.
    pub(super) commune: Option<String>,
}

/// Makes the accounts, or finds them in a database of an earlier run.
pub(super) async fn gather(service: &Service) -> Result<People, ServiceError> {
    let admin = account(service, "admin@demo.example", "Quản trị tỉnh (DEMO)").await?;
    grant(service, "admin@demo.example", Role::Admin, None).await?;
    let officer = account(service, "officer@demo.example", "Cán bộ xã (DEMO)").await?;
    let commune = officer_commune(service).await?;
    grant(service, "officer@demo.example", Role::CommuneOfficer, commune.clone()).await?;
    let mut council = Vec::new();
    for number in 1..=3 {
        let email = format!("council{number}@demo.example");
        council.push(account(service, &email, &format!("Thành viên hội đồng {number} (DEMO)")).await?);
        grant(service, &email, Role::CouncilMember, None).await?;
    }
    let owner = account(service, "producer@demo.example", "Giám đốc hợp tác xã (DEMO)").await?;
    Ok(People { admin, officer, council, owner, commune })
}

impl People {
    /// Signs everybody in, and makes the integrator a key.
    pub(super) async fn tokens(&self, service: &Service) -> Result<Tokens, ServiceError> {
        let mut council = Vec::new();
        for member in &self.council {
            council.push(token(service, *member).await?);
        }
        let admin = actor(service, self.admin).await?;
        let key = api_keys::create(service, &Call::new(&admin), "Integrator (DEMO)", BTreeSet::from([Scope::FeedRead])).await?;
        Ok(Tokens {
            admin: token(service, self.admin).await?,
            commune_officer: token(service, self.officer).await?,
            council,
            producer: token(service, self.owner).await?,
            integrator: key.secret.unwrap_or_default(),
        })
    }

    /// Lets the officer act for communes.
    pub(super) async fn serve_communes(&self, service: &Service, codes: Vec<String>) -> Result<(), ServiceError> {
        for code in codes {
            grant(service, "officer@demo.example", Role::CommuneOfficer, Some(code)).await?;
        }
        Ok(())
    }

    /// Makes the owner's account the owner of a producer, by invitation as in life.
    pub(super) async fn own(&self, service: &Service, producer: ProducerId) -> Result<(), ServiceError> {
        let owner = actor(service, self.owner).await?;
        if matches!(&owner, Actor::Person(person) if person.memberships.iter().any(|(id, _)| *id == producer)) {
            return Ok(());
        }
        let invitation = members::invite(service, &Call::new(&Actor::System), producer, "producer@demo.example", MemberRole::Owner).await?;
        members::accept(service, &Call::new(&owner), invitation).await.map(|_| ())
    }
}

/// An account as an actor.
pub(super) async fn actor(service: &Service, id: UserId) -> Result<Actor, ServiceError> {
    sessions::person(service, id).await.map_err(|error| match error {
        AuthError::Service(error) => error,
        AuthError::Invalid => ServiceError::Internal("an account of the demo is gone".into()),
    })
}

async fn account(service: &Service, email: &str, name: &str) -> Result<UserId, ServiceError> {
    if let Some(known) = store::accounts::by_email(&service.store, email).await? {
        return Ok(known.id);
    }
    // Nobody needs the password: tokens are handed out.
    let new = NewAccount { email: email.to_owned(), display_name: name.to_owned(), password: SecretKey::random().to_text() };
    accounts::register(service, &Call::new(&Actor::System), new).await
}

async fn grant(service: &Service, email: &str, role: Role, commune_code: Option<String>) -> Result<(), ServiceError> {
    accounts::grant(service, &Call::new(&Actor::System), email, Grant { role, commune_code }).await.map(|_| ())
}

async fn token(service: &Service, account: UserId) -> Result<String, ServiceError> {
    Ok(sessions::issue(service, account, hours()).await?.access)
}

async fn officer_commune(service: &Service) -> Result<Option<String>, ServiceError> {
    let today = crate::service::admin_units::today(service, "Thông Nguyên", Some("Hoàng Su Phì"), None).await?;
    Ok(Some(today.map_or_else(|| OFFICER_COMMUNE.to_owned(), |unit| unit.code)))
}
