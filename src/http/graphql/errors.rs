//! The last hands on an error before a client sees it: every one has a code, and none tells how the program is made.

use async_graphql::{ErrorExtensionValues, ServerError, Value};
use std::time::Duration;

/// Errors in one answer. A list of a hundred rows that all fail for one reason says it ten times.
const MOST_ERRORS: usize = 10;

/// The longest message of the engine that is passed on, in characters: it quotes the document.
const MESSAGE_CHARS: usize = 300;

pub(super) const OVERLOADED: &str = "The service does as much as it can; try again in a second.";

const INTERNAL_MESSAGE: &str = "Internal error";

/// The body of an answer when nothing better can be written.
pub(in crate::http) const INTERNAL_BODY: &str = r#"{"errors":[{"message":"Internal error","extensions":{"code":"INTERNAL"}}]}"#;

/// An error with a code of our own.
pub(super) fn coded(message: impl Into<String>, code: &str) -> ServerError {
    with_code(ServerError::new(message, None), code)
}

/// An operation that ran for too long, where its answer has no status.
pub(super) fn execution_timeout(limit: Duration) -> ServerError {
    coded(format!("The operation did not finish within {} seconds. Ask for smaller pages.", limit.as_secs()), "TIMEOUT")
}

/// An operation for which there is no room, where its answer has no status.
pub(super) fn overloaded() -> ServerError {
    coded(OVERLOADED, "UNAVAILABLE")
}

/// Bounds the errors of an answer and gives each a code. `invalid` says the document was refused before it ran, so that
/// the engine's own messages speak of the document alone.
pub(super) fn seal(errors: Vec<ServerError>, invalid: bool) -> Vec<ServerError> {
    errors.into_iter().take(MOST_ERRORS).map(|error| seal_one(error, invalid)).collect()
}

fn seal_one(error: ServerError, invalid: bool) -> ServerError {
    let has_code = error.extensions.as_ref().is_some_and(|extensions| matches!(extensions.get("code"), Some(Value::String(_))));
    if has_code {
        return error;
    }
    if invalid {
        return with_code(shortened(error), "GRAPHQL_VALIDATION_FAILED");
    }
    if is_bad_input(&error.message) {
        return with_code(shortened(error), "BAD_USER_INPUT");
    }
    tracing::error!(message = error.message, path = ?error.path, "a resolver failed with an error that has no code");
    with_code(ServerError { message: INTERNAL_MESSAGE.to_owned(), source: None, ..error }, "INTERNAL")
}

/// What async-graphql says of an argument it finds wrong only while running: a scalar's own parser refused it. These two
/// openings are written by `InputValueError` alone.
fn is_bad_input(message: &str) -> bool {
    message.starts_with("Failed to parse \"") || message.starts_with("Expected input type \"")
}

fn shortened(mut error: ServerError) -> ServerError {
    if let Some((end, _)) = error.message.char_indices().nth(MESSAGE_CHARS) {
        error.message.truncate(end);
    }
    error
}

fn with_code(mut error: ServerError, code: &str) -> ServerError {
    error.extensions.get_or_insert_with(ErrorExtensionValues::default).set("code", code);
    error
}

#[cfg(test)]
mod tests {
    use super::*;
    use async_graphql::PathSegment;

    fn sealed(message: &str, invalid: bool) -> (String, String) {
        let error = ServerError::new(message, None).with_path(vec![PathSegment::Index(0)]);
        let error = seal(vec![error], invalid).remove(0);
        let code = error.extensions.as_ref().and_then(|extensions| extensions.get("code")).map(ToString::to_string);
        (error.message, code.unwrap_or_default())
    }

    #[test]
    fn a_code_is_kept_and_a_missing_one_is_internal() {
        let table = [
            ("SELECT * FROM account", false, "Internal error", "\"INTERNAL\""),
            ("Unknown field \"x\"", true, "Unknown field \"x\"", "\"GRAPHQL_VALIDATION_FAILED\""),
            ("Failed to parse \"Gtin\": wrong length", false, "Failed to parse \"Gtin\": wrong length", "\"BAD_USER_INPUT\""),
        ];
        for (message, invalid, shown, code) in table {
            assert_eq!(sealed(message, invalid), (shown.to_owned(), code.to_owned()));
        }
        let kept = seal(vec![coded("No such listing.", "NOT_FOUND")], false);
        assert_eq!(kept, vec![coded("No such listing.", "NOT_FOUND")]);
    }

    #[test]
    fn errors_are_bounded_in_number_and_length() {
        let many = (0..50).map(|_| ServerError::new("đ".repeat(5_000), None)).collect();
        let sealed = seal(many, true);
        assert_eq!((sealed.len(), sealed[0].message.chars().count()), (10, 300));
    }
}
