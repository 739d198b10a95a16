//! Search: what of a row can be found, what a query asks for, and which rows come first. Both engines work on the texts made here, so that
//! they find the same.
//!
//! A row's text is its fields one after another, folded, each closed by a sign of its own: a word stands "in the name" when the sign of the
//! name follows it. Beside it stands the same text with its accents.

use std::collections::HashSet;
use unicode_normalization::{UnicodeNormalization, char::is_combining_mark};

use crate::domain::{
    fold::fold,
    spelling::{standard_tone, twin, untelex},
};

/// Most characters of a query.
pub const MAX_QUERY: usize = 200;
/// Most words of a query.
pub const MAX_WORDS: usize = 10;
/// Signs that close the fields of a text, the weightiest first; the last field needs none.
pub const CLOSINGS: [char; 3] = ['|', '~', '^'];
/// Places a field can have: name, producer, commune, description.
pub const LEVELS: usize = CLOSINGS.len() + 1;
const WORD: usize = 40;
/// Words of a row that can be found; names are far shorter, descriptions are cut.
const ROW_WORDS: usize = 150;
/// Letters from which a word may be wrong by one, and by two.
const ONE_SLIP: usize = 3;
const TWO_SLIPS: usize = 7;
/// Letters from which a misspelt word is told from others without another beside it.
const LONG: usize = 5;
/// Words that exist of which one may still be wrong.
const FEW: usize = 3;
/// Letters from which the only word may be unfinished; after other words one is enough.
const PREFIX: usize = 2;

/// What of a row can be found.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Findable {
    /// The words folded: ` mat ong | htx dong van ~ lung cu ^ hoa bac ha `.
    pub folded: String,
    /// The same words with accents, their tones in one place.
    pub exact: String,
}

/// A way of writing a word that is looked for.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Form {
    /// Without accents.
    pub folded: String,
    /// With accents as typed.
    pub exact: String,
    /// Words that begin so count too.
    pub is_prefix: bool,
}

/// A word that must occur, in one of its forms.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Term {
    /// At least one.
    pub forms: Vec<Form>,
}

/// What is looked for; all terms must occur.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Query {
    /// Empty when the query had no letter or digit: nothing is found.
    pub terms: Vec<Term>,
    /// Typed with accents, so that rows which have the same come first.
    pub has_accents: bool,
}

/// Why a query is not looked for.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum QueryError {
    /// Too many characters.
    #[error("search takes at most {MAX_QUERY} characters.")]
    TooLong,
    /// Too many words.
    #[error("search takes at most {MAX_WORDS} words; leave some out.")]
    TooManyWords,
}

/// A word folded, and with its accents.
type Word = (String, String);

impl Findable {
    /// The text of a row from its fields, the weightiest first; at most [`LEVELS`]. A word that an earlier field has is not repeated.
    pub fn of(fields: &[&str]) -> Self {
        let (mut folded, mut exact, mut known) = (String::from(" "), String::from(" "), HashSet::new());
        for (level, field) in (0..LEVELS).zip(fields.iter().chain(std::iter::repeat(&""))) {
            for word in words(field) {
                if known.len() < ROW_WORDS && !known.contains(&word) {
                    folded.push_str(&word.0);
                    folded.push(' ');
                    exact.push_str(&word.1);
                    exact.push(' ');
                    known.insert(word);
                }
            }
            if let Some(closing) = CLOSINGS.get(level) {
                for text in [&mut folded, &mut exact] {
                    text.push(*closing);
                    text.push(' ');
                }
            }
        }
        Self { folded, exact }
    }

    /// The folded words that people may have meant when they typed another: of letters alone.
    pub fn vocabulary(&self) -> impl Iterator<Item = &str> {
        self.folded.split(' ').filter(|word| is_word(word))
    }

