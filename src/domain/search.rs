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
/// Letters from which the last word may be unfinished.
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
        self.folded.split(' ').filter(|w| w.chars().count() >= 2 && w.chars().all(char::is_alphabetic))
    }

    /// The words of this row that a query found, with their accents: what its writer meant.
    pub fn meant(&self, query: &Query) -> Option<String> {
        let words: Vec<_> = self.folded.split(' ').zip(self.exact.split(' ')).collect();
        let found = query.terms.iter().map(|term| {
            let whole = |form: &Form| words.iter().find(|w| w.0 == form.folded);
            let begun = |form: &Form| words.iter().find(|w| form.is_prefix && w.0.starts_with(&form.folded));
            term.forms.iter().find_map(whole).or_else(|| term.forms.iter().find_map(begun)).map(|w| w.1.to_owned())
        });
        found.collect::<Option<Vec<_>>>().map(|words| words.join(" "))
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

    /// What was meant if words were misspelt: for each term up to `most` words of the vocabulary that are close to it. `None` when a term has
    /// none, or when nothing that was typed is certain: no word of the vocabulary, nor long enough to be told from others.
    pub fn respelt(&self, vocabulary: &[String], most: usize) -> Option<Self> {
        let mut is_certain = self.terms.iter().all(|t| t.forms.first().is_some_and(|f| f.folded.chars().count() >= LONG));
        let mut terms = Vec::with_capacity(self.terms.len());
        for term in &self.terms {
            let typed = &term.forms.first()?.folded;
            let mut close: Vec<_> = vocabulary.iter().filter_map(|word| Some((distance(typed, word)?, word))).collect();
            close.sort();
            // A word that exists was hardly misspelt.
            let exists = close.first()?.0 == 0;
            close.truncate(if exists { 1 } else { most });
            is_certain |= exists;
            let forms = close.into_iter().map(|(_, word)| Form { folded: word.clone(), exact: word.clone(), is_prefix: false });
            terms.push(Term { forms: forms.collect() });
        }
        (is_certain && !terms.is_empty()).then_some(Self { terms, has_accents: false })
    }

    /// How far a vocabulary must reach to hold every word close to a term: fewest and most letters.
    pub fn lengths(&self) -> (usize, usize) {
        let lengths = self.terms.iter().filter_map(|t| t.forms.first()).map(|f| f.folded.chars().count());
        let (least, most) = lengths.fold((WORD, 0), |(least, most), length| (least.min(length), most.max(length)));
        (least.saturating_sub(2), most + 2)
    }

    fn of(words: Vec<Word>) -> Self {
        let has_accents = words.iter().any(|(folded, exact)| folded != exact);
        let last = words.len().saturating_sub(1);
        let term = |(at, (folded, exact)): (usize, Word)| {
            let twin = twin(&exact).map(|other| Form { folded: fold(&other), exact: other, is_prefix: false });
            let is_prefix = at == last && folded.chars().count() >= PREFIX;
            let typed = Form { folded, exact, is_prefix };
            Term { forms: std::iter::once(typed).chain(twin).collect() }
        };
        Self { terms: words.into_iter().enumerate().map(term).collect(), has_accents }
    }
}

/// The words of a text in their order.
fn words(text: &str) -> impl Iterator<Item = Word> {
    let lower: String = text.nfd().flat_map(char::to_lowercase).collect();
    let belongs = |c: char| c.is_alphanumeric() || is_combining_mark(c);
    let parts: Vec<Word> = lower.split(|c| !belongs(c)).filter_map(word).collect();
    parts.into_iter()
}

fn word(part: &str) -> Option<Word> {
    let clipped: String = part.nfc().take(WORD).collect();
    let folded = fold(&clipped).replace(' ', "");
    let exact = standard_tone(&clipped.replace(['ð', 'ɖ'], "đ"));
    (!folded.is_empty()).then_some((folded, exact))
}

/// How many slips a word is from what was typed; `None` when it is another word. Few people slip on the first letter.
fn distance(typed: &str, word: &str) -> Option<usize> {
    if typed.chars().next() != word.chars().next() {
        return None;
    }
    let allowed = match typed.chars().count() {
        length if length >= TWO_SLIPS => 2,
        length if length >= ONE_SLIP => 1,
        _ => 0,
    };
    Some(strsim::damerau_levenshtein(typed, word)).filter(|slips| *slips <= allowed)
}

#[cfg(test)]
#[path = "search_tests.rs"]
mod tests;
