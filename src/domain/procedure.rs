//! The procedure of a rating, from draft to decision. [`TRANSITIONS`] is that of Decisions 148/QĐ-TTg and 1489/QĐ-TTg as a table; nothing
//! else moves a dossier.

use serde::{Deserialize, Serialize};

use crate::domain::{
    code::coded,
    council::Outcome,
    dossier::ChangeRequest,
    id::{CouncilSessionId, RatingId},
};

coded! {
    /// Where a dossier is.
    DossierState {
        /// Being filled in by the producer.
        Draft = "DRAFT",
        /// With the commune, which checks its form.
        Submitted = "SUBMITTED",
        /// Sent back: the producer must answer.
        Returned = "RETURNED",
        /// With the province's office.
        Forwarded = "FORWARDED",
        /// Accepted; waiting for a council.
        Accepted = "ACCEPTED",
        /// With a council.
        UnderEvaluation = "UNDER_EVALUATION",
        /// Scored; waiting for the decision.
        Rated = "RATED",
        /// Proposed to the ministry for five stars.
        ProposedNational = "PROPOSED_NATIONAL",
        /// A decision recognised the product.
        Recognised = "RECOGNISED",
        /// A decision refused it, with a reason.
        NotRecognised = "NOT_RECOGNISED",
        /// Taken back by the producer.
        Withdrawn = "WITHDRAWN",
    }
}

coded! {
    /// What can happen to a dossier.
    DossierStep {
        /// The producer hands it in.
        Submit = "SUBMIT",
        /// The producer answers what was asked.
        Respond = "RESPOND",
        /// The producer takes it back.
        Withdraw = "WITHDRAW",
        /// The commune or the province sends it back.
        RequestChanges = "REQUEST_CHANGES",
        /// The commune reports and forwards it.
        Endorse = "ENDORSE",
        /// The province's office accepts it.
        Accept = "ACCEPT",
        /// It is put before a council.
        Assign = "ASSIGN",
        /// It is taken from its council again.
        Unassign = "UNASSIGN",
        /// The council closes its session.
        Rate = "RATE",
        /// The province proposes it to the ministry.
        ProposeNational = "PROPOSE_NATIONAL",
        /// A decision recognises the product.
        Recognise = "RECOGNISE",
        /// A decision refuses it.
        Reject = "REJECT",
    }
}

coded! {
    /// Who acts on a dossier. One person may hold several offices, but acts in one of them on a dossier.
    Duty {
        /// For the producer.
        Producer = "PRODUCER",
        /// For the commune.
        Commune = "COMMUNE",
        /// In the council.
        Council = "COUNCIL",
        /// For the province: its office and its decision.
        Province = "PROVINCE",
    }
}

/// One allowed transition.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Transition {
    /// From where.
    pub from: DossierState,
    /// By what.
    pub step: DossierStep,
    /// To where.
    pub to: DossierState,
    /// Who may do it.
    pub by: Duty,
    /// What it needs.
    pub needs: &'static str,
}

const fn row(from: DossierState, step: DossierStep, to: DossierState, by: Duty, needs: &'static str) -> Transition {
    Transition { from, step, to, by, needs }
}

use DossierState as S;
use DossierStep as T;

/// The procedure.
pub const TRANSITIONS: &[Transition] = &[
    row(S::Draft, T::Submit, S::Submitted, Duty::Producer, "criteria set, every mandatory document, whole self-assessment"),
    row(S::Draft, T::Withdraw, S::Withdrawn, Duty::Producer, ""),
    row(S::Submitted, T::Withdraw, S::Withdrawn, Duty::Producer, ""),
    row(S::Returned, T::Withdraw, S::Withdrawn, Duty::Producer, ""),
    row(S::Forwarded, T::Withdraw, S::Withdrawn, Duty::Producer, ""),
    row(S::Accepted, T::Withdraw, S::Withdrawn, Duty::Producer, ""),
    row(S::Submitted, T::RequestChanges, S::Returned, Duty::Commune, "a reason for each item"),
    row(S::Submitted, T::Endorse, S::Forwarded, Duty::Commune, "report on the commune's three criteria"),
    row(S::Returned, T::Respond, S::Submitted, Duty::Producer, "an answer to each item of the commune"),
    row(S::Returned, T::Respond, S::Forwarded, Duty::Producer, "an answer to each item of the province"),
    row(S::Forwarded, T::RequestChanges, S::Returned, Duty::Province, "a reason for each item"),
    row(S::Forwarded, T::Accept, S::Accepted, Duty::Province, ""),
    row(S::Accepted, T::Assign, S::UnderEvaluation, Duty::Province, "a council session"),
    row(S::UnderEvaluation, T::Unassign, S::Accepted, Duty::Province, "a session that is cancelled"),
    row(S::UnderEvaluation, T::Rate, S::Rated, Duty::Council, "submitted sheets, a finding on each condition; by the chair"),
    row(S::Rated, T::ProposeNational, S::ProposedNational, Duty::Province, "90 points or more, the province's decision"),
    row(S::Rated, T::Recognise, S::Recognised, Duty::Province, "a decision of the authority for its stars"),
    row(S::Rated, T::Reject, S::NotRecognised, Duty::Province, "a reason"),
    row(
        S::ProposedNational,
        T::Recognise,
        S::Recognised,
        Duty::Province,
        "the ministry's decision for five stars, or the province's for fewer",
    ),
    row(S::ProposedNational, T::Reject, S::NotRecognised, Duty::Province, "a reason"),
];

