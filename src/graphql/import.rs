//! Imports as they go on.

use async_graphql::{Context, Enum, ID, Object, SimpleObject};
use chrono::{DateTime, Utc};

use crate::{
    domain::import::ImportJob,
    graphql::{
        context::asked,
        error::Fault,
        id::{Kind, encode},
    },
    service::import_jobs,
};

/// Queries on imports.
#[derive(Default)]
pub struct ImportQuery;

/// Where an import is. Values may be added.
#[derive(Enum, Clone, Copy, PartialEq, Eq, Debug)]
#[graphql(remote = "crate::domain::import::ImportState")]
pub enum ImportState {
    /// It goes on.
    Running,
    /// It came to its end; rows may have been refused.
    Finished,
    /// It ended before, or said nothing for two minutes.
    Failed,
}

/// An import from the command line.
#[derive(SimpleObject)]
#[graphql(name = "ImportJob")]
pub struct ImportJobObject {
    /// Opaque global id.
    id: ID,
    /// Name of the file.
    file: String,
    /// Whether it only checks and changes nothing.
    is_dry_run: bool,
    /// Where it is.
    state: ImportState,
    /// Rows of the file.
    rows: u32,
    /// Rows that were looked at.
    done: u32,
    /// Faults found; known at the end.
    refused: u32,
    /// When it began.
    created_at: DateTime<Utc>,
    /// When it last said how far it is.
    updated_at: DateTime<Utc>,
}

impl ImportJobObject {
    /// An import as it is at an instant.
    pub(super) fn at(job: ImportJob, now: DateTime<Utc>) -> Self {
        let state = job.state_at(now).into();
        let ImportJob { id, file, is_dry_run, rows, done, refused, created_at, updated_at, .. } = job;
        Self { id: encode(Kind::ImportJob, id), file, is_dry_run, state, rows, done, refused, created_at, updated_at }
    }
}

#[Object]
impl ImportQuery {
    /// The newest imports, at most 50. For admins.
    async fn import_jobs(&self, context: &Context<'_>) -> Result<Vec<ImportJobObject>, Fault> {
        let asked = asked(context)?;
        let now = asked.service.clock.now();
        let jobs = import_jobs::list(&asked.service, &asked.actor).await?;
        Ok(jobs.into_iter().map(|job| ImportJobObject::at(job, now)).collect())
    }
}
