//! Reading products.

use async_graphql::{Context, Enum, ID, InputObject, Object, OneofObject, connection::Connection};

use crate::{
    graphql::{
        connection::{OrderDirection, Paging, RowCursor},
        context::{asked, loader, unasked},
        error::Fault,
        id::{Kind, of},
        listing::query::words,
        product::{OcopGroup, ProductObject, ProductState},
        seeds,
    },
    service::products,
    store::{
        around::{Named, Wants},
        products::ProductFilter,
    },
};

/// Queries on products.
#[derive(Default)]
pub struct ProductQuery;

/// Names one product.
#[derive(OneofObject)]
pub enum ProductBy {
    /// Opaque global id.
    Id(ID),
    /// Stable handle.
    Slug(String),
}

/// What a list of products is narrowed to; all given conditions must hold.
#[derive(InputObject, Default)]
#[graphql(name = "ProductFilter")]
pub struct ProductFilterInput {
    /// In one of these groups.
    group: Option<Vec<OcopGroup>>,
    /// In one of these states. Drafts and archived products are only seen by their producer and admins.
    state: Option<Vec<ProductState>>,
    /// Of one of these producers.
    producer: Option<Vec<ID>>,
    /// From one of these communes; codes of communes in force since 2025-07-01.
    commune: Option<Vec<String>>,
}

/// By what products are sorted.
#[derive(Enum, Clone, Copy, PartialEq, Eq, Debug)]
pub enum ProductOrderField {
    /// Name, without accents.
    Name,
}

/// How a list of products is sorted.
#[derive(InputObject)]
pub struct ProductOrder {
    /// By what.
    #[graphql(default_with = "ProductOrderField::Name")]
    field: ProductOrderField,
    /// Which way.
    #[graphql(default_with = "OrderDirection::Asc")]
    direction: OrderDirection,
}

impl ProductFilterInput {
    fn read(self, search: Option<&str>) -> Result<ProductFilter, Fault> {
        Ok(ProductFilter {
            groups: self.group.unwrap_or_default().into_iter().map(Into::into).collect(),
            states: self.state.unwrap_or_default().into_iter().map(Into::into).collect(),
            producers: self.producer.map(|ids| ids.iter().map(|id| of(Kind::Producer, id)).collect()),
            communes: self.commune.unwrap_or_default(),
            search: words(search)?,
        })
    }
}

#[Object]
impl ProductQuery {
    /// One product; null when there is none or it is not public.
    async fn product(&self, context: &Context<'_>, #[graphql(desc = "Which one.")] by: ProductBy) -> Result<Option<ProductObject>, Fault> {
        let asked = asked(context)?;
        let ahead = context.look_ahead();
        let has = |field: &str| ahead.field(field).exists();
        let wants = Wants {
            producer: has("producer"),
            media: has("media"),
            variants: has("variants"),
            listings: has("listings"),
            ratings: has("rating") || has("ratings"),
        };
        let named = match &by {
            ProductBy::Id(id) => Named::Id(of(Kind::Product, id)),
            ProductBy::Slug(slug) => Named::Slug(slug),
        };
        let wants = (wants, unasked(context)?);
        let Some((product, around)) = products::with_around(&asked.service, &asked.actor, named, wants).await? else { return Ok(None) };
        seeds::around(loader(context)?.loader(), &product, around);
        Ok(Some(ProductObject::of(product)))
    }

    /// Products of the public catalog, and those of one's own producers.
    async fn products(
        &self,
        context: &Context<'_>,
        #[graphql(desc = "Conditions.")] filter: Option<ProductFilterInput>,
        #[graphql(
            desc = "Words that must all occur, in any spelling of the accents; the last may be unfinished. At most 10 words, 200 characters."
        )]
        search: Option<String>,
        #[graphql(desc = "Order; by name when left out.")] order_by: Option<ProductOrder>,
        #[graphql(desc = "How many from the start, 1 to 100; 20 when nothing is asked.")] first: Option<i32>,
        #[graphql(desc = "Cursor to go on after.")] after: Option<String>,
        #[graphql(desc = "How many from the end, 1 to 100.")] last: Option<i32>,
        #[graphql(desc = "Cursor to go back from.")] before: Option<String>,
    ) -> Result<Connection<RowCursor, ProductObject>, Fault> {
        let asked = asked(context)?;
        let filter = filter.unwrap_or_default().read(search.as_deref())?;
        let direction = order_by.map_or(OrderDirection::Asc, |o| o.direction).into();
        let list = Paging { first, after, last, before }.of(asked, &["products", &format!("{filter:?}"), &format!("{direction:?}")])?;
        let page = products::page(&asked.service, &asked.actor, &filter, direction, (&list.request, unasked(context)?)).await?;
        Ok(list.connection(page, ProductObject::of))
    }
}
