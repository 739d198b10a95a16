//! Vietnamese text: one normal form for storing, one fold for searching, slugs for addresses.
//!
//! The fold is written here, not in the database, so that both engines find the same rows. `đ` is a letter of its own in
//! Unicode and does not decompose, therefore it is mapped by hand together with its look-alikes.

use unicode_normalization::{UnicodeNormalization, char::is_combining_mark};

const MAX_SLUG: usize = 80;

/// Text as it is stored: NFC, no control characters, runs of white space as one space, trimmed.
pub fn nfc(text: &str) -> String {
    words(text.nfc().map(|c| if c.is_control() { ' ' } else { c }), |c| !c.is_whitespace(), ' ')
}

/// Text of several lines as it is stored: like [`nfc`], but line breaks stay.
pub fn nfc_lines(text: &str) -> String {
    text.lines().map(nfc).collect::<Vec<_>>().join("\n").trim().to_owned()
}

/// Text as it is searched: without accents, lower case, every run of other characters as one space.
pub fn fold(text: &str) -> String {
    words(folded(text), |c| c.is_alphanumeric(), ' ')
}

/// A handle for addresses: `a-z0-9-`, at most 80 characters; empty when the text has no letter or digit that folds to ASCII.
pub fn slug(text: &str) -> String {
    let slug = words(folded(text), |c| c.is_ascii_alphanumeric(), '-');
    let cut: String = slug.chars().take(MAX_SLUG).collect();
    cut.trim_end_matches('-').to_owned()
}

fn folded(text: &str) -> impl Iterator<Item = char> + '_ {
    text.nfd().filter(|c| !is_combining_mark(*c)).flat_map(char::to_lowercase).filter(|c| !is_combining_mark(*c)).map(|c| match c {
        'đ' | 'ð' | 'ɖ' => 'd',
        other => other,
    })
}

fn words(chars: impl Iterator<Item = char>, keep: impl Fn(char) -> bool, gap: char) -> String {
    let mut out = String::new();
    let mut pending = false;
    for c in chars {
        if keep(c) {
            if pending && !out.is_empty() {
                out.push(gap);
            }
            pending = false;
            out.push(c);
        } else {
            pending = true;
        }
    }
    out
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn folds_vietnamese() {
        for (text, expected) in [
            ("Đường thốt nốt", "duong thot not"),
            ("Mắm cá lóc đồng", "mam ca loc dong"),
            ("nước  RƯỢU", "nuoc ruou"),
            ("hoà tan", "hoa tan"),
            ("hòa tan", "hoa tan"),
            ("Thủy / Thuỷ", "thuy thuy"),
            ("Ðà Lạt ð Ɖ", "da lat d d"),
            ("Trà xanh hộp 100 g", "tra xanh hop 100 g"),
            ("a & b\u{0}'; DROP--", "a b drop"),
            ("  ", ""),
            ("🍯", ""),
        ] {
            assert_eq!(fold(text), expected, "{text:?}");
        }
    }

    #[test]
    fn slugs_are_plain() {
        for (text, expected) in [
            ("Mật ong Bạc hà Cao nguyên đá", "mat-ong-bac-ha-cao-nguyen-da"),
            ("HTX Nông nghiệp – Thương mại", "htx-nong-nghiep-thuong-mai"),
            ("--a--", "a"),
            ("日本", ""),
        ] {
            assert_eq!(slug(text), expected);
        }
        assert_eq!(slug(&"ab ".repeat(60)).len(), 80);
    }

    #[test]
    fn stored_text_is_nfc_without_control_characters() {
        assert_eq!(nfc("  Trà\u{7}\u{0} \t Shan\n"), "Trà Shan");
        assert_eq!(nfc("a\u{0302}\u{0301}"), "ấ");
        assert_eq!(nfc_lines(" a \r\n\n b\u{8} "), "a\n\nb");
    }

    proptest! {
        #[test]
        fn folding_twice_changes_nothing(text: String) {
            prop_assert_eq!(fold(&fold(&text)), fold(&text));
        }

        #[test]
        fn normal_forms_fold_alike(text: String) {
            prop_assert_eq!(fold(&text.nfc().collect::<String>()), fold(&text.nfd().collect::<String>()));
        }

        #[test]
        fn slugs_keep_their_alphabet(text: String) {
            let slug = slug(&text);
            prop_assert!(slug.bytes().all(|b| b.is_ascii_lowercase() || b.is_ascii_digit() || b == b'-'));
            prop_assert!(!slug.starts_with('-') && !slug.ends_with('-') && slug.len() <= MAX_SLUG);
        }
    }
}