    /// The words of this row that a query found, with their accents: what its writer meant. With the accents that were asked for, if it has
    /// them.
    pub fn meant(&self, query: &Query) -> Option<String> {
        let words: Vec<_> = self.folded.split(' ').zip(self.exact.split(' ')).collect();
        let found = query.terms.iter().map(|term| {
            let of = |fits: &dyn Fn(&Form, &(&str, &str)) -> bool| term.forms.iter().find_map(|form| words.iter().find(|w| fits(form, w)));
            let asked = of(&|form, w| query.has_accents && w.1 == form.exact);
            let begun = || of(&|form, w| form.is_prefix && query.has_accents && w.1.starts_with(&form.exact));
            let whole = || of(&|form, w| w.0 == form.folded);
            let any = || of(&|form, w| form.is_prefix && w.0.starts_with(&form.folded));
            asked.or_else(begun).or_else(whole).or_else(any).map(|w| w.1.to_owned())
        });
        found.collect::<Option<Vec<_>>>().map(|words| words.join(" "))
    }
}

impl Term {
    fn typed(&self) -> &str {
        self.forms.first().map(|form| form.folded.as_str()).unwrap_or_default()
    }

    fn letters(&self) -> usize {
        self.typed().chars().count()
    }

    /// Whether it is one of the words that are misspelt: numbers and single letters are taken as they are.
    pub fn is_word(&self) -> bool {
        is_word(self.typed())
    }

    /// The query for it alone, in any accents.
    pub fn alone(&self) -> Query {
        Query { terms: vec![self.clone()], has_accents: false }
    }

    /// One of the words of a vocabulary that are close to it; `None` when there are none.
    fn respelt(&self, vocabulary: &[String], most: usize) -> Option<Self> {
        // Whoever sets the accents of a short word has looked at it.
        if self.letters() <= ONE_SLIP && self.forms.first().is_some_and(|form| form.exact != form.folded) {
            return None;
        }
        let mut close: Vec<_> = vocabulary.iter().filter_map(|word| Some((distance(self.typed(), word)?, word))).collect();
        close.sort();
        close.truncate(most);
        let forms: Vec<_> =
            close.into_iter().map(|(_, word)| Form { folded: word.clone(), exact: word.clone(), is_prefix: false }).collect();
        (!forms.is_empty()).then_some(Self { forms })
    }
}

impl Query {
    /// Reads what somebody typed; `None` when it is blank.
    ///
    /// # Errors
    /// When it is longer than anybody needs.
    pub fn read(text: &str) -> Result<Option<Self>, QueryError> {
        if text.trim().is_empty() {
            return Ok(None);
        }
        if text.chars().count() > MAX_QUERY {
            return Err(QueryError::TooLong);
        }
        let words: Vec<Word> = words(text).collect();
        if words.len() > MAX_WORDS {
            return Err(QueryError::TooManyWords);
        }
        Ok(Some(Self::of(words)))
    }

    /// What was meant if the input method was off; `None` when nothing speaks for it.
    pub fn untelexed(&self) -> Option<Self> {
        let typed = || self.terms.iter().filter_map(|t| t.forms.first());
        let read: Vec<_> = typed().map(|form| untelex(&form.exact)).collect();
        if read.iter().all(Option::is_none) {
            return None;
        }
        let words = typed().zip(read).map(|(form, read)| match read {
            Some(read) => (fold(&read), standard_tone(&read)),
            None => (form.folded.clone(), form.exact.clone()),
        });
        Some(Self::of(words.collect()))
    }

    /// What may have been meant if words were misspelt, the likeliest first. `exists` says of each word whether anything that may be seen has
    /// it. Words that nothing has are replaced by up to `most` words of the vocabulary that are close; where each exists, but not together,
    /// one of three or more is, the longest first. Nothing when too little is certain: no other word exists, and not all are long enough to
    /// be told from others.
    pub fn respellings(&self, exists: &[bool], vocabulary: &[String], most: usize) -> Vec<Self> {
        let doubtful = self.doubtful(exists);
        let is_known = |at: &usize| exists.get(*at) == Some(&true);
        let tries: Vec<Vec<usize>> = match doubtful.len() {
            _ if !doubtful.iter().all(is_known) => vec![doubtful],
            // Two words that exist are more likely meant as they are.
            0..FEW => Vec::new(),
            _ => doubtful.into_iter().map(|at| vec![at]).collect(),
        };
        tries.into_iter().filter_map(|places| self.replaced(&places, exists, (vocabulary, most))).collect()
    }

