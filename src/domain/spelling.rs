//! The ways in which one Vietnamese word is written: where the tone stands, `i` or `y`, keystrokes that an input method left behind.

use unicode_normalization::{UnicodeNormalization, char::is_combining_mark};

/// Initials after which a final `i` and `y` sound alike and both are written (kỉ/kỷ, lí/lý, mì/mỳ).
const ALIKE: [&str; 8] = ["h", "k", "l", "m", "qu", "s", "t", "v"];
/// Open rhymes whose tone stands on the first letter (hòa) or the second (hoà).
const RHYMES: [&str; 3] = ["oa", "oe", "uy"];

const BREVE: char = '\u{306}';
const CIRCUMFLEX: char = '\u{302}';
const HORN: char = '\u{31b}';
/// Keys that stand for tones; after a vowel they are no letters of a Vietnamese word.
const TONE_KEYS: [(char, char); 5] = [('s', '\u{301}'), ('f', '\u{300}'), ('r', '\u{309}'), ('x', '\u{303}'), ('j', '\u{323}')];

/// A lower-case word with its tone where the older rule puts it, on the first letter of an open `oa`, `oe`, `uy`: `hoà` is `hòa`.
/// After `q`, the `u` belongs to the initial and takes no tone.
pub fn standard_tone(word: &str) -> String {
    let mut letters = letters(word);
    if let [.., first, second] = letters.as_mut_slice() {
        let rhyme: String = [first.0, second.0].iter().collect();
        let open = RHYMES.contains(&rhyme.as_str()) && first.1.is_empty();
        if open && !second.1.is_empty() {
            first.1 = std::mem::take(&mut second.1);
        }
    }
    let after_q = letters.len() > 2 && letters[letters.len() - 3].0 == 'q';
    if after_q { word.nfc().collect() } else { compose(&letters) }
}

/// The same word with `i` for `y` or `y` for `i`, where both are usual: `quý` and `quí`, `mỳ` and `mì`, `quýt` and `quít`.
pub fn twin(word: &str) -> Option<String> {
    let mut letters = letters(word);
    let plain: String = letters.iter().map(|l| l.0).collect();
    let at = letters.len().checked_sub(1)?;
    let at = if plain.starts_with("qu") && plain.len() > 2 { 2 } else { at };
    let initial = plain.chars().take(at).collect::<String>();
    if !ALIKE.contains(&initial.as_str()) {
        return None;
    }
    let letter = letters.get_mut(at)?;
    letter.0 = match letter.0 {
        'i' => 'y',
        'y' => 'i',
        _ => return None,
    };
    Some(compose(&letters))
}

/// What somebody meant whose input method (Telex) was off: `dduwowngf` is `đường`. `None` when the word has no sign of it.
pub fn untelex(word: &str) -> Option<String> {
    if word.chars().count() < 2 || !word.chars().all(|c| c.is_ascii_lowercase()) {
        return None;
    }
    let (mut letters, mut tone): (Vec<(char, String)>, _) = (Vec::new(), None);
    for c in word.chars() {
        let last = letters.last_mut();
        let seen = last.as_ref().is_some_and(|l| l.1.is_empty());
        let base = last.as_ref().map(|l| l.0);
        match (c, base, last) {
            ('w', Some('a'), Some(last)) if seen => last.1.push(BREVE),
            ('w', Some('o' | 'u'), Some(last)) if seen => last.1.push(HORN),
            ('w', ..) => letters.push(('u', HORN.to_string())),
            ('a' | 'e' | 'o', Some(base), Some(last)) if base == c && seen => last.1.push(CIRCUMFLEX),
            ('d', Some('d'), Some(last)) => last.0 = 'đ',
            _ => match TONE_KEYS.iter().find(|(key, _)| *key == c).filter(|_| letters.iter().any(is_vowel)) {
                Some((_, mark)) => tone = Some(*mark),
                None => letters.push((c, String::new())),
            },
        }
    }
    if let (Some(mark), Some(at)) = (tone, tone_place(&letters)) {
        letters[at].1.push(mark);
    }
    let read = compose(&letters);
    (read != word).then_some(read)
}