/// Where a dossier is, with what belongs to being there.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "state", rename_all = "SCREAMING_SNAKE_CASE")]
pub enum Stage {
    /// Being filled in.
    Draft,
    /// With the commune.
    Submitted,
    /// Sent back.
    Returned {
        /// By whom: the commune or the province.
        by: Duty,
        /// What is asked.
        items: Vec<ChangeRequest>,
    },
    /// With the province's office.
    Forwarded,
    /// Waiting for a council.
    Accepted,
    /// With a council.
    UnderEvaluation {
        /// Its session.
        session: CouncilSessionId,
    },
    /// Waiting for the decision.
    Rated {
        /// The session.
        session: CouncilSessionId,
        /// What the council found.
        outcome: Outcome,
    },
    /// With the ministry.
    ProposedNational {
        /// The session.
        session: CouncilSessionId,
        /// What the council found.
        outcome: Outcome,
    },
    /// Recognised.
    Recognised {
        /// The rating.
        rating: RatingId,
    },
    /// Refused.
    NotRecognised {
        /// Why.
        reason: String,
    },
    /// Taken back.
    Withdrawn,
}

/// A step with what it brings.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Step {
    /// Hand in.
    Submit,
    /// Answer.
    Respond,
    /// Take back.
    Withdraw,
    /// Send back.
    RequestChanges {
        /// By whom.
        by: Duty,
        /// What is asked.
        items: Vec<ChangeRequest>,
    },
    /// Report and forward.
    Endorse,
    /// Accept.
    Accept,
    /// Put before a council.
    Assign(CouncilSessionId),
    /// Take from a council.
    Unassign,
    /// Close with an outcome.
    Rate(Outcome),
    /// Propose to the ministry.
    ProposeNational,
    /// Recognise.
    Recognise(RatingId),
    /// Refuse.
    Reject(String),
}

/// Not allowed from where the dossier is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct WrongState(pub DossierState);

impl DossierState {
    /// Whether nothing more can happen.
    pub fn is_final(self) -> bool {
        TRANSITIONS.iter().all(|t| t.from != self)
    }

    /// What can happen next, each once.
    pub fn steps(self) -> Vec<DossierStep> {
        let mut steps: Vec<_> = TRANSITIONS.iter().filter(|t| t.from == self).map(|t| t.step).collect();
        steps.dedup();
        steps
    }

    /// Who must act now; `None` when nothing more can happen. With the ministry nobody of the province must.
    pub const fn holder(self) -> Option<Duty> {
        match self {
            Self::Draft | Self::Returned => Some(Duty::Producer),
            Self::Submitted => Some(Duty::Commune),
            Self::Forwarded | Self::Accepted | Self::Rated | Self::ProposedNational => Some(Duty::Province),
            Self::UnderEvaluation => Some(Duty::Council),
            Self::Recognised | Self::NotRecognised | Self::Withdrawn => None,
        }
    }

    /// Whether the producer may still change what is in it.
    pub const fn is_editable(self) -> bool {
        matches!(self, Self::Draft | Self::Returned)
    }
}

