//! Reference data that comes with the program, loaded by the same import that users have: administrative units of both eras, the
//! mapping between them, rulebooks and criteria sets. Sources and licences: `data/README.md`.

use crate::{
    domain::actor::Actor,
    service::{
        Call, Service, ServiceError,
        imports::{self, Format, Table},
        rulebooks,
    },
    store::settings,
};

const RULEBOOKS: [&str; 3] = [
    include_str!("../../data/rulebook/rulebook_1048_2019.json"),
    include_str!("../../data/rulebook/rulebook_781_2020.json"),
    include_str!("../../data/rulebook/rulebook_148_2023.json"),
];
const FILES: [&str; 8] = [
    include_str!("../../data/admin/admin_provinces.csv"),
    include_str!("../../data/admin/admin_communes_current.csv"),
    include_str!("../../data/admin/admin_communes_legacy.csv"),
    include_str!("../../data/admin/admin_commune_mapping_2025.csv"),
    include_str!("../../data/rulebook/ocop_criteria_sets_781_2020.csv"),
    include_str!("../../data/rulebook/ocop_scoresheet_781_2020.csv"),
    include_str!("../../data/rulebook/ocop_criteria_sets_148_2023.csv"),
    include_str!("../../data/rulebook/ocop_scoresheet_148_2023.csv"),
];
/// Raised when the files change; a database that has this one has them.
const EDITION: &str = "reference_data_2";

/// Loads the reference data, once for each database; a start that was cut off loads it again.
pub async fn load(service: &Service) -> Result<(), ServiceError> {
    if settings::get(&service.store, EDITION).await?.is_some() {
        return Ok(());
    }
    for text in RULEBOOKS {
        rulebooks::publish(service, &Call::new(&Actor::System), text).await?;
    }
    for text in FILES {
        let table = Table::read(text.as_bytes(), Format::Csv).map_err(|error| fault(&error.to_string()))?;
        let report = imports::run(service, &Call::new(&Actor::System), &table, false, &mut |_| {}).await?;
        if let Some(error) = report.errors.first() {
            return Err(fault(&format!("row {}, {}: {}", error.row, error.column, error.message)));
        }
    }
    let tx = service.store.begin().await?;
    settings::get_or_put(&tx, EDITION, "loaded").await?;
    Ok(tx.commit().await?)
}

fn fault(what: &str) -> ServiceError {
    ServiceError::Internal(format!("reference data: {what}"))
}
