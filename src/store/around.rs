//! One product with all that a page about it shows, by one statement.

use sea_orm::{
    ColumnTrait, ConnectionTrait, EntityTrait, JoinType, QueryFilter, QuerySelect, QueryTrait, Select,
    sea_query::{Expr, ExprTrait},
};
use std::cmp::Reverse;

use crate::{
    domain::{
        id::ProductId,
        listing::Listing,
        producer::Producer,
        product::{Media, Product, Variant},
        rating::Rating,
    },
    store::{
        Db, StoreError,
        entity::{
            decision, listing, media, producer,
            product::{Column, Entity},
            rating, variant,
        },
        listings::{self, View, seen},
        media as pictures,
        packed::{pack, pack_joined, unpack},
        producers, products,
        ratings::{self, Decided},
        rows::{self, Cells, Lean},
        variants,
    },
};

/// Which product.
#[derive(Debug, Clone, Copy)]
pub enum Named<'a> {
    /// By its id.
    Id(ProductId),
    /// By its slug.
    Slug(&'a str),
}

/// What is wanted beside the product.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Wants {
    /// The producer.
    pub producer: bool,
    /// All pictures.
    pub media: bool,
    /// All variants.
    pub variants: bool,
    /// The listings that can be seen.
    pub listings: bool,
    /// All ratings.
    pub ratings: bool,
}

/// What was wanted; `None` for what was not.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Around {
    /// The producer, if it can be seen.
    pub producer: Option<Option<Producer>>,
    /// Pictures in their order.
    pub media: Option<Vec<Media>>,
    /// Variants in their order, archived ones included.
    pub variants: Option<Vec<Variant>>,
    /// Listings, the newest first.
    pub listings: Option<Vec<Listing>>,
    /// Ratings, the newest first.
    pub ratings: Option<Vec<Rating>>,
}

/// A product, as seen in a view, with what is wanted beside it.
pub async fn product(db: &impl Db, named: Named<'_>, view: &View, wants: Wants) -> Result<Option<(Product, Around)>, StoreError> {
    let query = Entity::find().filter(products::visible(&view.reach)).filter(match named {
        Named::Id(id) => Column::Id.eq(id.0),
        Named::Slug(slug) => Column::Slug.eq(slug),
    });
    let query = select(db, query, view, wants);
    let connection = db.connection();
    let Some(row) = connection.query_one_raw(query.build(connection.get_database_backend())).await? else { return Ok(None) };
    let mut cells = Cells::shaped(&row)?;
    let product = products::domain(Entity::read(&mut cells)?)?;
    Ok(Some((product, read(&mut cells, wants)?)))
}

fn select(db: &impl Db, query: Select<Entity>, view: &View, wants: Wants) -> Select<Entity> {
    let unasked = db.unasked();
    let mut query = rows::asked_for(query, unasked);
    let id = || Expr::col((Entity, Column::Id));
    if wants.producer {
        let made = Entity::belongs_to(producer::Entity).from(Column::ProducerId).to(producer::Column::Id).into();
        query =
            rows::select_asked::<producer::Entity, _>(query.join(JoinType::LeftJoin, seen(made, producers::visible(&view.reach))), unasked);
    }
    if wants.media {
        let found = media::Entity::find().filter(media::Column::ProductId.into_expr().eq(id()));
        query = query.expr_as(pack(db, found, unasked), "media");
    }
    if wants.variants {
        let found = variant::Entity::find().filter(variant::Column::ProductId.into_expr().eq(id()));
        query = query.expr_as(pack(db, found, unasked), "variants");
    }
    if wants.listings {
        let found = listing::Entity::find().filter(listing::Column::ProductId.into_expr().eq(id())).filter(listings::visible(view));
        query = query.expr_as(pack(db, found, unasked), "listings");
    }
    if wants.ratings {
        let found = ratings::decided(rating::Entity::find().filter(rating::Column::ProductId.into_expr().eq(id())), unasked);
        query = query.expr_as(pack_joined::<_, decision::Entity>(db, found, unasked), "ratings");
    }
    query
}

/// Reads the cells that `select` wrote.
fn read(cells: &mut Cells<'_>, wants: Wants) -> Result<Around, StoreError> {
    let mut around = Around::default();
    if wants.producer {
        around.producer = Some(cells.joined::<producer::Entity>()?.map(producers::domain).transpose()?);
    }
    if wants.media {
        let mut found = unpack(cells, media::Entity::read)?;
        found.sort_by_key(|m| (m.position, m.id));
        around.media = Some(found.into_iter().map(pictures::domain).collect());
    }
    if wants.variants {
        let mut found = unpack(cells, variant::Entity::read)?;
        found.sort_by_key(|v| (v.position, v.id));
        around.variants = Some(found.into_iter().map(variants::domain).collect::<Result<_, _>>()?);
    }
    if wants.listings {
        let mut found = unpack(cells, listing::Entity::read)?;
        found.sort_by_key(|l| Reverse((l.created_at, l.id)));
        around.listings = Some(found.into_iter().map(listings::domain).collect::<Result<_, _>>()?);
    }
    if wants.ratings {
        let mut found = unpack(cells, Decided::of)?;
        found.sort_by_key(|decided| Reverse(decided.age()));
        around.ratings = Some(found.into_iter().map(Decided::read).collect::<Result<_, _>>()?);
    }
    Ok(around)
}