impl Stage {
    /// The bare state.
    pub const fn state(&self) -> DossierState {
        match self {
            Self::Draft => S::Draft,
            Self::Submitted => S::Submitted,
            Self::Returned { .. } => S::Returned,
            Self::Forwarded => S::Forwarded,
            Self::Accepted => S::Accepted,
            Self::UnderEvaluation { .. } => S::UnderEvaluation,
            Self::Rated { .. } => S::Rated,
            Self::ProposedNational { .. } => S::ProposedNational,
            Self::Recognised { .. } => S::Recognised,
            Self::NotRecognised { .. } => S::NotRecognised,
            Self::Withdrawn => S::Withdrawn,
        }
    }

    /// The stage after a step.
    pub fn after(self, step: Step) -> Result<Self, WrongState> {
        let wrong = WrongState(self.state());
        let next = match (self, step) {
            (Self::Draft, Step::Submit) => Self::Submitted,
            (Self::Draft | Self::Submitted | Self::Returned { .. } | Self::Forwarded | Self::Accepted, Step::Withdraw) => Self::Withdrawn,
            (Self::Submitted, Step::RequestChanges { by: by @ Duty::Commune, items })
            | (Self::Forwarded, Step::RequestChanges { by: by @ Duty::Province, items }) => Self::Returned { by, items },
            (Self::Submitted, Step::Endorse) => Self::Forwarded,
            (Self::Returned { by, .. }, Step::Respond) => {
                if by == Duty::Commune {
                    Self::Submitted
                } else {
                    Self::Forwarded
                }
            }
            (Self::Forwarded, Step::Accept) | (Self::UnderEvaluation { .. }, Step::Unassign) => Self::Accepted,
            (Self::Accepted, Step::Assign(session)) => Self::UnderEvaluation { session },
            (Self::UnderEvaluation { session }, Step::Rate(outcome)) => Self::Rated { session, outcome },
            (Self::Rated { session, outcome }, Step::ProposeNational) => Self::ProposedNational { session, outcome },
            (Self::Rated { .. } | Self::ProposedNational { .. }, Step::Recognise(rating)) => Self::Recognised { rating },
            (Self::Rated { .. } | Self::ProposedNational { .. }, Step::Reject(reason)) => Self::NotRecognised { reason },
            _ => return Err(wrong),
        };
        Ok(next)
    }

    /// What the council found, while a decision is due.
    pub const fn outcome(&self) -> Option<(CouncilSessionId, &Outcome)> {
        match self {
            Self::Rated { session, outcome } | Self::ProposedNational { session, outcome } => Some((*session, outcome)),
            _ => None,
        }
    }
}

/// Why somebody may not act on a dossier in a duty.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Conflict {
    /// The dossier is not of a producer they belong to.
    Stranger,
    /// They belong to its producer.
    OwnProduct,
    /// They acted on it in another duty.
    OtherDuty(Duty),
}

/// Separation of duties: only members act for a producer, nobody who belongs to it acts in another duty, and nobody in two.
pub fn conflict(belongs: bool, held: &[Duty], wanted: Duty) -> Option<Conflict> {
    match (wanted == Duty::Producer, belongs) {
        (true, false) => Some(Conflict::Stranger),
        (false, true) => Some(Conflict::OwnProduct),
        _ => held.iter().copied().find(|duty| *duty != wanted).map(Conflict::OtherDuty),
    }
}

/// The procedure as a Mermaid diagram with a table, for `docs/dossier-states.md`.
pub fn diagram() -> String {
    let mut text =
        "# The way of a dossier\n\nMade from the table in `src/domain/procedure.rs` by `ocop-catalog states`; a test holds the two \
                    together.\n\n```mermaid\nstateDiagram-v2\n    [*] --> DRAFT\n"
            .to_owned();
    for t in TRANSITIONS {
        text.push_str(&format!("    {} --> {}: {}\n", t.from.code(), t.to.code(), t.step.code()));
    }
    for state in DossierState::ALL.iter().filter(|s| s.is_final()) {
        text.push_str(&format!("    {} --> [*]\n", state.code()));
    }
    text.push_str("```\n\n| from | step | to | who | needs |\n|---|---|---|---|---|\n");
    for t in TRANSITIONS {
        text.push_str(&format!("| {} | {} | {} | {} | {} |\n", t.from.code(), t.step.code(), t.to.code(), t.by.code(), t.needs));
    }
    text
}

#[cfg(test)]
#[path = "procedure_tests.rs"]
mod tests;
