//! Administrative units: browsing them, and finding today's commune of a former one.

use crate::{
    domain::{
        admin_unit::{self, AdminUnit, Era, ResolveError, UnitLevel},
        reason::Reason,
    },
    service::{Service, ServiceError},
    store::admin_units,
};

/// Most units of one list; no province ever had as many communes.
const MAX: u64 = 1000;

/// Provinces of an era, or the communes of one of them.
pub async fn list(service: &Service, era: Era, province: Option<&str>) -> Result<Vec<AdminUnit>, ServiceError> {
    let level = if province.is_some() { UnitLevel::Commune } else { UnitLevel::Province };
    Ok(admin_units::list(&service.store, era, level, province, MAX).await?)
}

/// The commune of today that a former commune became; refuses names that several had.
pub async fn today(
    service: &Service,
    commune: &str,
    district: Option<&str>,
    province: Option<&str>,
) -> Result<Option<AdminUnit>, ServiceError> {
    let provinces: Vec<&str> = province.into_iter().collect();
    let candidates = admin_units::by_name(&service.store, Era::Before20250701, commune, &provinces).await?;
    let former = match admin_unit::pick(&candidates, district) {
        Ok(unit) => unit.code.clone(),
        Err(ResolveError::Unknown) => return Ok(None),
        Err(ResolveError::Ambiguous { districts }) => {
            return Err(ServiceError::refused("former.district", Reason::AmbiguousCommune { districts: districts.join(", ") }));
        }
    };
    let parts = admin_units::successors(&service.store, &former).await?;
    match admin_unit::successor(&parts) {
        Some(part) => Ok(admin_units::find(&service.store, Era::From20250701, &part.new_code).await?),
        None => Ok(None),
    }
}