    /// The words close to those that may be misspelt: their first letter, fewest and most letters.
    pub fn near(&self, exists: &[bool]) -> Vec<(char, usize, usize)> {
        let near = self.doubtful(exists).into_iter().filter_map(|at| {
            let (first, length) = (self.terms[at].typed().chars().next()?, self.terms[at].letters());
            Some((first, length.saturating_sub(slips(length)), length + slips(length)))
        });
        near.collect()
    }

    /// The places of words that may be misspelt: those that nothing has, or else all, the longest first.
    fn doubtful(&self, exists: &[bool]) -> Vec<usize> {
        let mut words: Vec<usize> = (0..self.terms.len()).filter(|at| self.terms[*at].is_word()).collect();
        let unknown: Vec<usize> = words.iter().copied().filter(|at| exists.get(*at) != Some(&true)).collect();
        words.sort_by_key(|at| std::cmp::Reverse(self.terms[*at].letters()));
        if unknown.is_empty() { words } else { unknown }
    }

    fn replaced(&self, places: &[usize], exists: &[bool], (vocabulary, most): (&[String], usize)) -> Option<Self> {
        let words = || self.terms.iter().enumerate().filter(|(_, term)| term.is_word());
        let is_certain = words().any(|(at, _)| exists.get(at) == Some(&true) && !places.contains(&at))
            || words().all(|(_, term)| term.letters() >= LONG);
        let replaced = |(at, term): (usize, &Term)| if places.contains(&at) { term.respelt(vocabulary, most) } else { Some(term.clone()) };
        let terms = self.terms.iter().enumerate().map(replaced).collect::<Option<Vec<_>>>()?;
        (is_certain && !places.is_empty()).then_some(Self { terms, has_accents: false })
    }

    fn of(words: Vec<Word>) -> Self {
        let has_accents = words.iter().any(|(folded, exact)| folded != exact);
        let last = words.len().saturating_sub(1);
        let term = |(at, (folded, exact)): (usize, Word)| {
            let twin = twin(&exact).map(|other| Form { folded: fold(&other), exact: other, is_prefix: false });
            let is_prefix = at == last && (at > 0 || folded.chars().count() >= PREFIX);
            let typed = Form { folded, exact, is_prefix };
            Term { forms: std::iter::once(typed).chain(twin).collect() }
        };
        Self { terms: words.into_iter().enumerate().map(term).collect(), has_accents }
    }
}

/// The words of a text in their order.
fn words(text: &str) -> impl Iterator<Item = Word> {
    let lower: String = text.nfd().filter(|c| !is_invisible(*c)).flat_map(char::to_lowercase).collect();
    let belongs = |c: char| c.is_alphanumeric() || is_combining_mark(c);
    let parts: Vec<Word> = lower.split(|c| !belongs(c)).filter_map(word).collect();
    parts.into_iter()
}

/// Signs that copied text brings along inside words: soft hyphen, joiners, byte order mark.
const fn is_invisible(c: char) -> bool {
    matches!(c, '\u{ad}' | '\u{200c}' | '\u{200d}' | '\u{2060}' | '\u{feff}')
}

fn word(part: &str) -> Option<Word> {
    let clipped: String = part.nfc().take(WORD).collect();
    let folded = fold(&clipped).replace(' ', "");
    let exact = standard_tone(&clipped.replace(['ð', 'ɖ'], "đ"));
    (!folded.is_empty()).then_some((folded, exact))
}

fn is_word(text: &str) -> bool {
    text.chars().count() >= 2 && text.chars().all(char::is_alphabetic)
}

/// How many slips a word of so many letters may have.
const fn slips(letters: usize) -> usize {
    match letters {
        TWO_SLIPS.. => 2,
        ONE_SLIP.. => 1,
        _ => 0,
    }
}

/// How many slips another word is from what was typed; `None` when it is too far, or the same. Few people slip on the first letter.
fn distance(typed: &str, word: &str) -> Option<usize> {
    let (length, allowed) = (word.chars().count(), slips(typed.chars().count()));
    if typed.chars().next() != word.chars().next() || length.abs_diff(typed.chars().count()) > allowed {
        return None;
    }
    Some(strsim::damerau_levenshtein(typed, word)).filter(|slips| (1..=allowed).contains(slips))
}

#[cfg(test)]
#[path = "search_tests.rs"]
mod tests;
