//! Products with their producers, as published lists and spreadsheets have them.

use std::collections::HashMap;

use crate::{
    domain::{
        admin_unit::{self, Era, ResolveError},
        id::ProductId,
        listing::ChangeCause,
    },
    service::{
        Call, Service, ServiceError,
        imports::{
            CellError, Report, Table,
            batch::{Fresh, Known, Placed, Step},
            row::{self, Row},
        },
        keys, producers, publicity,
        work::{Begun, Work},
    },
    store::{self, Db, admin_units, listings},
};

/// Rows in one transaction.
const BATCH: usize = 500;

/// Imports a table of products.
pub(super) async fn run(
    service: &Service,
    call: &Call<'_>,
    table: &Table,
    dry_run: bool,
    progress: &mut (dyn FnMut(usize) + Send),
) -> Result<Report, ServiceError> {
    let mut report = Report { rows: table.rows.len(), ..Report::default() };
    let mut places = Places::default();
    for (batch, rows) in table.rows.chunks(BATCH).enumerate() {
        let Begun::Fresh(mut work) = service.begin(&Call::new(call.actor)).await? else { continue };
        work.tx.prefer_indexes().await?;
        let mut placed = Vec::with_capacity(rows.len());
        for (offset, cells) in rows.iter().enumerate() {
            let number = batch * BATCH + offset + 2;
            match row::read(&table.headers, cells) {
                Ok(row) => placed.extend(places.place(&work.tx, number, row, &mut report).await?),
                Err(errors) => report.errors.extend(errors.into_iter().map(|(column, message)| CellError { row: number, column, message })),
            }
        }
        import(service, &mut work, placed, &mut report).await?;
        if !dry_run {
            work.commit(keys::uuid_v7(service.clock.now())).await?;
        }
        progress((batch * BATCH + rows.len()).min(report.rows));
    }
    Ok(report)
}

/// Imports the rows of one transaction.
async fn import(service: &Service, work: &mut Work, rows: Vec<Placed>, report: &mut Report) -> Result<(), ServiceError> {
    let mut known = Known::read(&work.tx, &rows, service.clock.today()).await?;
    let (mut fresh, mut changed) = (Fresh::default(), Vec::new());
    for placed in rows {
        match known.step(&placed) {
            Step::Unchanged => report.unchanged += 1,
            Step::Refused(column, message) => report.errors.push(CellError { row: placed.number, column: column.into(), message }),
            Step::New => {
                fresh.add(service, &mut known, placed, work.at);
                report.created += 1;
            }
            Step::Changed(mut next) => {
                next.updated_at = work.at;
                if known.changed(&mut fresh, &next) {
                    producers::saved(store::products::update(&work.tx, &next, &producers::EVERYTHING).await?)?;
                    next.version += 1;
                    known.changed(&mut fresh, &next);
                    changed.push(next.id);
                }
                report.updated += 1;
            }
        }
    }
    fresh.write(&work.tx).await?;
    publicity::word_new(&work.tx, &fresh.listings, fresh.products, known.producers.into_values()).await?;
    announce(service, work, changed).await
}

/// Tells everybody who has listings of changed products.
async fn announce(service: &Service, work: &mut Work, mut changed: Vec<ProductId>) -> Result<(), ServiceError> {
    changed.sort_unstable();
    changed.dedup();
    let mut affected = Vec::new();
    for product in changed {
        affected.extend(listings::of_product_for_update(&work.tx, product).await?);
    }
    publicity::refresh(service, work, affected, ChangeCause::ProductChanged).await?;
    Ok(())
}

/// Name and district of a commune of before 2025-07-01.
type Named = (String, Option<String>);
/// The old commune's code and that of its successor; a message when the name does not lead to one unit.
type Found = Result<(String, Option<String>), String>;

/// Communes that were looked up; most rows of a file name the same few.
#[derive(Default)]
struct Places(HashMap<Named, Found>);

impl Places {
    /// A row with the codes of its commune; nothing, and an error in the report, when there is no such commune.
    async fn place(&mut self, db: &impl Db, number: usize, row: Row, report: &mut Report) -> Result<Option<Placed>, ServiceError> {
        let Some(name) = row.commune_old.clone() else { return Ok(Some(Placed { number, row, legacy: None, current: None })) };
        let named = (name, row.district_old.clone());
        let found = match self.0.get(&named) {
            Some(known) => known.clone(),
            None => {
                let found = resolve(db, &named).await?;
                self.0.insert(named, found.clone());
                found
            }
        };
        Ok(match found {
            Ok((legacy, current)) => Some(Placed { number, row, legacy: Some(legacy), current }),
            Err(message) => {
                report.errors.push(CellError { row: number, column: "commune_old".into(), message });
                None
            }
        })
    }
}

async fn resolve(db: &impl Db, (name, district): &Named) -> Result<Found, ServiceError> {
    let candidates = admin_units::by_name(db, Era::Before20250701, name, &[]).await?;
    let legacy = match admin_unit::pick(&candidates, district.as_deref()) {
        Ok(unit) => unit.code.clone(),
        Err(ResolveError::Unknown) => return Ok(Err(format!("no commune named {name} existed there before 2025-07-01"))),
        Err(error) => return Ok(Err(error.to_string())),
    };
    let parts = admin_units::successors(db, &legacy).await?;
    let current = admin_unit::successor(&parts).map(|s| s.new_code.clone());
    Ok(Ok((legacy, current)))
}
