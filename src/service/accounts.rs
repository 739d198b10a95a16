//! Accounts: signing up, offices given and taken.

use serde_json::json;

use crate::{
    domain::{
        actor::{Action, Grant, Role, permit},
        admin_unit::Era,
        id::UserId,
        reason::Reason,
    },
    service::{
        Call, Service, ServiceError,
        error::taken,
        form::Form,
        work::{Work, begin},
    },
    store::{
        accounts::{self, Account},
        admin_units,
    },
};

/// Shortest and longest password in characters (NIST SP 800-63B asks for at least 8; no rules on its make-up).
pub const PASSWORD: (usize, usize) = (10, 200);

/// What a new account needs.
pub struct NewAccount {
    /// Login name.
    pub email: String,
    /// Name of the person.
    pub display_name: String,
    /// Password in clear; hashed before anything is stored.
    pub password: String,
}

/// Signs a person up. Anyone may; an account alone gives no rights.
pub async fn register(service: &Service, call: &Call<'_>, new: NewAccount) -> Result<UserId, ServiceError> {
    let mut form = Form::new("input");
    let email = form.email("email", &new.email);
    let display_name = form.text("displayName", &new.display_name, 100);
    let length = new.password.chars().count();
    if length < PASSWORD.0 {
        form.refuse("password", Reason::TooShort { min: PASSWORD.0 });
    } else if length > PASSWORD.1 {
        form.refuse("password", Reason::TooLong { max: PASSWORD.1 });
    }
    form.finish()?;
    let password_hash = service.passwords.hash(new.password).await?;
    let work = begin!(service, call);
    let id: UserId = service.new_id().into();
    let account = Account { id, email: email.unwrap_or_default(), display_name, password_hash, disabled: false, created_at: work.at };
    accounts::insert(&work.tx, &account).await.map_err(|e| taken(e, &[("email", "input.email")]))?;
    work.note("accountRegister", ("account", id.0), json!({}));
    work.commit(id.0).await?;
    Ok(id)
}

/// Gives an office to the account with an e-mail. Only who may give offices can, and an officer's commune must exist today.
pub async fn grant(service: &Service, call: &Call<'_>, email: &str, grant: Grant) -> Result<UserId, ServiceError> {
    permit(call.actor, Action::GrantRoles)?;
    let work = begin!(service, call);
    let account = known(&work, email).await?;
    match (&grant.role, &grant.commune_code) {
        (Role::CommuneOfficer, None) => return Err(ServiceError::refused("input.commune", Reason::Required)),
        (Role::CommuneOfficer, Some(code)) => {
            admin_units::find(&work.tx, Era::From20250701, code)
                .await?
                .ok_or_else(|| ServiceError::refused("input.commune", Reason::UnknownCommune))?;
        }
        _ => {}
    }
    accounts::grant(&work.tx, account, &grant, call.actor.account(), work.at).await?;
    work.note("roleGrant", ("account", account.0), json!({ "role": grant.role.code(), "commune": grant.commune_code }));
    work.commit(account.0).await?;
    Ok(account)
}

/// Takes an office from the account with an e-mail.
pub async fn revoke(service: &Service, call: &Call<'_>, email: &str, grant: Grant) -> Result<UserId, ServiceError> {
    permit(call.actor, Action::GrantRoles)?;
    let work = begin!(service, call);
    let account = known(&work, email).await?;
    if !accounts::revoke(&work.tx, account, &grant).await? {
        return Err(ServiceError::refused("input.role", Reason::NotFound));
    }
    work.note("roleRevoke", ("account", account.0), json!({ "role": grant.role.code(), "commune": grant.commune_code }));
    work.commit(account.0).await?;
    Ok(account)
}

async fn known(work: &Work, email: &str) -> Result<UserId, ServiceError> {
    let account = accounts::by_email(&work.tx, &email.trim().to_lowercase()).await?;
    Ok(account.ok_or_else(|| ServiceError::refused("email", Reason::NotFound))?.id)
}
