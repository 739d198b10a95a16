//! What stands beside the listings of a page, read with them by one statement: their products, producers and first pictures.

use sea_orm::{
    ColumnTrait, Condition, DbErr, EntityTrait, FromQueryResult, JoinType, QueryResult, QuerySelect, RelationDef, Select,
    sea_query::IntoCondition,
};

use crate::{
    domain::{
        actor::Reach,
        listing::Listing,
        producer::Producer,
        product::{Media, Product},
    },
    store::{
        StoreError,
        entity::{
            listing::{Column, Entity, Model},
            media, producer, product,
        },
        listings::domain,
        media as pictures, producers, products,
        rows::{self, Cells, Lean, LeanRow},
        unasked::Unasked,
    },
};

/// What stands beside a listing, as it is seen in the view of the page.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Beside {
    /// The product; `None` when it can't be seen.
    pub product: Option<Product>,
    /// The producer; `None` when it can't be seen.
    pub producer: Option<Producer>,
    /// The product's first picture.
    pub cover: Option<Media>,
}

/// A row of a page of listings.
pub(super) trait Row: FromQueryResult + Send + Sync {
    /// What it is read as.
    type Item: Send;
    /// Makes a query select what the row needs, in its order.
    fn select(query: Select<Entity>, reach: &Reach, unasked: Unasked) -> Select<Entity>;
    /// The listing's own columns.
    fn listing(&self) -> &Model;
    /// Reads the row.
    fn read(self) -> Result<Self::Item, StoreError>;
}

/// A listing alone.
pub(super) type Alone = LeanRow<Entity>;

impl Row for Alone {
    type Item = Listing;

    fn select(query: Select<Entity>, _: &Reach, unasked: Unasked) -> Select<Entity> {
        rows::asked_for(query, unasked)
    }

    fn listing(&self) -> &Model {
        &self.0
    }

    fn read(self) -> Result<Listing, StoreError> {
        domain(self.0)
    }
}

/// A listing with what stands beside it.
pub(super) struct Joined {
    listing: Model,
    product: Option<product::Model>,
    producer: Option<producer::Model>,
    cover: Option<media::Model>,
}

impl FromQueryResult for Joined {
    fn from_query_result(row: &QueryResult, _prefix: &str) -> Result<Self, DbErr> {
        let mut cells = Cells::shaped(row)?;
        Ok(Self {
            listing: Entity::read(&mut cells)?,
            product: cells.joined::<product::Entity>()?,
            producer: cells.joined::<producer::Entity>()?,
            cover: cells.joined::<media::Entity>()?,
        })
    }
}

impl Row for Joined {
    type Item = (Listing, Beside);

    fn select(query: Select<Entity>, reach: &Reach, unasked: Unasked) -> Select<Entity> {
        let product =
            seen(Entity::belongs_to(product::Entity).from(Column::ProductId).to(product::Column::Id).into(), products::visible(reach));
        let producer =
            seen(Entity::belongs_to(producer::Entity).from(Column::ProducerId).to(producer::Column::Id).into(), producers::visible(reach));
        let first = Condition::all().add(media::Column::Position.eq(0));
        let cover = seen(Entity::belongs_to(media::Entity).from(Column::ProductId).to(media::Column::ProductId).into(), first);
        let query = query.join(JoinType::LeftJoin, product).join(JoinType::LeftJoin, producer).join(JoinType::LeftJoin, cover);
        let query = rows::asked_for(query, unasked);
        let query = rows::select_asked::<product::Entity, _>(query, unasked);
        let query = rows::select_asked::<producer::Entity, _>(query, unasked);
        rows::select_asked::<media::Entity, _>(query, unasked)
    }

    fn listing(&self) -> &Model {
        &self.listing
    }

    fn read(self) -> Result<(Listing, Beside), StoreError> {
        let product = self.product.map(products::domain).transpose()?;
        let producer = self.producer.map(producers::domain).transpose()?;
        Ok((domain(self.listing)?, Beside { product, producer, cover: self.cover.map(pictures::domain) }))
    }
}

/// A row with a number that is no column of it.
pub(super) struct Numbered<R> {
    pub(super) row: R,
    pub(super) number: i64,
}

/// The name of that number in a statement.
pub(super) const NUMBER: &str = "its_number";

impl<R: Row> FromQueryResult for Numbered<R> {
    fn from_query_result(row: &QueryResult, _prefix: &str) -> Result<Self, DbErr> {
        Ok(Self { row: R::from_query_result(row, "")?, number: row.try_get("", NUMBER)? })
    }
}

/// A relation whose rows must fulfil a condition. It is negated twice: SQLite, once it knows how large its tables are, takes a comparison
/// there for a reason to read the whole table into a Bloom filter first, however few rows are asked for
/// (<https://sqlite.org/src/doc/trunk/src/wherecode.c>, `sqlite3ConstructBloomFilter`).
pub(in crate::store) fn seen(relation: RelationDef, condition: Condition) -> RelationDef {
    let condition = Condition::all().add(condition.not()).not();
    relation.on_condition(move |_, _| condition.clone().into_condition())
}
