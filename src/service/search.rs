//! Searching listings: in any spelling, and by what was meant when nothing is spelt so.

use std::collections::BTreeMap;
use uuid::Uuid;

use crate::{
    domain::{actor::Actor, listing::Listing, product::Product, reason::Locale, search::Query},
    service::{Service, ServiceError, publicity},
    store::{
        Direction, Page, PageRequest, Sparing, Tx, Unasked,
        listings::{self, Beside, FacetKey, ListingFilter, ListingSort, View},
        producers, products, search, settings,
    },
};

/// Words that a misspelt one may have been: more than anybody needs, because some may be of listings that can't be seen.
const CLOSE: usize = 10;
/// Listings of which the products are suggested: a product has a few.
const SUGGESTED_FROM: u64 = 60;
/// Raised when the texts that are searched or sorted by change; a database that has this one has them.
const EDITION: &str = "search_texts_2";
const BATCH: u64 = 500;

/// How the words of a search were taken.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum MatchMode {
    /// As typed, in any spelling of the accents.
    Words,
    /// As the keystrokes of an input method.
    Telex,
    /// As the words closest to them.
    Fuzzy,
}

/// A page of listings, and how it was found.
#[derive(Debug, Clone)]
pub struct Found {
    /// The page.
    pub page: Page<Listing>,
    /// What stands beside each of its listings, when it was asked for.
    pub beside: Vec<Beside>,
    /// The filter with the words that were looked for.
    pub filter: ListingFilter,
    /// How they were taken; `None` when nothing was searched.
    pub mode: Option<MatchMode>,
    /// The words that were meant, with accents, when none was found as typed.
    pub did_you_mean: Option<String>,
}

/// A condition without which there would be listings.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Obstacle {
    /// Name of the field of the filter.
    pub field: &'static str,
    /// How many listings there are without it, counted no further than the cap.
    pub listings: u64,
}

impl Obstacle {
    /// What it means for whoever looks at the empty list.
    pub fn sentence(&self, locale: Locale) -> String {
        let (vi, en) = match self.field {
            "search" => ("từ khóa", "the words searched"),
            "group" => ("nhóm sản phẩm", "the group"),
            "stars" => ("số sao", "the stars"),
            "price" => ("khoảng giá", "the price"),
            "commune" => ("xã, phường", "the commune"),
            "producer" => ("chủ thể", "the producer"),
            "producerKind" => ("loại hình chủ thể", "the producer's legal form"),
            "product" => ("sản phẩm", "the product"),
            "season" => ("mùa vụ", "the season"),
            "certification" => ("chứng nhận", "the certification"),
            TOGETHER => ("của bộ lọc gộp lại", "all the conditions of the filter together"),
            _ => ("trạng thái", "the state"),
        };
        match locale {
            Locale::Vi => format!("Không có tin nào vì điều kiện {vi}; bỏ điều kiện này để xem các tin khác."),
            Locale::En => format!("Nothing fits because of {en}; leave it out to see other listings."),
        }
    }
}

/// What is asked of a list of listings.
#[derive(Debug, Clone)]
pub struct Wish {
    /// What it is narrowed to.
    pub filter: ListingFilter,
    /// By what it is sorted.
    pub sort: (ListingSort, Direction),
    /// Whether products, producers and first pictures are wanted too.
    pub beside: bool,
    /// What may be left out of its rows and of what is beside them.
    pub unasked: Unasked,
    /// How far all that the filter leaves is to be counted, where that costs no statement of its own.
    pub count_to: Option<u64>,
}

/// A sorted list of listings that the actor may see. Only when no visible listing at all has the words of a search is it read in other ways.
pub async fn listings(service: &Service, actor: &Actor, mut wish: Wish, request: &PageRequest) -> Result<Found, ServiceError> {
    let view = View { count_to: wish.count_to, ..service.view(actor)? };
    let found = page(service, &wish, &view, request).await?;
    let Some(query) = wish.filter.search.clone() else { return Ok(found) };
    if !found.page.rows.is_empty() || any(service, &query, &view).await? {
        return Ok(Found { mode: Some(MatchMode::Words), ..found });
    }
    let Some((mode, meant)) = meant(service, &query, &view).await? else { return Ok(Found { mode: Some(MatchMode::Words), ..found }) };
    let sort = (ListingSort::Relevance, Direction::Descending);
    let best = Wish { filter: only(&meant), sort, beside: false, unasked: Unasked::EVERYTHING, count_to: None };
    let did_you_mean = match page(service, &best, &view, &PageRequest::first(1)).await?.page.rows.first() {
        Some((_, listing)) => search::words(&service.store, listing.id).await?.and_then(|words| words.meant(&meant)),
        None => None,
    };
    wish.filter.search = Some(meant);
    Ok(Found { mode: Some(mode), did_you_mean, ..page(service, &wish, &view, request).await? })
}

async fn page(service: &Service, wish: &Wish, view: &View, request: &PageRequest) -> Result<Found, ServiceError> {
    let (store, mut beside) = (&Sparing::new(&service.store, wish.unasked), Vec::new());
    let page = if wish.beside {
        let page = listings::page_beside(store, &wish.filter, view, wish.sort, request).await?;
        let apart = |(position, (listing, other))| {
            beside.push(other);
            (position, listing)
        };
        Page { rows: page.rows.into_iter().map(apart).collect(), has_more: page.has_more, continued: page.continued, counted: page.counted }
    } else {
        listings::page(store, &wish.filter, view, wish.sort, request).await?
    };
    Ok(Found { page, beside, filter: wish.filter.clone(), mode: None, did_you_mean: None })
}

