//! The dossier (hồ sơ): a product's application for a rating in one yearly cycle. How it moves is in [`crate::domain::procedure`].

use chrono::{DateTime, NaiveDate, Utc};
use serde::{Deserialize, Serialize};

use crate::domain::{
    code::coded,
    id::{CriteriaSetId, DossierId, ProducerId, ProductId, RatingId, UserId},
    procedure::Stage,
    sheet::Mark,
};

coded! {
    /// Why a dossier was opened.
    DossierKind {
        /// A first rating, or a higher one.
        New = "NEW",
        /// Rated again because a certificate ends.
        Renewal = "RENEWAL",
    }
}

/// One thing that the producer must mend or explain.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct ChangeRequest {
    /// What it is about: a document's code, a criterion's place, or anything else.
    pub about: String,
    /// Why.
    pub reason: String,
    /// The producer's answer.
    pub answer: Option<String>,
}

/// The commune's report on its three criteria (Decision 1489/QĐ-TTg).
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct CommuneReport {
    /// Origin of the product or local materials, together with local labour.
    pub local_materials_and_labour: CommuneFinding,
    /// Origin of the product idea.
    pub origin_of_idea: CommuneFinding,
    /// Local identity, local knowledge.
    pub local_identity: CommuneFinding,
    /// Day of the meeting with the units concerned.
    pub meeting_on: NaiveDate,
    /// Number of the letter to the province.
    pub letter: Option<String>,
}

/// What the commune found on one criterion.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct CommuneFinding {
    /// Whether it is met.
    pub is_met: bool,
    /// The assessment in words.
    pub assessment: String,
}

/// A dossier as stored.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Dossier {
    /// Identity.
    pub id: DossierId,
    /// The product.
    pub product_id: ProductId,
    /// Whose it is.
    pub producer_id: ProducerId,
    /// Why it was opened.
    pub kind: DossierKind,
    /// Yearly cycle.
    pub cycle: i32,
    /// Number of the decision it is rated by.
    pub rulebook: String,
    /// Its criteria set.
    pub criteria_set: Option<CriteriaSetId>,
    /// The commune that checks it.
    pub commune_code: Option<String>,
    /// Where it is.
    pub stage: Stage,
    /// Since when it is there.
    pub entered_at: DateTime<Utc>,
    /// The commune's report.
    pub report: Option<CommuneReport>,
    /// The producer's own marks.
    pub self_assessment: Vec<Mark>,
    /// Who works on it.
    pub claimed_by: Option<UserId>,
    /// The rating it renews.
    pub previous_rating: Option<RatingId>,
    /// When it was handed in.
    pub submitted_at: Option<DateTime<Utc>>,
    /// When it was decided.
    pub decided_at: Option<DateTime<Utc>>,
    /// Who recorded the decision.
    pub decided_by: Option<UserId>,
    /// Optimistic lock.
    pub version: i32,
    /// When it was opened.
    pub created_at: DateTime<Utc>,
    /// When it last changed.
    pub updated_at: DateTime<Utc>,
}
