//! Imports as they go on.

use chrono::{DateTime, Duration, Utc};

use crate::domain::{code::coded, id::ImportJobId};

/// An import that said nothing for so long has ended without saying so.
const SILENCE: Duration = Duration::minutes(2);

coded! {
    /// Where an import is.
    ImportState {
        /// It goes on.
        Running = "RUNNING",
        /// It came to its end; rows may have been refused.
        Finished = "FINISHED",
        /// It ended before.
        Failed = "FAILED",
    }
}

/// An import.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ImportJob {
    /// Identity.
    pub id: ImportJobId,
    /// Name of the file, without its folder.
    pub file: String,
    /// It only checks.
    pub is_dry_run: bool,
    /// Where it is.
    pub state: ImportState,
    /// Rows of the file.
    pub rows: u32,
    /// Rows that were looked at.
    pub done: u32,
    /// Faults found.
    pub refused: u32,
    /// When it began.
    pub created_at: DateTime<Utc>,
    /// When it last said how far it is.
    pub updated_at: DateTime<Utc>,
}

impl ImportJob {
    /// Where it is at an instant: a process that was killed can't say so.
    pub fn state_at(&self, now: DateTime<Utc>) -> ImportState {
        let is_silent = now - self.updated_at > SILENCE;
        if self.state == ImportState::Running && is_silent { ImportState::Failed } else { self.state }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn silence_is_failure_unless_it_had_ended() {
        let now = DateTime::UNIX_EPOCH + Duration::days(1);
        for (state, silent, expected) in [
            (ImportState::Running, 120, ImportState::Running),
            (ImportState::Running, 121, ImportState::Failed),
            (ImportState::Finished, 121, ImportState::Finished),
        ] {
            let at = now - Duration::seconds(silent);
            let id = uuid::Uuid::nil().into();
            let job = ImportJob {
                id,
                file: String::new(),
                is_dry_run: false,
                state,
                rows: 1,
                done: 0,
                refused: 0,
                created_at: at,
                updated_at: at,
            };
            assert_eq!(job.state_at(now), expected, "{state:?} {silent}");
        }
    }
}
