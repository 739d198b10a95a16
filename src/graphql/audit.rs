//! The decision log, for those who answer for decisions and those who check them.

use async_graphql::{Context, Description, ID, InputObject, Object, SimpleObject, connection::Connection};
use chrono::{DateTime, Utc};

use crate::{
    domain::audit::Link,
    graphql::{
        connection::{Paging, RowCursor},
        context::asked,
        error::Fault,
        id::{Kind, decode, encode, of},
    },
    service::audit::{self, AuditFilter},
};

/// Queries on the decision log.
#[derive(Default)]
pub struct AuditQuery;

/// An entry of the decision log. Entries are only ever added, each bound to the one before it by its hash.
#[derive(Description)]
pub struct AuditEntryObject(Link);

#[Object(name = "AuditEntry", use_type_description)]
impl AuditEntryObject {
    /// Opaque global id.
    async fn id(&self) -> ID {
        encode(Kind::AuditEntry, self.0.entry.id)
    }

    /// Place in the log, from 1.
    async fn sequence(&self) -> String {
        self.0.entry.seq.to_string()
    }

    /// When.
    async fn at(&self) -> DateTime<Utc> {
        self.0.entry.at
    }

    /// Who: `person:ID`, `key:ID` or `system`.
    async fn principal(&self) -> &str {
        &self.0.entry.principal
    }

    /// What, for example `ratingApprove`.
    async fn action(&self) -> &str {
        &self.0.entry.action
    }

    /// Kind of the object, for example `rating`.
    async fn object_kind(&self) -> &str {
        &self.0.entry.object_kind
    }

    /// Identity of the object.
    async fn object(&self) -> String {
        self.0.entry.object_id.to_string()
    }

    /// Version of the object after the change; 0 where it has none.
    async fn object_version(&self) -> i32 {
        self.0.entry.object_version
    }

    /// What was decided, as canonical JSON (RFC 8785).
    async fn facts(&self) -> String {
        self.0.entry.facts.to_string()
    }

    /// Its hash: SHA-256 over the previous hash, a line feed, and its canonical form.
    async fn hash(&self) -> &str {
        &self.0.hash
    }

    /// Hash of the entry before it; zeros for the first.
    async fn previous_hash(&self) -> &str {
        &self.0.previous_hash
    }
}

/// What an outsider needs to check an entry without trusting the database.
#[derive(SimpleObject)]
pub struct AuditProof {
    /// The entry.
    entry: AuditEntryObject,
    /// The exact text that is hashed, as canonical JSON (RFC 8785). `hash` is SHA-256 of `previousHash`, a line feed, and this.
    canonical: String,
    /// Signature over place and hash, made when the entry was written: a JWS of type `ocop-audit` with `seq` and `hash`.
    signature: String,
    /// Place of the last entry of the log now.
    head_sequence: String,
    /// Hash of the last entry: keep it, and a log that is cut off later is told by it.
    head_hash: String,
    /// Signature over place and hash of the last entry.
    head_signature: String,
    /// Address of the public keys.
    keys_url: String,
}

/// Which entries the log shows; all that is given must fit.
#[derive(InputObject, Default)]
pub struct AuditLogFilter {
    /// On this object, by its global id.
    object: Option<ID>,
    /// By this principal, for example `person:0190…`.
    principal: Option<String>,
    /// Of this action, for example `ratingApprove`.
    action: Option<String>,
}

#[Object]
impl AuditQuery {
    /// Entries of the decision log, the newest first. For admins.
    async fn audit_log(
        &self,
        context: &Context<'_>,
        #[graphql(desc = "Which.")] filter: Option<AuditLogFilter>,
        #[graphql(desc = "How many from the start, 1 to 100; 20 when nothing is asked.")] first: Option<i32>,
        #[graphql(desc = "Cursor to go on after.")] after: Option<String>,
        #[graphql(desc = "How many from the end, 1 to 100.")] last: Option<i32>,
        #[graphql(desc = "Cursor to go back from.")] before: Option<String>,
    ) -> Result<Connection<RowCursor, AuditEntryObject>, Fault> {
        let asked = asked(context)?;
        let given = filter.unwrap_or_default();
        let object = given.object.map(|id| decode(&id).map_or(uuid::Uuid::nil(), |(_, uuid)| uuid));
        let filter = AuditFilter { object, principal: given.principal, action: given.action };
        let list = Paging { first, after, last, before }.of(asked, &["auditLog", &format!("{filter:?}")])?;
        let page = audit::page(&asked.service, &asked.actor, &filter, &list.request).await?;
        Ok(list.connection(page, AuditEntryObject))
    }

    /// What an outsider needs to check an entry; null when there is none. For admins.
    async fn audit_proof(&self, context: &Context<'_>, #[graphql(desc = "The entry.")] entry: ID) -> Result<Option<AuditProof>, Fault> {
        let asked = asked(context)?;
        let found = audit::proof(&asked.service, &asked.actor, of(Kind::AuditEntry, &entry)).await?;
        Ok(found.map(|(link, (seq, hash), head_signature)| AuditProof {
            canonical: link.entry.canonical(),
            signature: link.signature.clone(),
            entry: AuditEntryObject(link),
            head_sequence: seq.to_string(),
            head_hash: hash,
            head_signature,
            keys_url: format!("{}/.well-known/jwks.json", asked.service.base_url()),
        }))
    }
}
