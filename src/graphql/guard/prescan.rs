//! One pass over the bytes of a document, before any parser: how many tokens, how deep the brackets.
//!
//! It must never see fewer brackets than the parser would. Three things make that true: a string that does not end is
//! refused (the parser would take `"""` without an end for an empty string and read on); numbers end where the parser's
//! grammar ends them (`00-1` is three); and whatever is unknown counts as a token.

use crate::graphql::guard::limits::Limits;
use crate::graphql::guard::rejection::Rejection;
use async_graphql::Pos;

/// Refuses a document with too many tokens, brackets too deep, or a string that does not end.
///
/// # Errors
/// Names the limit and the place where it was passed.
pub fn prescan(query: &str, limits: &Limits) -> Result<(), Rejection> {
    let bytes = query.as_bytes();
    let (mut at, mut tokens, mut nesting) = (0, 0u64, 0u32);
    while at < bytes.len() {
        if let Some(end) = ignored_end(bytes, at) {
            at = end;
            continue;
        }
        tokens += 1;
        match bytes[at] {
            b'{' | b'[' | b'(' => nesting += 1,
            b'}' | b']' | b')' => nesting = nesting.saturating_sub(1),
            _ => {}
        }
        if tokens > limits.tokens {
            let message = format!("The document has more than {} tokens. Split it into several requests.", limits.tokens);
            return Err(Rejection::input(message, Some(position(query, at))));
        }
        if nesting > limits.nesting {
            let message = format!("The document nests brackets more than {} deep. Pass nested values as variables.", limits.nesting);
            return Err(Rejection::input(message, Some(position(query, at))));
        }
        at = token_end(bytes, at).ok_or_else(|| Rejection::syntax("This string does not end.", Some(position(query, at))))?;
    }
    Ok(())
}

/// Where the white space, comma, byte order mark or comment at `at` ends, if there is one.
fn ignored_end(bytes: &[u8], at: usize) -> Option<usize> {
    match bytes[at] {
        b' ' | b'\t' | b',' | b'\n' | b'\r' => Some(at + 1),
        b'#' => Some(run_end(bytes, at, |byte| !matches!(byte, b'\n' | b'\r'))),
        0xEF if bytes[at..].starts_with("\u{feff}".as_bytes()) => Some(at + 3),
        _ => None,
    }
}

/// Where the token at `at` ends; `None` for a string without an end.
fn token_end(bytes: &[u8], at: usize) -> Option<usize> {
    match bytes[at] {
        b'"' if bytes[at..].starts_with(b"\"\"\"") => block_string_end(bytes, at + 3),
        b'"' => string_end(bytes, at + 1),
        b'A'..=b'Z' | b'a'..=b'z' | b'_' => Some(run_end(bytes, at, |byte| byte.is_ascii_alphanumeric() || byte == b'_')),
        b'0'..=b'9' => Some(number_end(bytes, at)),
        b'-' if bytes.get(at + 1).is_some_and(u8::is_ascii_digit) => Some(number_end(bytes, at + 1)),
        b'.' if bytes[at..].starts_with(b"...") => Some(at + 3),
        byte if byte.is_ascii() => Some(at + 1),
        _ => Some(run_end(bytes, at + 1, |byte| byte & 0xC0 == 0x80)),
    }
}

fn run_end(bytes: &[u8], from: usize, belongs: impl Fn(u8) -> bool) -> usize {
    bytes[from..].iter().position(|byte| !belongs(*byte)).map_or(bytes.len(), |length| from + length)
}

fn string_end(bytes: &[u8], from: usize) -> Option<usize> {
    let mut at = from;
    loop {
        match bytes.get(at)? {
            b'"' => return Some(at + 1),
            b'\n' | b'\r' => return None,
            // The escaped byte is part of the string, unless it is the end of the line, which nothing escapes.
            b'\\' if !matches!(bytes.get(at + 1), Some(b'\n' | b'\r')) => at += 2,
            _ => at += 1,
        }
    }
}

fn block_string_end(bytes: &[u8], from: usize) -> Option<usize> {
    let mut at = from;
    while at < bytes.len() {
        match &bytes[at..] {
            [b'"', b'"', b'"', ..] => return Some(at + 3),
            [b'\\', b'"', b'"', b'"', ..] => at += 4,
            _ => at += 1,
        }
    }
    None
}

/// A leading zero is a number of its own: the parser reads `[00]` as two.
fn number_end(bytes: &[u8], digits: usize) -> usize {
    let is_digit = |byte: u8| byte.is_ascii_digit();
    let mut end = if bytes[digits] == b'0' { digits + 1 } else { run_end(bytes, digits, is_digit) };
    if bytes.get(end) == Some(&b'.') && bytes.get(end + 1).is_some_and(u8::is_ascii_digit) {
        end = run_end(bytes, end + 1, is_digit);
    }
    if matches!(bytes.get(end), Some(b'e' | b'E')) {
        let sign = usize::from(matches!(bytes.get(end + 1), Some(b'+' | b'-')));
        if bytes.get(end + 1 + sign).is_some_and(u8::is_ascii_digit) {
            end = run_end(bytes, end + 1 + sign, is_digit);
        }
    }
    end
}

