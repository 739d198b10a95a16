//! One error for use cases; variants say what the caller can do.

use crate::{
    domain::{
        actor::Denied,
        cursor::CursorError,
        reason::{Reason, Refusal},
    },
    store::StoreError,
};

/// Why a use case did nothing.
#[derive(Debug, thiserror::Error)]
pub enum ServiceError {
    /// The actor may not do this.
    #[error(transparent)]
    Denied(#[from] Denied),
    /// The input or the state of things stands against it; tells where and why.
    #[error("refused")]
    Refused(Vec<Refusal>),
    /// A cursor that can't be used.
    #[error(transparent)]
    Cursor(#[from] CursorError),
    /// The database does not answer or is too busy; try again later.
    #[error("temporarily unavailable: {0}")]
    Unavailable(String),
    /// A fault of ours.
    #[error("internal error: {0}")]
    Internal(String),
}

impl ServiceError {
    /// A refusal of the argument at a dotted path.
    pub fn refused(path: &str, reason: Reason) -> Self {
        Self::Refused(vec![Refusal::at(path, reason)])
    }

    /// The object named by `id` does not exist, or is not theirs: both look alike.
    pub fn not_found() -> Self {
        Self::refused("id", Reason::NotFound)
    }
}

impl From<StoreError> for ServiceError {
    fn from(error: StoreError) -> Self {
        match error {
            StoreError::Unavailable(_) | StoreError::Contention => Self::Unavailable(error.to_string()),
            StoreError::Taken(_) | StoreError::Corrupt(_) | StoreError::Database(_) => Self::Internal(error.to_string()),
        }
    }
}

/// Turns "taken" into a refusal of the input whose column the database names; other errors pass.
pub(super) fn taken(error: StoreError, columns: &[(&str, &str)]) -> ServiceError {
    if let StoreError::Taken(words) = &error
        && let Some((_, path)) = columns.iter().find(|(column, _)| words.contains(column))
    {
        return ServiceError::refused(path, Reason::Taken);
    }
    error.into()
}
