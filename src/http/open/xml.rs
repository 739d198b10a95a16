//! XML text.

use quick_xml::escape::escape;

/// An element with a text; nothing for an empty text.
pub(super) fn element(name: &str, text: &str) -> String {
    if text.is_empty() { String::new() } else { format!("<{name}>{}</{name}>", escaped(text)) }
}

/// A text between tags or in an attribute: marked up, without the characters that XML 1.0 (2.2) forbids.
pub(super) fn escaped(text: &str) -> String {
    let allowed: String = text
        .chars()
        .filter(|c| !c.is_control() || matches!(c, '\t' | '\n' | '\r'))
        .filter(|c| !matches!(c, '\u{fffe}' | '\u{ffff}'))
        .collect();
    escape(allowed.as_str()).into_owned()
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;
    use quick_xml::{Reader, events::Event};

    #[test]
    fn empty_elements_are_left_out() {
        assert_eq!(element("a", ""), "");
        assert_eq!(element("a", "x < y & \"z\"\u{0}"), "<a>x &lt; y &amp; &quot;z&quot;</a>");
    }

    proptest! {
        #[test]
        fn whatever_people_write_is_read_back(text in "\\PC{1,40}") {
            let element = element("a", &text);
            let mut reader = Reader::from_str(&element);
            let mut read = String::new();
            loop {
                match reader.read_event().expect("well-formed") {
                    Event::Text(part) => read.push_str(&part),
                    Event::GeneralRef(name) => {
                        read.push_str(quick_xml::escape::resolve_predefined_entity(&name).expect("known"));
                    }
                    Event::Eof => break,
                    _ => {}
                }
            }
            let kept: String = text.chars().filter(|c| !matches!(c, '\u{fffe}' | '\u{ffff}')).collect();
            prop_assert_eq!(read, kept);
        }
    }
}
