//! Reading the decision log, proving an entry of it, walking its chain.

pub use crate::store::audit::AuditFilter;
use crate::{
    domain::{
        actor::{Action, Actor, permit},
        audit::{Broken, GENESIS, Link, follows},
    },
    service::{Service, ServiceError},
    store::{Page, PageRequest, audit, ends},
};

/// Links read at once while the chain is walked.
const STEP: u64 = 500;

/// What walking the chain found.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Walk {
    /// Links that hold.
    pub links: u64,
    /// Place and hash of the last link that holds: note it elsewhere, and a log that was cut off later is told by it.
    pub head: (i64, String),
    /// The place of the first broken link, and how it is broken.
    pub broken: Option<(i64, Broken)>,
    /// Whether the link that was asked for is there as it was.
    pub found: bool,
}

/// Entries of the decision log, the newest first. For admins.
pub async fn page(service: &Service, actor: &Actor, filter: &AuditFilter, request: &PageRequest) -> Result<Page<Link>, ServiceError> {
    permit(actor, Action::ReadAudit)?;
    Ok(audit::page(&service.store, filter, request).await?)
}

/// An entry in its chain with the signed head of the log, for those who verify it without trusting the database. For admins.
pub async fn proof(service: &Service, actor: &Actor, id: uuid::Uuid) -> Result<Option<(Link, (i64, String), String)>, ServiceError> {
    permit(actor, Action::ReadAudit)?;
    let Some(link) = audit::find(&service.store, id).await? else { return Ok(None) };
    let head = ends::read(&service.store).await?.link;
    let signature = service.tokens.seal_entry(head.0, &head.1)?;
    Ok(Some((link, head, signature)))
}

/// Walks the whole chain and stops at the first broken link. With place and hash of a link noted earlier it tells whether that link is
/// still there.
pub async fn verify(service: &Service, known: Option<&(i64, String)>) -> Result<Walk, ServiceError> {
    let mut walk = Walk { links: 0, head: (0, GENESIS.to_owned()), broken: None, found: false };
    loop {
        let links = audit::after(&service.store, walk.head.0, STEP).await?;
        if links.is_empty() {
            return Ok(walk);
        }
        for link in links {
            let checked = follows(&link, (walk.head.0, &walk.head.1)).and_then(|()| {
                let sealed = service.tokens.entry_is_sealed(&link.signature, link.entry.seq, &link.hash);
                if sealed { Ok(()) } else { Err(Broken::Signature) }
            });
            if let Err(broken) = checked {
                walk.broken = Some((link.entry.seq, broken));
                return Ok(walk);
            }
            walk.links += 1;
            walk.head = (link.entry.seq, link.hash);
            walk.found |= known == Some(&walk.head);
        }
    }
}
