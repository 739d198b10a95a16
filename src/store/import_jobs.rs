//! Imports as they go on.

use sea_orm::{ActiveModelTrait, EntityTrait, IntoActiveModel, QueryOrder, QuerySelect, sea_query::OnConflict};

use crate::{
    domain::{
        id::ImportJobId,
        import::{ImportJob, ImportState},
    },
    store::{
        Db, StoreError,
        entity::import_job::{Column, Entity, Model},
        error::coded,
        instant::{instant, micros},
    },
};

/// Stores an import in place of what was stored before.
pub async fn put(db: &impl Db, job: &ImportJob) -> Result<(), StoreError> {
    let number = |count: u32| i32::try_from(count).unwrap_or(i32::MAX);
    let row = Model {
        id: job.id.0,
        file: job.file.clone(),
        is_dry_run: job.is_dry_run,
        state: job.state.code().to_owned(),
        rows: number(job.rows),
        done: number(job.done),
        refused: number(job.refused),
        created_at: micros(job.created_at),
        updated_at: micros(job.updated_at),
    };
    let newer = OnConflict::column(Column::Id)
        .update_columns([Column::State, Column::Rows, Column::Done, Column::Refused, Column::UpdatedAt])
        .to_owned();
    Entity::insert(row.into_active_model().reset_all()).on_conflict(newer).exec_without_returning(db.connection()).await?;
    Ok(())
}

/// The import with an id.
pub async fn find(db: &impl Db, id: ImportJobId) -> Result<Option<ImportJob>, StoreError> {
    Entity::find_by_id(id.0).one(db.connection()).await?.map(domain).transpose()
}

/// The newest imports; at most `limit`.
pub async fn newest(db: &impl Db, limit: u64) -> Result<Vec<ImportJob>, StoreError> {
    let query = Entity::find().order_by_desc(Column::CreatedAt).order_by_desc(Column::Id).limit(limit);
    query.all(db.connection()).await?.into_iter().map(domain).collect()
}

fn domain(row: Model) -> Result<ImportJob, StoreError> {
    let number = |count: i32| u32::try_from(count).unwrap_or_default();
    Ok(ImportJob {
        id: row.id.into(),
        file: row.file,
        is_dry_run: row.is_dry_run,
        state: coded(ImportState::parse_code(&row.state), "import_job.state")?,
        rows: number(row.rows),
        done: number(row.done),
        refused: number(row.refused),
        created_at: instant(row.created_at)?,
        updated_at: instant(row.updated_at)?,
    })
}
