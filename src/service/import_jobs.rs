//! Imports as they go on: noted by the process that imports, watched by admins from any other.

use futures_util::{Stream, stream};
use std::time::Duration;
use tokio::sync::watch;

use crate::{
    domain::{
        actor::{Action, Actor, permit},
        id::ImportJobId,
        import::{ImportJob, ImportState},
        reason::Reason,
    },
    service::{
        Call, Service, ServiceError,
        imports::{self, Report, Table},
    },
    store::import_jobs,
};

/// Imports in one answer.
const LISTED: u64 = 50;
/// How often an import says how far it is, and followers look.
const PAUSE: Duration = Duration::from_millis(500);

/// Imports a table as [`imports::run`] does, and notes on the way how far it is.
pub async fn run(
    service: &Service,
    call: &Call<'_>,
    (file, table): (&str, &Table),
    dry_run: bool,
    progress: &(dyn Fn(usize) + Send + Sync),
) -> Result<Report, ServiceError> {
    permit(call.actor, Action::Import)?;
    let now = service.clock.now();
    let mut job = ImportJob {
        id: service.new_id().into(),
        file: file.to_owned(),
        is_dry_run: dry_run,
        state: ImportState::Running,
        rows: u32::try_from(table.rows.len()).unwrap_or(u32::MAX),
        done: 0,
        refused: 0,
        created_at: now,
        updated_at: now,
    };
    note(service, &job).await?;
    let (tell, told) = watch::channel(0);
    let mut both = |done: usize| {
        progress(done);
        tell.send_replace(u32::try_from(done).unwrap_or(u32::MAX));
    };
    let mut noted = job.clone();
    let ended = tokio::select! {
        report = imports::run(service, call, table, dry_run, &mut both) => report,
        fault = keep_noting(service, &mut noted, told) => Err(fault),
    };
    let refused = ended.as_ref().map_or(0, |report| report.errors.len());
    job.refused = u32::try_from(refused).unwrap_or(u32::MAX);
    job.done = if ended.is_ok() { job.rows } else { *tell.borrow() };
    job.state = if ended.is_ok() { ImportState::Finished } else { ImportState::Failed };
    job.updated_at = service.clock.now();
    note(service, &job).await?;
    ended
}

/// Notes how far an import is, until that fails.
async fn keep_noting(service: &Service, job: &mut ImportJob, told: watch::Receiver<u32>) -> ServiceError {
    loop {
        tokio::time::sleep(PAUSE).await;
        job.done = *told.borrow();
        job.updated_at = service.clock.now();
        if let Err(error) = note(service, job).await {
            return error;
        }
    }
}

async fn note(service: &Service, job: &ImportJob) -> Result<(), ServiceError> {
    let tx = service.store.begin().await?;
    import_jobs::put(&tx, job).await?;
    Ok(tx.commit().await?)
}

/// The newest imports.
pub async fn list(service: &Service, actor: &Actor) -> Result<Vec<ImportJob>, ServiceError> {
    permit(actor, Action::Import)?;
    Ok(import_jobs::newest(&service.store, LISTED).await?)
}

/// An import each time it got on, to its end.
pub async fn follow(
    service: &Service,
    actor: &Actor,
    id: ImportJobId,
) -> Result<impl Stream<Item = Result<ImportJob, ServiceError>> + use<>, ServiceError> {
    permit(actor, Action::Import)?;
    let unknown = || ServiceError::refused("job", Reason::NotFound);
    import_jobs::find(&service.store, id).await?.ok_or_else(unknown)?;
    let state = (service.clone(), None);
    Ok(stream::unfold(state, move |(service, told): (Service, Option<(u32, ImportState)>)| async move {
        if told.is_some_and(|(_, state)| state != ImportState::Running) {
            return None;
        }
        loop {
            let job = match import_jobs::find(&service.store, id).await {
                Ok(job) => job?,
                Err(error) => return Some((Err(error.into()), (service, Some((0, ImportState::Failed))))),
            };
            let here = (job.done, job.state_at(service.clock.now()));
            if told != Some(here) {
                return Some((Ok(job), (service, Some(here))));
            }
            tokio::time::sleep(PAUSE).await;
        }
    }))
}
