//! Search: the words of listings, which of them a query finds, and in which order.
//!
//! What matches and what comes first is said once, in `LIKE` over texts made by `domain::search`; the full-text index of each engine only
//! saves reading the rows that can't match.

use sea_orm::{
    ActiveValue::{NotSet, Set},
    ColumnTrait, Condition, ConnectionTrait, DatabaseBackend, EntityTrait, ExprTrait, IntoSimpleExpr, QueryFilter, QueryOrder, QuerySelect,
    sea_query::{CaseStatement, Expr, OnConflict, SimpleExpr},
};
use std::collections::BTreeSet;
use uuid::Uuid;

use crate::{
    domain::{
        id::ListingId,
        search::{CLOSINGS, Findable, Form, LEVELS, Query, Term},
    },
    store::{
        Db, StoreError,
        entity::{
            listing_search::{ActiveModel, Column, Entity},
            search_word,
        },
    },
};

/// A row's rank is above its stars, of which there are at most five.
const RANK: i64 = 10;
/// Words of a vocabulary that are compared with a misspelt one.
const VOCABULARY: u64 = 20_000;
const BATCH: usize = 500;

/// Writes texts of a row where they differ from what it has.
pub(super) async fn rewrite<E: EntityTrait, const N: usize>(
    db: &impl Db,
    (key, id): (E::Column, Uuid),
    columns: [E::Column; N],
    (known, new): ([String; N], [String; N]),
) -> Result<(), StoreError> {
    if known != new {
        let texts = columns.into_iter().zip(new);
        let update = texts.fold(E::update_many(), |update, (column, text)| update.col_expr(column, Expr::value(text)));
        update.filter(key.eq(id)).exec(db.connection()).await?;
    }
    Ok(())
}

/// Writes under which words a listing is found, and learns them.
pub async fn put(db: &impl Db, found: &[(ListingId, Findable, u8)]) -> Result<(), StoreError> {
    let [folded, exact, stars] = [(Column::Folded, "folded"), (Column::Exact, "exact"), (Column::Stars, "stars")]
        .map(|(column, name)| Expr::col((Entity, column)).ne(Expr::cust(format!("excluded.{name}"))));
    let newer = OnConflict::column(Column::ListingId)
        .update_columns([Column::Folded, Column::Exact, Column::Stars])
        .action_and_where(folded.or(exact).or(stars))
        .to_owned();
    for batch in found.chunks(BATCH) {
        let rows = batch.iter().map(|(id, words, stars)| ActiveModel {
            number: NotSet,
            listing_id: Set(id.0),
            folded: Set(words.folded.clone()),
            exact: Set(words.exact.clone()),
            stars: Set((*stars).into()),
        });
        Entity::insert_many(rows).on_conflict(newer.clone()).exec_without_returning(db.connection()).await?;
    }
    // In one order, so that two writers who learn the same words don't wait for each other crosswise.
    let words: BTreeSet<&str> = found.iter().flat_map(|(_, words, _)| words.vocabulary()).collect();
    learn(db, &words.into_iter().collect::<Vec<_>>()).await
}

async fn learn(db: &impl Db, words: &[&str]) -> Result<(), StoreError> {
    for batch in words.chunks(BATCH) {
        let known = search_word::Column::Word;
        let query = search_word::Entity::find().select_only().column(known).filter(known.is_in(batch.iter().copied()));
        let known: Vec<String> = query.into_tuple().all(db.connection()).await?;
        let unknown = batch.iter().filter(|word| !known.iter().any(|k| k == *word));
        let rows: Vec<_> = unknown
            .map(|word| search_word::ActiveModel {
                word: Set((*word).to_owned()),
                letters: Set(i32::try_from(word.chars().count()).unwrap_or(i32::MAX)),
            })
            .collect();
        if !rows.is_empty() {
            let keep = OnConflict::column(search_word::Column::Word).do_nothing().to_owned();
            search_word::Entity::insert_many(rows).on_conflict(keep).exec_without_returning(db.connection()).await?;
        }
    }
    Ok(())
}

