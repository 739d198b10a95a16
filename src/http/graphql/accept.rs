//! Which media type an answer is written in.

use axum::http::HeaderMap;
use axum::http::header::ACCEPT;

/// The media type of an answer.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Media {
    /// `application/graphql-response+json`: the HTTP status tells what became of the document.
    GraphqlResponse,
    /// `application/json`, for clients older than the specification: 200 even for documents that do not parse.
    Json,
    /// `text/event-stream`: answers as they come (graphql-sse, distinct connections).
    Events,
}

/// One member of an Accept header: a type and its weight in thousandths.
struct Range {
    essence: String,
    weight: u16,
}

impl Media {
    pub(super) fn content_type(self) -> &'static str {
        match self {
            Self::GraphqlResponse => "application/graphql-response+json; charset=utf-8",
            // A refusal as HTTP is no stream.
            Self::Json | Self::Events => "application/json; charset=utf-8",
        }
    }

    /// The media type the client likes best; `None` if it takes neither. Wildcards and silence mean `application/json`,
    /// so the newer type is only sent to those who name it, and events to those who like them best.
    pub(super) fn accepted(headers: &HeaderMap) -> Option<Self> {
        let values = headers.get_all(ACCEPT).iter().filter_map(|value| value.to_str().ok());
        let ranges: Vec<Range> =
            values.flat_map(|value| value.split(',')).filter(|member| !member.trim().is_empty()).filter_map(Range::read).collect();
        if ranges.is_empty() && headers.get_all(ACCEPT).iter().all(axum::http::HeaderValue::is_empty) {
            return Some(Self::Json);
        }
        let named = weight(&ranges, "application/graphql-response+json");
        let wild = weight(&ranges, "application/*").or_else(|| weight(&ranges, "*/*")).unwrap_or(0);
        let json = weight(&ranges, "application/json").unwrap_or(wild);
        let events = weight(&ranges, "text/event-stream").unwrap_or(0);
        if events > named.unwrap_or(0).max(json) {
            return Some(Self::Events);
        }
        match named {
            Some(newer) if newer > 0 && newer >= json => Some(Self::GraphqlResponse),
            None if json == 0 && wild > 0 => Some(Self::GraphqlResponse),
            _ if json > 0 => Some(Self::Json),
            _ => None,
        }
    }
}

impl Range {
    /// `None` for a range that cannot be met: all answers are UTF-8.
    fn read(member: &str) -> Option<Self> {
        let mut parts = member.split(';').map(str::trim);
        let essence = parts.next()?.to_ascii_lowercase();
        let mut weight = 1_000;
        for (name, value) in parts.filter_map(|parameter| parameter.split_once('=')) {
            match name.trim().to_ascii_lowercase().as_str() {
                "q" => weight = thousandths(value.trim()),
                "charset" if !is_utf8(value) => return None,
                _ => {}
            }
        }
        Some(Self { essence, weight })
    }
}

/// Whether a `charset` parameter means UTF-8.
pub(super) fn is_utf8(charset: &str) -> bool {
    let charset = charset.trim().trim_matches('"');
    charset.eq_ignore_ascii_case("utf-8") || charset.eq_ignore_ascii_case("utf8")
}

fn weight(ranges: &[Range], essence: &str) -> Option<u16> {
    ranges.iter().filter(|range| range.essence == essence).map(|range| range.weight).max()
}

/// RFC 9110, 12.4.2: at most three digits after the point. What is not a weight counts as no weight given.
fn thousandths(text: &str) -> u16 {
    let (whole, fraction) = text.split_once('.').unwrap_or((text, ""));
    let digits = fraction.len() <= 3 && fraction.bytes().all(|byte| byte.is_ascii_digit());
    match (whole, format!("{fraction:0<3}").parse::<u16>()) {
        ("0", Ok(weight)) if digits => weight,
        _ => 1_000,
    }
}