/// Which letter takes the tone: a vowel with a mark, the last of them; otherwise the last vowel before a final consonant, the middle one
/// of three, the first of two.
fn tone_place(letters: &[(char, String)]) -> Option<usize> {
    if let Some(marked) = letters.iter().rposition(|l| is_vowel(l) && !l.1.is_empty()) {
        return Some(marked);
    }
    let initial = match letters {
        [first, second, third, ..] if is_vowel(third) && matches!((first.0, second.0), ('q', 'u') | ('g', 'i')) => 2,
        _ => letters.iter().position(is_vowel)?,
    };
    let vowels = letters[initial..].iter().take_while(|l| is_vowel(l)).count();
    let is_closed = initial + vowels < letters.len();
    Some(match vowels {
        0 | 1 => initial,
        2 if is_closed => initial + 1,
        2 => initial,
        _ => initial + 1,
    })
}

const fn is_vowel(letter: &(char, String)) -> bool {
    matches!(letter.0, 'a' | 'e' | 'i' | 'o' | 'u' | 'y')
}

/// The letters of a word with the marks on each.
fn letters(word: &str) -> Vec<(char, String)> {
    let mut letters: Vec<(char, String)> = Vec::new();
    for c in word.nfd() {
        match letters.last_mut() {
            Some(last) if is_combining_mark(c) => last.1.push(c),
            _ => letters.push((c, String::new())),
        }
    }
    letters
}

fn compose(letters: &[(char, String)]) -> String {
    letters.iter().flat_map(|(letter, marks)| std::iter::once(*letter).chain(marks.chars())).nfc().collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn tones_stand_in_one_place() {
        for (word, expected) in [
            ("hoà", "hòa"),
            ("hòa", "hòa"),
            ("thuỷ", "thủy"),
            ("xoá", "xóa"),
            ("khoẻ", "khỏe"),
            ("hoàn", "hoàn"),
            ("quý", "quý"),
            ("quà", "quà"),
            ("cá", "cá"),
            ("a", "a"),
            ("", ""),
        ] {
            assert_eq!(standard_tone(word), expected, "{word}");
            let decomposed: String = word.nfd().collect();
            assert_eq!(standard_tone(&decomposed), expected, "{word} decomposed");
        }
    }

    #[test]
    fn i_and_y_are_twins_where_both_are_written() {
        for (word, expected) in [
            ("quý", Some("quí")),
            ("quí", Some("quý")),
            ("quýt", Some("quít")),
            ("mỳ", Some("mì")),
            ("lý", Some("lí")),
            ("ty", Some("ti")),
            ("thủy", None),
            ("tay", None),
            ("chi", None),
            ("y", None),
            ("", None),
        ] {
            assert_eq!(twin(word).as_deref(), expected, "{word}");
        }
    }

    #[test]
    fn keystrokes_are_read() {
        for (word, expected) in [
            ("dduwowngf", Some("đường")),
            ("dduwowfng", Some("đường")),
            ("maatj", Some("mật")),
            ("thijt", Some("thịt")),
            ("nwowcs", Some("nước")),
            ("ruwowuj", Some("rượu")),
            ("caf", Some("cà")),
            ("cuar", Some("của")),
            ("hoas", Some("hóa")),
            ("quys", Some("quý")),
            ("giaf", Some("già")),
            ("ngoaif", Some("ngoài")),
            ("tuyeets", Some("tuyết")),
            ("khuyur", Some("khuỷu")),
            ("ddi", Some("đi")),
            ("cam", None),
            ("sr", None),
            ("xanh", None),
            ("f", None),
            ("đường", None),
            ("100g", None),
            ("tr", None),
            ("w", None),
            ("tw", Some("tư")),
        ] {
            assert_eq!(untelex(word).as_deref(), expected, "{word}");
        }
    }

    proptest! {
        #[test]
        fn a_twin_is_the_others_twin(word in "[a-zđăâêôơưýíỳì]{0,6}") {
            if let Some(other) = twin(&word) {
                prop_assert_eq!(twin(&other), Some(word.nfc().collect::<String>()));
            }
        }

        #[test]
        fn a_moved_tone_stays(word: String) {
            let once = standard_tone(&word);
            prop_assert_eq!(standard_tone(&once), once.clone());
        }
    }
}
