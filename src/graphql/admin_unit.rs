//! Administrative units of both eras.

use async_graphql::{Context, Description, Enum, InputObject, Object};
use std::sync::Arc;

use crate::{
    domain::admin_unit::AdminUnit,
    graphql::{context::asked, eager::eager, error::Fault},
    service::admin_units,
};

/// Queries on administrative units.
#[derive(Default)]
pub struct AdminUnitQuery;

/// Which map a code belongs to. On 2025-07-01 districts were abolished, and codes were used again for other places.
#[derive(Enum, Clone, Copy, PartialEq, Eq, Debug)]
#[graphql(remote = "crate::domain::admin_unit::Era", name = "AdminEra")]
pub enum AdminEra {
    /// 63 provinces, districts, 10,035 communes.
    #[graphql(name = "BEFORE_2025_07_01")]
    Before20250701,
    /// 34 provinces, 3,321 communes, no districts.
    #[graphql(name = "FROM_2025_07_01")]
    From20250701,
}

/// Levels of units that are kept.
#[derive(Enum, Clone, Copy, PartialEq, Eq, Debug)]
#[graphql(remote = "crate::domain::admin_unit::UnitLevel", name = "AdminLevel")]
pub enum AdminLevel {
    /// Province or city under the government (tỉnh, thành phố trực thuộc trung ương).
    Province,
    /// Commune, ward, township or special zone (xã, phường, thị trấn, đặc khu).
    Commune,
}

/// A commune as a document of before 2025-07-01 names it.
#[derive(InputObject)]
pub struct FormerCommuneInput {
    /// Name, with or without its kind word, in any spelling of the accents.
    commune: String,
    /// District, when several communes had that name.
    district: Option<String>,
    /// Code of the former province, when several provinces had a commune of that name.
    province: Option<String>,
}

/// A province or a commune of one era. Its key is era and code together.
#[derive(Description)]
pub struct AdminUnitFields(pub(super) Arc<AdminUnit>);

eager!(
    /// A unit with its fields.
    AdminUnitObject = AdminUnitFields(AdminUnit)
);

#[Object(name = "AdminUnit", use_type_description)]
impl AdminUnitFields {
    /// Era.
    async fn era(&self) -> AdminEra {
        self.0.era.into()
    }

    /// Code with its leading zeros, unique within the era and level.
    async fn code(&self) -> &str {
        &self.0.code
    }

    /// Level.
    async fn level(&self) -> AdminLevel {
        self.0.level.into()
    }

    /// Kind as the register spells it: COMMUNE, WARD, TOWNSHIP, SPECIAL_ZONE, PROVINCE, MUNICIPALITY.
    async fn kind(&self) -> &str {
        &self.0.kind
    }

    /// Full name, for example `Xã Thông Nguyên`.
    async fn name(&self) -> &str {
        &self.0.name
    }

    /// Code of its province in the same era.
    async fn province_code(&self) -> &str {
        &self.0.province_code
    }

    /// Name of its district; communes before 2025-07-01 have one.
    async fn district_name(&self) -> Option<&str> {
        self.0.district_name.as_deref()
    }
}

#[Object]
impl AdminUnitQuery {
    /// Provinces, or the communes of a province, by code; at most 500.
    async fn admin_units(
        &self,
        context: &Context<'_>,
        #[graphql(desc = "Era.", default_with = "AdminEra::From20250701")] era: AdminEra,
        #[graphql(desc = "Code of a province: lists its communes. Provinces are listed when left out.")] province: Option<String>,
    ) -> Result<Vec<AdminUnitObject>, Fault> {
        let found = admin_units::list(&asked(context)?.service, era.into(), province.as_deref()).await?;
        Ok(found.into_iter().map(AdminUnitObject::of).collect())
    }

    /// The commune of today that a commune of before 2025-07-01 became; of a divided one, the part that records without an
    /// address belong to. Null when there was no such commune; an error names the districts when several had the name.
    async fn commune_today(
        &self,
        context: &Context<'_>,
        #[graphql(desc = "The commune as it was named.")] former: FormerCommuneInput,
    ) -> Result<Option<AdminUnitObject>, Fault> {
        let FormerCommuneInput { commune, district, province } = former;
        let found = admin_units::today(&asked(context)?.service, &commune, district.as_deref(), province.as_deref()).await?;
        Ok(found.map(AdminUnitObject::of))
    }
}