fn position(query: &str, at: usize) -> Pos {
    let before = query.get(..at).unwrap_or_default();
    let line_start = before.rfind('\n').map_or(0, |newline| newline + 1);
    Pos { line: before.matches('\n').count() + 1, column: before[line_start..].chars().count() + 1 }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::graphql::guard::RejectionCode;
    use proptest::prelude::*;

    fn limits(tokens: u64, nesting: u32) -> Limits {
        Limits { tokens, nesting, ..Limits::default() }
    }

    /// How many tokens the scan sees: the smallest limit it lets pass.
    fn count(query: &str) -> u64 {
        (0..200).find(|tokens| prescan(query, &limits(*tokens, 64)).is_ok()).expect("under 200 tokens")
    }

    #[test]
    fn counts_what_the_grammar_counts() {
        let table = [
            ("", 0),
            (" ,\t\r\n\u{feff}# all { ignored [", 0),
            ("{ a }", 3),
            ("a1_B", 1),
            ("...on", 2),
            ("..", 2),
            ("-1.5e+10", 1),
            ("1e5 1.5 0 -0", 4),
            ("[0000]", 6),
            ("1-1-1", 3),
            ("1.x", 3),
            ("1ex", 2),
            ("- 1", 2),
            (r#""a [ \" { b""#, 1),
            (r#""" "" "#, 2),
            (r#""""""""#, 2 - 1),
            ("\"\"\"a \" \\\"\"\" [\n{ \"\"\"", 1),
            ("đ é", 2),
            ("a#b\nc#d\re", 3),
        ];
        for (query, tokens) in table {
            assert_eq!(count(query), tokens, "{query:?}");
        }
    }

    #[test]
    fn brackets_of_all_kinds_share_one_depth() {
        let query = "{a(b:[{c:1}])}";
        assert!(prescan(query, &limits(100, 4)).is_ok());
        let refused = prescan(query, &limits(100, 3)).unwrap_err();
        assert_eq!((refused.code, refused.location), (RejectionCode::BadUserInput, Some(Pos { line: 1, column: 7 })));
    }

    #[test]
    fn a_string_without_end_is_refused_because_the_parser_would_read_on() {
        for query in ["{a(b:\"x", "{a(b:\"x\n\")}", "{a(b:\"x\\\n\")}", "{a(b:[\"\"\" \"[[[[[])}", "{\"\"\" \\\"\"\"", "\"\\", "\"\"\""] {
            assert_eq!(prescan(query, &limits(100, 64)).unwrap_err().code, RejectionCode::ParseFailed, "{query:?}");
        }
    }

    #[test]
    fn the_place_is_counted_in_lines_and_characters() {
        assert_eq!(position("a\nđđ[", "a\nđđ".len()), Pos { line: 2, column: 3 });
    }

    #[derive(Debug, Clone, Copy)]
    struct Piece {
        text: &'static str,
        tokens: u64,
    }

    fn piece() -> impl Strategy<Value = Piece> {
        let table = [
            ("name", 1),
            ("-1.5e3", 1),
            ("\"[{(\"", 1),
            ("\"\"\"[{(\\\"\"\" \"\"\"", 1),
            ("# [{(", 0),
            ("...", 1),
            ("$", 1),
            ("{", 1),
            ("[", 1),
            ("(", 1),
            ("}", 1),
            ("]", 1),
            (")", 1),
        ];
        prop::sample::select(table.map(|(text, tokens)| Piece { text, tokens }).to_vec())
    }

    proptest! {
        #[test]
        fn never_panics(query in ".{0,200}") {
            let _ = prescan(&query, &limits(50, 5));
        }

        #[test]
        fn refuses_exactly_what_is_over_a_limit(pieces in prop::collection::vec(piece(), 0..60)) {
            let query: String = pieces.iter().map(|piece| format!("{}\n", piece.text)).collect();
            let tokens: u64 = pieces.iter().map(|piece| piece.tokens).sum();
            let (mut open, mut deepest) = (0u32, 0u32);
            for piece in &pieces {
                match piece.text {
                    "{" | "[" | "(" => open += 1,
                    "}" | "]" | ")" => open = open.saturating_sub(1),
                    _ => {}
                }
                deepest = deepest.max(open);
            }
            prop_assert_eq!(prescan(&query, &limits(40, 8)).is_ok(), tokens <= 40 && deepest <= 8);
        }
    }
}