/// The words known that begin with a letter and have so many letters at least and at most, of one of these kinds.
pub async fn vocabulary(db: &impl Db, kinds: &[(char, usize, usize)]) -> Result<Vec<String>, StoreError> {
    use search_word::Column::{Letters, Word};
    if kinds.is_empty() {
        return Ok(Vec::new());
    }
    let letters = |count: usize| i32::try_from(count).unwrap_or(i32::MAX);
    let any = kinds.iter().fold(Condition::any(), |any, (first, least, most)| {
        any.add(Condition::all().add(Word.starts_with(first.to_string())).add(Letters.between(letters(*least), letters(*most))))
    });
    let query = search_word::Entity::find().select_only().column(Word).filter(any).order_by_asc(Word).limit(VOCABULARY);
    Ok(query.into_tuple().all(db.connection()).await?)
}

/// The words of a listing.
pub async fn words(db: &impl Db, id: ListingId) -> Result<Option<Findable>, StoreError> {
    let row = Entity::find().filter(Column::ListingId.eq(id.0)).one(db.connection()).await?;
    Ok(row.map(|row| Findable { folded: row.folded, exact: row.exact }))
}

/// The condition that a folded text holds every term.
pub(super) fn holds(column: impl ColumnTrait, query: &Query) -> Condition {
    if query.terms.is_empty() {
        return Condition::all().add(Expr::cust("1 = 2"));
    }
    let text = || column.into_simple_expr();
    let any = |term: &Term| {
        let forms = term.forms.iter().map(|form| text().like(pattern(&form.folded, form.is_prefix, LEVELS - 1)));
        forms.fold(Condition::any(), Condition::add)
    };
    query.terms.iter().map(any).fold(Condition::all(), Condition::add)
}

/// The condition that a row of `listing_search` holds every term, answered by the engine's index. A single letter that may be the beginning
/// of a word is looked for in the rows that have the others: an index would read a large part of itself for it.
pub(super) fn found(db: &impl Db, query: &Query) -> Condition {
    let is_letter = |term: &&Term| term.forms.iter().any(|form| form.is_prefix && form.folded.chars().count() < 2);
    let (letters, words): (Vec<&Term>, Vec<&Term>) = query.terms.iter().partition(is_letter);
    if words.is_empty() {
        return Condition::all().add(Expr::cust("1 = 2"));
    }
    let indexed = match db.connection().get_database_backend() {
        DatabaseBackend::Postgres => Expr::cust_with_values(
            "array_to_tsvector(array_remove(array_remove(array_remove(string_to_array(btrim(listing_search.folded), ' '), '|'), '~'), '^')) \
             @@ CAST($1 AS tsquery)",
            [spelt(&words, ("'", "':*"), " | ", " & ")],
        ),
        _ => Expr::cust_with_values(
            "listing_search.number IN (SELECT rowid FROM listing_words WHERE listing_words MATCH ?)",
            [spelt(&words, ("\"", "\"*"), " OR ", " AND ")],
        ),
    };
    letters.into_iter().map(|term| fits(Text::Folded, term, false, LEVELS - 1)).fold(Condition::all().add(indexed), Condition::add)
}

/// How well a row fits, above its stars: the same accents first where the query has accents, then the field that holds all terms.
pub(super) fn score(query: &Query) -> SimpleExpr {
    let rank = ranks(query).fold(CaseStatement::new(), |cases, (fits, rank)| cases.case(fits, Expr::val(rank)));
    let rank: SimpleExpr = rank.finally(Expr::val(0_i64)).into();
    rank.mul(RANK).add(Expr::col((Entity, Column::Stars)))
}

/// The condition of the best rank, and that rank; `None` when nothing is looked for, which every row would fit.
pub(super) fn best(query: &Query) -> Option<(Condition, i64)> {
    ranks(query).next().filter(|_| !query.terms.is_empty())
}

/// A query whose last word may be unfinished.
pub(super) struct Unfinished {
    /// The same with its last word as it stands.
    pub(super) whole: Query,
    /// The condition that a row has all words whole, with their accents where the query has any.
    pub(super) is_whole: Condition,
    /// The condition of the best rank of those in which the last word only begins so.
    pub(super) begins: Condition,
    /// That rank.
    pub(super) rank: i64,
}

