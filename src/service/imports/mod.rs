//! Bulk import: a CSV or Excel file in, a report by row and column out. What a table holds is told by its columns. Rows are found
//! again by their keys, so a run that was cut off is simply run again.

mod batch;
mod cells;
mod products;
mod reference;
mod row;
mod table;

use crate::{
    domain::actor::{Action, permit},
    service::{Call, Service, ServiceError},
};
pub(in crate::service) use batch::own_key;
pub use table::{Format, Table, TableError};

/// What is wrong with a cell.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct CellError {
    /// Row as a spreadsheet counts it; the header is row 1.
    pub row: usize,
    /// Column header.
    pub column: String,
    /// What is wrong and how to mend it.
    pub message: String,
}

/// What an import did, or would do.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Report {
    /// Rows in the file.
    pub rows: usize,
    /// Products created.
    pub created: usize,
    /// Products that were there with other data and were changed.
    pub updated: usize,
    /// Products that were there as the file has them.
    pub unchanged: usize,
    /// Rows that were not imported, with the reasons.
    pub errors: Vec<CellError>,
}

/// What a table holds.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Kind {
    Products,
    Provinces,
    Communes,
    FormerCommunes,
    Successors,
    CriteriaSets,
    Criteria,
}

/// The column by which each kind of table is told; the first that is there decides.
const KINDS: [(&str, Kind); 7] = [
    ("product_name", Kind::Products),
    ("criterion_no", Kind::Criteria),
    ("part_a_max", Kind::CriteriaSets),
    ("legacy_code", Kind::Successors),
    ("district_code", Kind::FormerCommunes),
    ("successor_code", Kind::Provinces),
    ("province_code", Kind::Communes),
];

/// Imports a table: products, administrative units, criteria sets or criteria. A row with an error changes nothing; the others are
/// imported. With `dry_run` nothing is written. `progress` is told how many rows are done.
pub async fn run(
    service: &Service,
    call: &Call<'_>,
    table: &Table,
    dry_run: bool,
    progress: &mut (dyn FnMut(usize) + Send),
) -> Result<Report, ServiceError> {
    permit(call.actor, Action::Import)?;
    let known = KINDS.iter().find(|(column, _)| table.headers.iter().any(|h| h == column)).map(|(_, kind)| *kind);
    match known {
        Some(Kind::Products) => products::run(service, call, table, dry_run, progress).await,
        Some(kind) => {
            let report = reference::run(service, (table, kind), dry_run).await?;
            progress(report.rows);
            Ok(report)
        }
        None => {
            let message = "no table that can be imported; a table of products has the column product_name".to_owned();
            let errors = vec![CellError { row: 1, column: table.headers.join(","), message }];
            Ok(Report { rows: table.rows.len(), errors, ..Report::default() })
        }
    }
}
