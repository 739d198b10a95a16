//! The dossier (hồ sơ): a product's application for a rating in one yearly cycle.

use chrono::{DateTime, Utc};

use crate::domain::{
    code::coded,
    id::{DossierId, ProducerId, ProductId, UserId},
};

coded! {
    /// Where a dossier is.
    DossierState {
        /// Being filled in by the producer.
        Draft = "DRAFT",
        /// Handed in; waiting for a decision.
        Submitted = "SUBMITTED",
        /// A decision recognised the product.
        Approved = "APPROVED",
        /// A decision refused it, with a reason.
        Rejected = "REJECTED",
        /// Taken back by the producer.
        Withdrawn = "WITHDRAWN",
    }
}

coded! {
    /// What can happen to a dossier.
    DossierStep {
        /// The producer hands it in.
        Submit = "SUBMIT",
        /// The producer takes it back.
        Withdraw = "WITHDRAW",
        /// An authority recognises the product.
        Approve = "APPROVE",
        /// An authority refuses.
        Reject = "REJECT",
    }
}

impl DossierState {
    /// The state after a step; `None` when the step is not allowed from here.
    pub const fn after(self, step: DossierStep) -> Option<Self> {
        match (self, step) {
            (Self::Draft, DossierStep::Submit) => Some(Self::Submitted),
            (Self::Draft | Self::Submitted, DossierStep::Withdraw) => Some(Self::Withdrawn),
            (Self::Submitted, DossierStep::Approve) => Some(Self::Approved),
            (Self::Submitted, DossierStep::Reject) => Some(Self::Rejected),
            _ => None,
        }
    }

    /// Whether nothing more can happen.
    pub const fn is_final(self) -> bool {
        matches!(self, Self::Approved | Self::Rejected | Self::Withdrawn)
    }
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
    /// Yearly cycle.
    pub cycle: i32,
    /// Where it is.
    pub state: DossierState,
    /// When it was handed in.
    pub submitted_at: Option<DateTime<Utc>>,
    /// When it was decided.
    pub decided_at: Option<DateTime<Utc>>,
    /// Who recorded the decision.
    pub decided_by: Option<UserId>,
    /// Why it was refused.
    pub rejection_reason: Option<String>,
    /// Optimistic lock.
    pub version: i32,
    /// When it was opened.
    pub created_at: DateTime<Utc>,
    /// When it last changed.
    pub updated_at: DateTime<Utc>,
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_transition() {
        use DossierState as S;
        use DossierStep as T;
        let allowed = [
            (S::Draft, T::Submit, S::Submitted),
            (S::Draft, T::Withdraw, S::Withdrawn),
            (S::Submitted, T::Withdraw, S::Withdrawn),
            (S::Submitted, T::Approve, S::Approved),
            (S::Submitted, T::Reject, S::Rejected),
        ];
        for state in S::ALL {
            for step in T::ALL {
                let expected = allowed.iter().find(|(from, by, _)| from == state && by == step).map(|(_, _, to)| *to);
                assert_eq!(state.after(*step), expected, "{state:?} {step:?}");
            }
            assert_eq!(state.is_final(), T::ALL.iter().all(|step| state.after(*step).is_none()), "{state:?}");
        }
    }
}