/// What is asked for while somebody types; `None` when no word goes on.
pub(super) fn unfinished(query: &Query) -> Option<Unfinished> {
    let mut whole = query.clone();
    let mut goes_on = false;
    for form in whole.terms.iter_mut().flat_map(|term| &mut term.forms) {
        goes_on |= std::mem::take(&mut form.is_prefix);
    }
    // After the ranks of whole words, one for each field, come those of words that only begin so.
    let (begins, rank) = ranks(query).nth(LEVELS).filter(|_| goes_on)?;
    let is_whole = all_in(if query.has_accents { Text::Exact } else { Text::Folded }, query, true, LEVELS - 1);
    Some(Unfinished { whole, begins: begins.add(is_whole.clone().not()), is_whole, rank })
}

/// The rank in a score.
pub(super) const fn rank_in(score: i64) -> i64 {
    score.div_euclid(RANK)
}

/// The stars in a score of a rank; `None` when it is of another.
pub(super) fn stars_in(score: i64, rank: i64) -> Option<i64> {
    (rank_in(score) == rank).then_some(score.rem_euclid(RANK))
}

/// The score of a row of a rank.
pub(super) const fn scored(rank: i64, stars: i64) -> i64 {
    rank * RANK + stars
}

/// The ranks of a query and their conditions, the best first: the same accents, where it has accents, before others; then whole words before
/// those that only begin so; then the field that holds all terms.
fn ranks(query: &Query) -> impl Iterator<Item = (Condition, i64)> + '_ {
    let texts = if query.has_accents { &[Text::Exact, Text::Folded][..] } else { &[Text::Folded] };
    let goes_on = query.terms.iter().flat_map(|t| &t.forms).any(|form| form.is_prefix);
    let ends = if goes_on { &[true, false][..] } else { &[true] };
    let ways = texts.iter().flat_map(move |text| ends.iter().map(move |whole| (*text, *whole)));
    let all = ways.flat_map(|(text, whole)| (0..LEVELS).map(move |level| (text, whole, level)));
    let highest = i64::try_from(texts.len() * ends.len() * LEVELS).unwrap_or_default();
    all.map(|(text, whole, level)| all_in(text, query, whole, level)).zip((1..=highest).rev())
}

/// One of the two texts of a row.
#[derive(Clone, Copy)]
enum Text {
    Exact,
    Folded,
}

impl Text {
    const fn column(self) -> Column {
        match self {
            Self::Exact => Column::Exact,
            Self::Folded => Column::Folded,
        }
    }

    fn spelling(self, form: &Form) -> &str {
        match self {
            Self::Exact => &form.exact,
            Self::Folded => &form.folded,
        }
    }
}

/// The condition that a text holds every term in its first fields, up to a level.
fn all_in(text: Text, query: &Query, whole: bool, level: usize) -> Condition {
    query.terms.iter().map(|term| fits(text, term, whole, level)).fold(Condition::all(), Condition::add)
}

fn fits(text: Text, term: &Term, whole: bool, level: usize) -> Condition {
    let fits = |form: &Form| Expr::col((Entity, text.column())).like(pattern(text.spelling(form), form.is_prefix && !whole, level));
    term.forms.iter().map(fits).fold(Condition::any(), Condition::add)
}

/// Texts have a space on both sides of each word, and no character that is special to LIKE.
fn pattern(word: &str, is_prefix: bool, level: usize) -> String {
    let end = if is_prefix { "" } else { " " };
    let closing = CLOSINGS.get(level).map(|closing| format!("{closing}%")).unwrap_or_default();
    format!("% {word}{end}%{closing}")
}

/// The query in an engine's language. Words are letters and digits alone; the quotes are for what the engine takes for an operator.
fn spelt(terms: &[&Term], (open, prefix): (&str, &str), or: &str, and: &str) -> String {
    let word = |form: &Form| format!("{open}{}{}", form.folded, if form.is_prefix { prefix } else { open });
    let term = |term: &&Term| format!("({})", term.forms.iter().map(word).collect::<Vec<_>>().join(or));
    terms.iter().map(term).collect::<Vec<_>>().join(and)
}
