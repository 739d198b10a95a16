//! Reading producers.

use async_graphql::{Context, ID, InputObject, Object, OneofObject, connection::Connection};

use crate::{
    graphql::{
        connection::{OrderDirection, Paging, RowCursor},
        context::{asked, unasked},
        error::Fault,
        id::{Kind, of},
        listing::query::words,
        producer::{ProducerKind, ProducerObject},
    },
    service::producers,
    store::producers::ProducerFilter,
};

/// Queries on producers.
#[derive(Default)]
pub struct ProducerQuery;

/// Names one producer.
#[derive(OneofObject)]
pub enum ProducerBy {
    /// Opaque global id.
    Id(ID),
    /// Stable handle.
    Slug(String),
    /// Enterprise code (mã số thuế).
    TaxCode(String),
}

/// What a list of producers is narrowed to; all given conditions must hold.
#[derive(InputObject, Default)]
#[graphql(name = "ProducerFilter")]
pub struct ProducerFilterInput {
    /// Of one of these legal forms.
    kind: Option<Vec<ProducerKind>>,
    /// In one of these communes; codes of communes in force since 2025-07-01.
    commune: Option<Vec<String>>,
}

#[Object]
impl ProducerQuery {
    /// One producer; null when there is none or it is suspended.
    async fn producer(
        &self,
        context: &Context<'_>,
        #[graphql(desc = "Which one.")] by: ProducerBy,
    ) -> Result<Option<ProducerObject>, Fault> {
        let asked = asked(context)?;
        let unasked = unasked(context)?;
        let found = match by {
            ProducerBy::Id(id) => producers::find(&asked.service, &asked.actor, of(Kind::Producer, &id), unasked).await?,
            ProducerBy::Slug(slug) => producers::by_slug(&asked.service, &asked.actor, &slug, unasked).await?,
            ProducerBy::TaxCode(code) => producers::by_tax_code(&asked.service, &asked.actor, &code, unasked).await?,
        };
        Ok(found.map(ProducerObject::of))
    }

    /// Producers, by display name in the order of Vietnamese dictionaries.
    async fn producers(
        &self,
        context: &Context<'_>,
        #[graphql(desc = "Conditions.")] filter: Option<ProducerFilterInput>,
        #[graphql(
            desc = "Words that must all occur, in any spelling of the accents; the last may be unfinished. At most 10 words, 200 characters."
        )]
        search: Option<String>,
        #[graphql(desc = "Which way.", default_with = "OrderDirection::Asc")] direction: OrderDirection,
        #[graphql(desc = "How many from the start, 1 to 100; 20 when nothing is asked.")] first: Option<i32>,
        #[graphql(desc = "Cursor to go on after.")] after: Option<String>,
        #[graphql(desc = "How many from the end, 1 to 100.")] last: Option<i32>,
        #[graphql(desc = "Cursor to go back from.")] before: Option<String>,
    ) -> Result<Connection<RowCursor, ProducerObject>, Fault> {
        let asked = asked(context)?;
        let given = filter.unwrap_or_default();
        let filter = ProducerFilter {
            kinds: given.kind.unwrap_or_default().into_iter().map(Into::into).collect(),
            communes: given.commune.unwrap_or_default(),
            search: words(search.as_deref())?,
            ids: None,
        };
        let list = Paging { first, after, last, before }.of(asked, &["producers", &format!("{filter:?}"), &format!("{direction:?}")])?;
        let page = producers::page(&asked.service, &asked.actor, &filter, direction.into(), (&list.request, unasked(context)?)).await?;
        Ok(list.connection(page, ProducerObject::of))
    }
}
