//! Why a request was refused before execution, in the client's words.

use async_graphql::{ErrorExtensionValues, Pos, ServerError};

/// The longest piece of a parser's message that is passed on, in characters.
const MESSAGE_CHARS: usize = 200;

/// A request refused before execution. Nothing was done.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Rejection {
    /// The class of the fault.
    pub code: RejectionCode,
    /// What is wrong and how to put it right.
    pub message: String,
    /// The place in the document, where there is one.
    pub location: Option<Pos>,
    /// The HTTP status under `application/graphql-response+json`.
    pub http_status: u16,
}

/// The class of a refusal, as written into `extensions.code`.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum RejectionCode {
    /// The estimated cost is over the limit.
    CostLimit,
    /// Another limit is passed, or the request contradicts itself.
    BadUserInput,
    /// The document is not GraphQL.
    ParseFailed,
}

impl RejectionCode {
    /// The code as clients see it.
    #[must_use]
    pub fn as_str(self) -> &'static str {
        match self {
            Self::CostLimit => "COST_LIMIT",
            Self::BadUserInput => "BAD_USER_INPUT",
            Self::ParseFailed => "GRAPHQL_PARSE_FAILED",
        }
    }
}

impl Rejection {
    /// A limit passed or a contradiction.
    pub fn input(message: impl Into<String>, location: Option<Pos>) -> Self {
        Self { code: RejectionCode::BadUserInput, message: message.into(), location, http_status: 400 }
    }

    /// An estimated cost over the limit.
    pub fn cost(message: impl Into<String>, location: Option<Pos>) -> Self {
        Self { code: RejectionCode::CostLimit, message: message.into(), location, http_status: 400 }
    }

    /// A document no parser could read, found by the pre-scan.
    pub fn syntax(message: impl Into<String>, location: Option<Pos>) -> Self {
        Self { code: RejectionCode::ParseFailed, message: message.into(), location, http_status: 400 }
    }

    /// A document the parser could not read. The parser draws the source line; only its conclusion is kept.
    pub(super) fn unparsable(error: &async_graphql::parser::Error) -> Self {
        let text = error.to_string();
        let conclusion = text.lines().last().unwrap_or_default().trim_start_matches([' ', '=']);
        Self::syntax(conclusion.chars().take(MESSAGE_CHARS).collect::<String>(), error.positions().next())
    }
}

impl From<Rejection> for ServerError {
    fn from(rejection: Rejection) -> Self {
        let mut error = Self::new(rejection.message, rejection.location);
        let mut extensions = ErrorExtensionValues::default();
        extensions.set("code", rejection.code.as_str());
        error.extensions = Some(extensions);
        error
    }
}
