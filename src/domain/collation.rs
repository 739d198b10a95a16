//! The order of Vietnamese names (CLDR `vi`): `ă â đ ê ô ơ ư` are letters of their own; tones decide only between equal letters, in the
//! order none, huyền, hỏi, ngã, sắc, nặng; case decides nothing.
//!
//! A key is text that any database sorts by its bytes.

use unicode_normalization::UnicodeNormalization;

/// Digits and the letters in their order; a letter's place is its weight.
const ALPHABET: &str = "0123456789aăâbcdđeêfghijklmnoôơpqrstuưvwxyz";
/// Marks that are tones, in their order.
const TONES: [char; 5] = ['\u{300}', '\u{309}', '\u{303}', '\u{301}', '\u{323}'];
/// Longest key in letters; what comes later decides nothing.
const LETTERS: usize = 60;
const FIRST: u32 = 0x30;
/// Ends the letters; below the space, so that a name stands before those that go on.
const END: char = '\u{1}';

/// The key by which a name is sorted.
pub fn sort_key(name: &str) -> String {
    let (mut letters, mut tones) = (String::new(), String::new());
    let mut gap = false;
    for c in plain_letters(name).take(LETTERS) {
        match c {
            (None, _) => gap = !letters.is_empty(),
            (Some(weight), tone) => {
                if std::mem::take(&mut gap) {
                    letters.push(' ');
                    tones.push('0');
                }
                letters.push(weight);
                tones.push(tone);
            }
        }
    }
    format!("{letters}{END}{}", tones.trim_end_matches('0'))
}

/// Weight and tone of each letter; no weight for what is none.
fn plain_letters(name: &str) -> impl Iterator<Item = (Option<char>, char)> {
    let mut found: Vec<(Option<char>, char)> = Vec::new();
    let mut bases: Vec<char> = Vec::new();
    for c in name.nfd().flat_map(char::to_lowercase) {
        if let Some(tone) = TONES.iter().position(|t| *t == c) {
            if let Some(last) = found.last_mut() {
                last.1 = char::from(b"12345"[tone]);
            }
            continue;
        }
        if matches!(c, '\u{302}' | '\u{306}' | '\u{31b}') {
            if let (Some(last), Some(base)) = (found.last_mut(), bases.last()) {
                last.0 = [*base, c].iter().collect::<String>().nfc().next().and_then(weight).or(last.0);
            }
            continue;
        }
        let base = match c {
            'ð' | 'ɖ' => 'đ',
            other => other,
        };
        bases.push(base);
        found.push((weight(base), '0'));
    }
    found.into_iter()
}

/// A letter of the alphabet by its place; letters of other scripts keep their order behind it.
fn weight(letter: char) -> Option<char> {
    match ALPHABET.chars().position(|a| a == letter) {
        Some(at) => u32::try_from(at).ok().and_then(|at| char::from_u32(FIRST + at)),
        None => letter.is_alphanumeric().then_some(letter),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_stand_in_the_order_of_the_dictionary() {
        let ordered = [
            "An Khang",
            "Ăn chay",
            "Ấm trà",
            "Ba",
            "Bà",
            "Bả",
            "Bã",
            "Bá",
            "Bạ",
            "Ba ba",
            "Bánh gai",
            "Ca",
            "Cá",
            "Cà phê",
            "Cam",
            "Chè",
            "Dầu",
            "Đậu",
            "Gà",
            "Mật ong",
            "Mật ong bạc hà",
            "Mơ",
            "Mới",
            "Nước",
            "Rượu",
            "Tỏi",
            "Ua",
            "Ưa",
            "Vải",
            "Xôi",
            "Yến",
        ];
        let mut sorted = ordered.to_vec();
        sorted.sort_by_key(|name| sort_key(name));
        assert_eq!(sorted, ordered);
    }

    #[test]
    fn spelling_of_the_same_name_does_not_matter() {
        for (one, other) in [("Đà Lạt", "ĐÀ  LẠT"), ("Đà Lạt", "Ðà-Lạt"), ("mật", "ma\u{323}\u{302}t"), ("a", " a ")] {
            assert_eq!(sort_key(one), sort_key(other), "{one}");
        }
        assert!(sort_key("9") < sort_key("a") && sort_key("z") < sort_key("я"));
        assert_eq!(sort_key(""), "\u{1}");
        assert!(sort_key(&"mật ".repeat(500)).len() < 200);
    }
}