/// How many of the listings that the actor may see have which value.
pub async fn facet(service: &Service, actor: &Actor, filter: &ListingFilter, key: FacetKey) -> Result<BTreeMap<String, u64>, ServiceError> {
    Ok(listings::facet(&service.store, filter, &service.view(actor)?, key).await?)
}

/// Conditions each of which alone keeps the list empty, or else the filter as a whole; counts no further than `cap`.
pub async fn obstacles(service: &Service, actor: &Actor, filter: &ListingFilter, cap: u64) -> Result<Vec<Obstacle>, ServiceError> {
    let view = service.view(actor)?;
    let (mut obstacles, mut conditions) = (Vec::new(), 0);
    for (field, clear) in CONDITIONS {
        let mut wider = filter.clone();
        clear(&mut wider);
        if wider != *filter {
            conditions += usize::from(wider.search == filter.search);
            let listings = listings::count(&service.store, &wider, &view, cap).await?;
            if listings > 0 {
                obstacles.push(Obstacle { field, listings });
            }
        }
    }
    // None alone is the cause: then all of the filter's are, where the words alone would find something.
    if obstacles.is_empty() && conditions > 1 {
        let wider = ListingFilter { search: filter.search.clone(), ..ListingFilter::default() };
        let listings = listings::count(&service.store, &wider, &view, cap).await?;
        obstacles.extend((listings > 0).then_some(Obstacle { field: TOGETHER, listings }));
    }
    Ok(obstacles)
}

/// Where all conditions of the filter are the cause.
const TOGETHER: &str = "filter";

/// Takes a condition out of a filter.
type Clear = fn(&mut ListingFilter);
const CONDITIONS: [(&str, Clear); 11] = [
    ("search", |f| f.search = None),
    ("group", |f| f.groups.clear()),
    ("stars", |f| f.stars = (None, None)),
    ("price", |f| f.price = (None, None)),
    ("commune", |f| f.communes.clear()),
    ("producer", |f| f.producers = None),
    ("producerKind", |f| f.kinds.clear()),
    ("product", |f| f.products = None),
    ("season", |f| f.months.clear()),
    ("certification", |f| f.certifications.clear()),
    ("state", |f| f.states.clear()),
];

/// The products of the listings that fit best to the beginning of what somebody types, or else to what was meant by it.
pub async fn suggest(
    service: &Service,
    actor: &Actor,
    query: Query,
    (most, unasked): (usize, Unasked),
) -> Result<Vec<Product>, ServiceError> {
    let view = service.view(actor)?;
    let mut ids = listings::products_found(&service.store, &only(&query), &view, SUGGESTED_FROM).await?;
    if ids.is_empty()
        && let Some((_, meant)) = meant(service, &query, &view).await?
    {
        ids = listings::products_found(&service.store, &only(&meant), &view, SUGGESTED_FROM).await?;
    }
    ids.truncate(most);
    let mut found = products::find_many(&Sparing::new(&service.store, unasked), &ids, &view.reach).await?;
    found.sort_by_key(|product| ids.iter().position(|id| *id == product.id));
    Ok(found)
}

async fn any(service: &Service, query: &Query, view: &View) -> Result<bool, ServiceError> {
    Ok(listings::count(&service.store, &only(query), view, 1).await? > 0)
}

fn only(query: &Query) -> ListingFilter {
    ListingFilter { search: Some(query.clone()), ..ListingFilter::default() }
}

/// What was meant by words that no visible listing has together; `None` when that can't be told.
async fn meant(service: &Service, query: &Query, view: &View) -> Result<Option<(MatchMode, Query)>, ServiceError> {
    if let Some(read) = query.untelexed()
        && any(service, &read, view).await?
    {
        return Ok(Some((MatchMode::Telex, read)));
    }
    let (mut exists, is_alone) = (Vec::with_capacity(query.terms.len()), query.terms.len() == 1);
    for term in &query.terms {
        // What is no word is never misspelt, and of a single word it is known that nothing has it.
        exists.push(!term.is_word() || (!is_alone && any(service, &term.alone(), view).await?));
    }
    let vocabulary = search::vocabulary(&service.store, &query.near(&exists)).await?;
    for close in query.respellings(&exists, &vocabulary, CLOSE) {
        if any(service, &close, view).await? {
            return Ok(Some((MatchMode::Fuzzy, close)));
        }
    }
    Ok(None)
}

/// Writes the texts that are searched and sorted by anew, once for each database and edition; a start that was cut off does it again.
pub async fn reword(service: &Service) -> Result<(), ServiceError> {
    if settings::get(&service.store, EDITION).await?.is_some() {
        return Ok(());
    }
    for noun in [Noun::Producer, Noun::Product, Noun::Listing] {
        let mut last: Option<Uuid> = None;
        loop {
            let tx = service.store.begin().await?;
            last = noun.reword(&tx, last).await?;
            tx.commit().await?;
            if last.is_none() {
                break;
            }
        }
    }
    let tx = service.store.begin().await?;
    settings::get_or_put(&tx, EDITION, "written").await?;
    Ok(tx.commit().await?)
}

/// What has texts of its own.
#[derive(Clone, Copy)]
enum Noun {
    Producer,
    Product,
    Listing,
}

impl Noun {
    /// Rewrites the rows after one; the last of them.
    async fn reword(self, tx: &Tx, after: Option<Uuid>) -> Result<Option<Uuid>, ServiceError> {
        Ok(match self {
            Self::Producer => producers::reword(tx, after, BATCH).await?,
            Self::Product => products::reword(tx, after, BATCH).await?,
            Self::Listing => {
                let listings = listings::reword(tx, after, BATCH).await?;
                let last = listings.last().map(|l| l.id.0);
                publicity::reword(tx, &listings).await?;
                last
            }
        })
    }
}
