//! What clients are told. Refusals are data (`userErrors`); faults are errors with a code and a safe sentence.

use async_graphql::{ErrorExtensions, SimpleObject};

use crate::{
    domain::{
        actor::Denied,
        cursor::CursorError,
        reason::{Locale, Refusal},
    },
    service::ServiceError,
};

/// An error of a resolver. It must not implement `Display`: the library turns anything with `Display` into a message for clients.
#[derive(Debug)]
pub struct Fault {
    code: &'static str,
    sentence: String,
}

impl Fault {
    /// A fault of ours: logged here, and nothing of it is told to clients.
    pub fn internal(what: &str) -> Self {
        tracing::error!(what, "a resolver failed");
        Self { code: "INTERNAL", sentence: "Internal error.".to_owned() }
    }

    /// Asked too often; may be asked again after some seconds.
    pub fn too_often(seconds: u64) -> Self {
        Self { code: "RATE_LIMITED", sentence: format!("Too many tries; try again in {seconds} seconds.") }
    }

    /// What it says.
    pub(super) fn into_sentence(self) -> String {
        self.sentence
    }

    /// An argument that can't be used.
    pub fn input(sentence: impl Into<String>) -> Self {
        Self { code: "BAD_USER_INPUT", sentence: sentence.into() }
    }
}

impl From<Fault> for async_graphql::Error {
    fn from(fault: Fault) -> Self {
        Self::new(fault.sentence).extend_with(|_, extensions| extensions.set("code", fault.code))
    }
}

impl From<Denied> for Fault {
    fn from(denied: Denied) -> Self {
        match denied {
            Denied::Unauthenticated => Self { code: "UNAUTHENTICATED", sentence: "Sign in first.".to_owned() },
            Denied::Forbidden => Self { code: "FORBIDDEN", sentence: "You are not allowed to do this.".to_owned() },
        }
    }
}

impl From<CursorError> for Fault {
    fn from(error: CursorError) -> Self {
        let code = if error == CursorError::Mismatch { "CURSOR_MISMATCH" } else { "CURSOR_INVALID" };
        let sentence = match error {
            CursorError::Invalid => "This is not a cursor of this service.",
            CursorError::Mismatch => "This cursor belongs to another filter, order or feed.",
            CursorError::OtherEpoch => "This cursor is of an earlier life of the feed; take a snapshot.",
        };
        Self { code, sentence: sentence.to_owned() }
    }
}

impl From<ServiceError> for Fault {
    fn from(error: ServiceError) -> Self {
        match error {
            ServiceError::Denied(denied) => denied.into(),
            ServiceError::Cursor(error) => error.into(),
            ServiceError::Refused(refusals) => {
                let sentence = refusals.first().map_or_else(String::new, |r| r.reason.sentence(Locale::En));
                Self::input(sentence)
            }
            ServiceError::Unavailable(what) => {
                tracing::warn!(what, "the database does not answer");
                Self { code: "UNAVAILABLE", sentence: "Temporarily unavailable; try again.".to_owned() }
            }
            ServiceError::Internal(what) => Self::internal(&what),
        }
    }
}

/// Why a mutation changed nothing: an expected refusal, told for each input.
#[derive(SimpleObject)]
pub struct UserError {
    /// Stable code for programs, for example `STALE_VERSION`. Values may be added.
    code: String,
    /// Path of the input from the mutation's arguments; list indexes are strings.
    path: Vec<String>,
    /// Sentence for people in the language of `Accept-Language`, Vietnamese by default. Never parse it.
    message: String,
}

/// Splits the result of a use case into an object and refusals; faults stay faults.
pub(super) fn outcome<T>(result: Result<T, ServiceError>, locale: Locale) -> Result<(Option<T>, Vec<UserError>), Fault> {
    match result {
        Ok(object) => Ok((Some(object), Vec::new())),
        Err(ServiceError::Refused(refusals)) => Ok((None, refusals.into_iter().map(|r| told(r, locale)).collect())),
        Err(error) => Err(error.into()),
    }
}

/// A refusal as a client reads it.
pub(super) fn told(refusal: Refusal, locale: Locale) -> UserError {
    UserError { code: refusal.reason.code().to_owned(), message: refusal.reason.sentence(locale), path: refusal.path }
}
