//! Reading listings.

use async_graphql::{Context, Description, Enum, ID, InputObject, Object, OneofObject, SimpleObject, connection::Connection};

use crate::{
    domain::fold,
    graphql::{
        connection::{OrderDirection, Paging},
        context::asked,
        error::Fault,
        feed::reached,
        id::{Kind, of},
        listing::{ListingObject, ListingState},
        product::OcopGroup,
        scalar::FeedCursor,
    },
    service::listings,
    store::listings::{ListingFilter, ListingSort},
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
    /// Title, without accents.
    Title,
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

/// What a list of listings tells beside its rows.
#[derive(Description)]
pub struct ListingTotals(ListingFilter);

/// How many rows there are.
#[derive(SimpleObject)]
pub struct Count {
    /// The number, or the cap when there are more.
    value: u64,
    /// False when counting stopped at the cap.
    is_exact: bool,
}

const MAX_CAP: i32 = 1000;

#[Object(use_type_description)]
impl ListingTotals {
    /// How many listings the filter leaves. Costs extra, so it is only counted when asked, and no further than the cap.
    async fn total_count(
        &self,
        context: &Context<'_>,
        #[graphql(desc = "Count no further, 1 to 1,000.", default = 1000)] cap: i32,
    ) -> Result<Count, Fault> {
        if !(1..=MAX_CAP).contains(&cap) {
            return Err(Fault::input(format!("cap must be from 1 to {MAX_CAP}.")));
        }
        let (asked, cap) = (asked(context)?, u64::from(cap.unsigned_abs()));
        let counted = listings::count(&asked.service, &asked.actor, &self.0, cap + 1).await?;
        Ok(Count { value: counted.min(cap), is_exact: counted <= cap })
    }
}

impl ListingFilterInput {
    fn read(self, search: Option<&str>) -> ListingFilter {
        // A bound outside one to five still narrows: below one nothing, above five everything is left out.
        let star = |bound: i64| u8::try_from(bound.clamp(0, 6)).unwrap_or(6);
        let stars = self.stars.map_or((None, None), |r| (r.gte.map(star), r.lte.map(star)));
        ListingFilter {
            groups: self.group.unwrap_or_default().into_iter().map(Into::into).collect(),
            states: self.state.unwrap_or_default().into_iter().map(Into::into).collect(),
            stars,
            price: self.price.map_or((None, None), |r| (r.gte, r.lte)),
            producers: self.producer.map(|ids| ids.iter().map(|id| of(Kind::Producer, id)).collect()),
            products: self.product.map(|ids| ids.iter().map(|id| of(Kind::Product, id)).collect()),
            communes: self.commune.unwrap_or_default(),
            terms: search.map(fold::terms).unwrap_or_default(),
        }
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
        let found = match by {
            ListingBy::Id(id) => listings::find(&asked.service, &asked.actor, of(Kind::Listing, &id)).await?,
            ListingBy::Slug(slug) => listings::by_slug(&asked.service, &asked.actor, &slug).await?,
            ListingBy::ExternalKey(key) => listings::by_external_key(&asked.service, &asked.actor, &key).await?,
            ListingBy::Gtin(gtin) => listings::by_gtin(&asked.service, &asked.actor, &gtin).await?,
        };
        Ok(found.map(ListingObject))
    }

    /// Visible listings, and those of one's own producers in any state.
    async fn listings(
        &self,
        context: &Context<'_>,
        #[graphql(desc = "Conditions.")] filter: Option<ListingFilterInput>,
        #[graphql(desc = "Words that must all occur in title, product, producer or commune, in any spelling of the accents.")]
        search: Option<String>,
        #[graphql(desc = "Order; newest first when left out.")] order_by: Option<ListingOrder>,
        #[graphql(desc = "How many from the start, 1 to 100; 20 when nothing is asked.")] first: Option<i32>,
        #[graphql(desc = "Cursor to go on after.")] after: Option<String>,
        #[graphql(desc = "How many from the end, 1 to 100.")] last: Option<i32>,
        #[graphql(desc = "Cursor to go back from.")] before: Option<String>,
        #[graphql(desc = "Waits until this change of the feed is there.")] min_cursor: Option<FeedCursor>,
    ) -> Result<Connection<String, ListingObject, ListingTotals>, Fault> {
        let asked = asked(context)?;
        reached(asked, min_cursor.as_ref()).await?;
        let filter = filter.unwrap_or_default().read(search.as_deref());
        let order = order_by.unwrap_or(ListingOrder { field: ListingOrderField::CreatedAt, direction: OrderDirection::Desc });
        let sort = (order.field.into(), order.direction.into());
        let list = Paging { first, after, last, before }.of(asked, &["listings", &format!("{filter:?}"), &format!("{sort:?}")])?;
        let page = listings::page(&asked.service, &asked.actor, &filter, sort, &list.request).await?;
        Ok(list.connection_with(page, ListingTotals(filter), ListingObject))
    }
}
