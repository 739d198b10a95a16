//! Reading listings.

use async_graphql::{Context, Enum, ID, InputObject, Object, OneofObject, connection::Connection};

use crate::{
    domain::search::Query,
    graphql::{
        connection::{OrderDirection, Paging, RowCursor},
        context::{asked, loader, unasked},
        error::Fault,
        feed::reached,
        id::{Kind, of},
        listing::{
            ListingObject, ListingState,
            browse::{ListingTotals, Suggestion},
        },
        producer::ProducerKind,
        product::{CertificationKind, OcopGroup},
        scalar::FeedCursor,
        seeds,
    },
    service::{
        listings,
        search::{self, Wish},
    },
    store::{
        Direction,
        listings::{ListingFilter, ListingSort},
    },
};

/// Queries on listings.
#[derive(Default)]
pub struct ListingQuery;

/// Names one listing.
#[derive(OneofObject)]
pub enum ListingBy {
    /// Opaque global id.
    Id(ID),
    /// Stable handle.
    Slug(String),
    /// Our key on channels.
    ExternalKey(String),
    /// GTIN-13 of its variant; the newest where several listings offer it.
    Gtin(String),
}

/// What a list of listings is narrowed to; all given conditions must hold.
#[derive(InputObject, Default)]
#[graphql(name = "ListingFilter")]
pub struct ListingFilterInput {
    /// In one of these groups.
    group: Option<Vec<OcopGroup>>,
    /// Stars, as they may be shown today.
    stars: Option<IntRange>,
    /// Of one of these producers.
    producer: Option<Vec<ID>>,
    /// Of one of these products.
    product: Option<Vec<ID>>,
    /// From one of these communes; codes of communes in force since 2025-07-01.
    commune: Option<Vec<String>>,
    /// Price in whole đồng.
    price: Option<IntRange>,
    /// Of a producer of one of these legal forms.
    producer_kind: Option<Vec<ProducerKind>>,
    /// Of a product in season in one of these months, 1 to 12.
    season: Option<Vec<i32>>,
    /// Of a product with one of these documents in force.
    certification: Option<Vec<CertificationKind>>,
    /// In one of these states. What is not published is only seen by its producer and admins.
    state: Option<Vec<ListingState>>,
}

/// A range of whole numbers, ends included.
#[derive(InputObject, Clone, Copy)]
pub struct IntRange {
    /// At least.
    gte: Option<i64>,
    /// At most.
    lte: Option<i64>,
}

/// By what listings are sorted. Values may be added.
#[derive(Enum, Clone, Copy, PartialEq, Eq, Debug)]
#[graphql(remote = "ListingSort")]
pub enum ListingOrderField {
    /// Time of creation.
    CreatedAt,
    /// Price.
    Price,
    /// Stars.
    Stars,
    /// Title, in the order of Vietnamese dictionaries.
    Title,
    /// How well it fits `search`, the best first whichever direction is given: words with the same accents as typed, where there are any; whole
    /// words before those that only begin so; words in the names before those of producer, commune and description; then stars, then the
    /// newest.
    Relevance,
}

/// How a list of listings is sorted; ties by id.
#[derive(InputObject)]
pub struct ListingOrder {
    /// By what.
    field: ListingOrderField,
    /// Which way.
    #[graphql(default_with = "OrderDirection::Asc")]
    direction: OrderDirection,
}

const MAX_SUGGESTIONS: i32 = 20;

impl ListingFilterInput {
    fn read(self, search: Option<&str>) -> Result<ListingFilter, Fault> {
        // A bound outside one to five still narrows: below one nothing, above five everything is left out.
        let star = |bound: i64| u8::try_from(bound.clamp(0, 6)).unwrap_or(6);
        let stars = self.stars.map_or((None, None), |r| (r.gte.map(star), r.lte.map(star)));
        let month = |month: i32| u8::try_from(month).ok().filter(|m| (1..=12).contains(m));
        let months = self.season.unwrap_or_default().into_iter().map(month).collect::<Option<Vec<_>>>();
        Ok(ListingFilter {
            groups: self.group.unwrap_or_default().into_iter().map(Into::into).collect(),
            states: self.state.unwrap_or_default().into_iter().map(Into::into).collect(),
            stars,
            price: self.price.map_or((None, None), |r| (r.gte, r.lte)),
            producers: self.producer.map(|ids| ids.iter().map(|id| of(Kind::Producer, id)).collect()),
            kinds: self.producer_kind.unwrap_or_default().into_iter().map(Into::into).collect(),
            products: self.product.map(|ids| ids.iter().map(|id| of(Kind::Product, id)).collect()),
            communes: self.commune.unwrap_or_default(),
            months: months.ok_or_else(|| Fault::input("filter.season takes months from 1 to 12."))?,
            certifications: self.certification.unwrap_or_default().into_iter().map(Into::into).collect(),
            search: words(search)?,
        })
    }
}

