//! Reference data that comes with the program: administrative units of both eras and the mapping between them.
//!
//! Source: `vietnamadminunits` 1.0.4 (MIT); see `data/README.md`.

use csv::StringRecord;

use crate::{
    domain::admin_unit::{AdminUnit, Era, Successor, UnitLevel},
    service::{Service, ServiceError},
    store::admin_units,
};

const PROVINCES: &str = include_str!("../../data/admin/admin_provinces.csv");
const CURRENT: &str = include_str!("../../data/admin/admin_communes_current.csv");
const LEGACY: &str = include_str!("../../data/admin/admin_communes_legacy.csv");
const MAPPING: &str = include_str!("../../data/admin/admin_commune_mapping_2025.csv");

/// Loads the reference data into an empty database, all or nothing; does nothing when it is there.
pub async fn load(service: &Service) -> Result<u64, ServiceError> {
    let loaded = admin_units::count(&service.store).await?;
    if loaded > 0 {
        return Ok(loaded);
    }
    let units = units()?;
    let successors = records(MAPPING, |r| {
        let successor = Successor { new_code: r[3].to_owned(), divided: &r[4] == "DIVIDED", is_default: &r[5] == "true" };
        (!r[2].is_empty()).then(|| (r[2].to_owned(), successor))
    })?;
    let tx = service.store.begin().await?;
    admin_units::insert(&tx, &units).await?;
    admin_units::insert_successors(&tx, &successors).await?;
    tx.commit().await?;
    Ok(units.len() as u64)
}

fn units() -> Result<Vec<AdminUnit>, ServiceError> {
    let mut units = records(PROVINCES, |r| {
        let era = Era::parse_code(&r[0])?;
        Some(unit(era, UnitLevel::Province, (&r[1], &r[2], &r[4]), (&r[1], None)))
    })?;
    units.extend(records(CURRENT, |r| Some(unit(Era::From20250701, UnitLevel::Commune, (&r[0], &r[1], &r[3]), (&r[4], None))))?);
    // Five island districts had no commune; their rows have no code.
    units.extend(records(LEGACY, |r| {
        (!r[0].is_empty()).then(|| unit(Era::Before20250701, UnitLevel::Commune, (&r[0], &r[1], &r[2]), (&r[6], Some(&r[4]))))
    })?);
    Ok(units)
}

fn unit(era: Era, level: UnitLevel, (code, name, kind): (&str, &str, &str), (province, district): (&str, Option<&str>)) -> AdminUnit {
    AdminUnit {
        era,
        code: code.to_owned(),
        level,
        kind: kind.to_owned(),
        name: name.to_owned(),
        province_code: province.to_owned(),
        district_name: district.map(str::to_owned),
    }
}

fn records<T>(text: &str, read: impl Fn(&StringRecord) -> Option<T>) -> Result<Vec<T>, ServiceError> {
    let mut reader = csv::Reader::from_reader(text.as_bytes());
    let rows = reader.records().collect::<Result<Vec<_>, _>>().map_err(|e| ServiceError::Internal(format!("reference data: {e}")))?;
    Ok(rows.iter().filter_map(read).collect())
}
