//! Rubrics, public for reading.

use crate::{
    domain::rubric::CriteriaSet,
    service::{Service, ServiceError},
    store::rubrics,
};

/// All criteria sets, by rulebook and number.
pub async fn list(service: &Service) -> Result<Vec<CriteriaSet>, ServiceError> {
    Ok(rubrics::sets(&service.store).await?)
}
