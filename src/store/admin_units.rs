//! Administrative units and where the communes of before 2025-07-01 went.

use sea_orm::{ActiveModelTrait, ColumnTrait, EntityTrait, IntoActiveModel, QueryFilter, QueryOrder, QuerySelect, sea_query::OnConflict};

use crate::{
    domain::admin_unit::{self, AdminUnit, Era, Successor, UnitLevel},
    store::{
        Db, StoreError,
        entity::{admin_mapping, admin_unit as unit},
        error::coded,
        rows,
    },
};

/// Units in one INSERT; eight parameters each, far below both engines' limits.
const BATCH: usize = 500;

/// All units of both eras.
pub async fn all(db: &impl Db) -> Result<Vec<AdminUnit>, StoreError> {
    rows::all(db, unit::Entity::find()).await?.into_iter().map(domain).collect()
}

/// Stores units, replacing those with the same era and code.
pub async fn put(db: &impl Db, units: &[AdminUnit]) -> Result<(), StoreError> {
    for batch in units.chunks(BATCH) {
        let rows = batch.iter().map(|u| row(u).into_active_model().reset_all());
        let replace = OnConflict::columns([unit::Column::Era, unit::Column::Code])
            .update_columns([
                unit::Column::Level,
                unit::Column::Kind,
                unit::Column::Name,
                unit::Column::ProvinceCode,
                unit::Column::DistrictName,
                unit::Column::NameKey,
            ])
            .to_owned();
        unit::Entity::insert_many(rows).on_conflict(replace).exec_without_returning(db.connection()).await?;
    }
    Ok(())
}

/// Where all old communes went: pairs of old code and successor.
pub async fn all_successors(db: &impl Db) -> Result<Vec<(String, Successor)>, StoreError> {
    let rows = admin_mapping::Entity::find().all(db.connection()).await?;
    let pair = |r: admin_mapping::Model| (r.legacy_code, Successor { new_code: r.new_code, is_default: r.is_default, divided: r.divided });
    Ok(rows.into_iter().map(pair).collect())
}

/// Stores where old communes went, replacing what is known of the same pair of codes.
pub async fn put_successors(db: &impl Db, successors: &[(String, Successor)]) -> Result<(), StoreError> {
    use admin_mapping::{Column, Entity, Model};
    for batch in successors.chunks(BATCH) {
        let rows = batch.iter().map(|(legacy_code, s)| {
            let model =
                Model { legacy_code: legacy_code.clone(), new_code: s.new_code.clone(), divided: s.divided, is_default: s.is_default };
            model.into_active_model().reset_all()
        });
        let replace =
            OnConflict::columns([Column::LegacyCode, Column::NewCode]).update_columns([Column::Divided, Column::IsDefault]).to_owned();
        Entity::insert_many(rows).on_conflict(replace).exec_without_returning(db.connection()).await?;
    }
    Ok(())
}

/// The unit with a code in an era.
pub async fn find(db: &impl Db, era: Era, code: &str) -> Result<Option<AdminUnit>, StoreError> {
    let key = (era.code().to_owned(), code.to_owned());
    rows::one(db, unit::Entity::find_by_id(key)).await?.map(domain).transpose()
}

/// The units with these codes in an era, in no order.
pub async fn find_many(db: &impl Db, era: Era, codes: &[String]) -> Result<Vec<AdminUnit>, StoreError> {
    let query = unit::Entity::find().filter(unit::Column::Era.eq(era.code()));
    rows::among_all(db, query, unit::Column::Code, codes.iter().map(String::as_str)).await?.into_iter().map(domain).collect()
}

/// Communes of an era with a name, spelled in any way; within one province where one is given.
pub async fn by_name(db: &impl Db, era: Era, name: &str, provinces: &[&str]) -> Result<Vec<AdminUnit>, StoreError> {
    let mut query = unit::Entity::find()
        .filter(unit::Column::Era.eq(era.code()))
        .filter(unit::Column::Level.eq(UnitLevel::Commune.code()))
        .filter(unit::Column::NameKey.eq(admin_unit::name_key(name)))
        .order_by_asc(unit::Column::Code);
    if !provinces.is_empty() {
        query = query.filter(unit::Column::ProvinceCode.is_in(provinces.iter().copied()));
    }
    rows::all(db, query).await?.into_iter().map(domain).collect()
}

/// Units of a level in an era, by code; of one province where one is given; at most `limit`.
pub async fn list(db: &impl Db, era: Era, level: UnitLevel, province: Option<&str>, limit: u64) -> Result<Vec<AdminUnit>, StoreError> {
    let mut query = unit::Entity::find()
        .filter(unit::Column::Era.eq(era.code()))
        .filter(unit::Column::Level.eq(level.code()))
        .order_by_asc(unit::Column::Code)
        .limit(limit);
    if let Some(province) = province {
        query = query.filter(unit::Column::ProvinceCode.eq(province));
    }
    rows::all(db, query).await?.into_iter().map(domain).collect()
}

/// Where an old commune went; empty for unknown codes.
pub async fn successors(db: &impl Db, legacy_code: &str) -> Result<Vec<Successor>, StoreError> {
    let query = admin_mapping::Entity::find()
        .filter(admin_mapping::Column::LegacyCode.eq(legacy_code))
        .order_by_asc(admin_mapping::Column::NewCode);
    let rows = query.all(db.connection()).await?;
    Ok(rows.into_iter().map(|r| Successor { new_code: r.new_code, is_default: r.is_default, divided: r.divided }).collect())
}

fn row(unit: &AdminUnit) -> unit::Model {
    unit::Model {
        era: unit.era.code().to_owned(),
        code: unit.code.clone(),
        level: unit.level.code().to_owned(),
        kind: unit.kind.clone(),
        name: unit.name.clone(),
        province_code: unit.province_code.clone(),
        district_name: unit.district_name.clone(),
        name_key: admin_unit::name_key(&unit.name),
    }
}

fn domain(row: unit::Model) -> Result<AdminUnit, StoreError> {
    Ok(AdminUnit {
        era: coded(Era::parse_code(&row.era), "admin_unit.era")?,
        code: row.code,
        level: coded(UnitLevel::parse_code(&row.level), "admin_unit.level")?,
        kind: row.kind,
        name: row.name,
        province_code: row.province_code,
        district_name: row.district_name,
    })
}