#[Object]
impl ListingQuery {
    /// One listing; null when there is none or it is not visible.
    async fn listing(
        &self,
        context: &Context<'_>,
        #[graphql(desc = "Which one.")] by: ListingBy,
        #[graphql(desc = "Waits until this change of the feed is there.")] min_cursor: Option<FeedCursor>,
    ) -> Result<Option<ListingObject>, Fault> {
        let asked = asked(context)?;
        reached(asked, min_cursor.as_ref()).await?;
        let unasked = unasked(context)?;
        let found = match by {
            ListingBy::Id(id) => listings::find(&asked.service, &asked.actor, of(Kind::Listing, &id), unasked).await?,
            ListingBy::Slug(slug) => listings::by_slug(&asked.service, &asked.actor, &slug, unasked).await?,
            ListingBy::ExternalKey(key) => listings::by_external_key(&asked.service, &asked.actor, &key, unasked).await?,
            ListingBy::Gtin(gtin) => listings::by_gtin(&asked.service, &asked.actor, &gtin, unasked).await?,
        };
        Ok(found.map(ListingObject::of))
    }

    /// Visible listings, and those of one's own producers in any state.
    async fn listings(
        &self,
        context: &Context<'_>,
        #[graphql(desc = "Conditions.")] filter: Option<ListingFilterInput>,
        #[graphql(
            desc = "Words that must all occur in title, product, producer, commune or description, in any spelling of the accents; the last may be unfinished. At most 10 words, 200 characters."
        )]
        search: Option<String>,
        #[graphql(desc = "Order; when left out by relevance with `search`, otherwise newest first.")] order_by: Option<ListingOrder>,
        #[graphql(desc = "How many from the start, 1 to 100; 20 when nothing is asked.")] first: Option<i32>,
        #[graphql(desc = "Cursor to go on after.")] after: Option<String>,
        #[graphql(desc = "How many from the end, 1 to 100.")] last: Option<i32>,
        #[graphql(desc = "Cursor to go back from.")] before: Option<String>,
        #[graphql(desc = "Waits until this change of the feed is there.")] min_cursor: Option<FeedCursor>,
    ) -> Result<Connection<RowCursor, ListingObject, ListingTotals>, Fault> {
        let asked = asked(context)?;
        reached(asked, min_cursor.as_ref()).await?;
        let filter = filter.unwrap_or_default().read(search.as_deref())?;
        let usual = if filter.search.is_some() { ListingOrderField::Relevance } else { ListingOrderField::CreatedAt };
        let order = order_by.unwrap_or(ListingOrder { field: usual, direction: OrderDirection::Desc });
        let best_first = order.field == ListingOrderField::Relevance;
        let direction = if best_first { Direction::Descending } else { order.direction.into() };
        let sort = (order.field.into(), direction);
        let list = Paging { first, after, last, before }.of(asked, &["listings", &format!("{filter:?}"), &format!("{sort:?}")])?;
        let count_to = ListingTotals::count_to(context);
        let wish = Wish { filter, sort, beside: wants_beside(context), unasked: unasked(context)?, count_to };
        let mut found = search::listings(&asked.service, &asked.actor, wish, &list.request).await?;
        let beside = std::mem::take(&mut found.beside);
        seeds::beside(loader(context)?.loader(), found.page.rows.iter().map(|(_, listing)| listing).zip(beside));
        let totals = ListingTotals::of(&mut found, count_to);
        Ok(list.connection_with(found.page, totals, ListingObject::of))
    }

    /// Products of visible listings whose name, producer, place or description has the words typed so far, or else those that were meant; the best
    /// first; for completing a search.
    async fn suggest(
        &self,
        context: &Context<'_>,
        #[graphql(desc = "What was typed so far, at most 10 words, 200 characters.")] prefix: String,
        #[graphql(desc = "How many, 1 to 20.", default = 8)] first: i32,
    ) -> Result<Vec<Suggestion>, Fault> {
        if !(1..=MAX_SUGGESTIONS).contains(&first) {
            return Err(Fault::input(format!("first must be from 1 to {MAX_SUGGESTIONS}.")));
        }
        let asked = asked(context)?;
        let Some(query) = words(Some(&prefix))? else { return Ok(Vec::new()) };
        let most = usize::try_from(first).unwrap_or_default();
        let found = search::suggest(&asked.service, &asked.actor, query, (most, unasked(context)?)).await?;
        Ok(found.into_iter().map(Into::into).collect())
    }
}

/// Whether the rows are asked for what can be read with them.
fn wants_beside(context: &Context<'_>) -> bool {
    let ahead = context.look_ahead();
    let rows = [ahead.field("nodes"), ahead.field("edges").field("node")];
    rows.iter().any(|row| row.field("product").exists() || row.field("producer").exists())
}

/// What is searched; nothing when it is blank.
pub(in crate::graphql) fn words(search: Option<&str>) -> Result<Option<Query>, Fault> {
    search.map_or(Ok(None), Query::read).map_err(|error| Fault::input(error.to_string()))
}
