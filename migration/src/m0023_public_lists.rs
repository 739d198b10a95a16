//! Lists that everybody sees, without the rows that nobody sees: thousands of drafts, newer than anything on sale, stood before the first row
//! of each list.

use sea_orm_migration::prelude::*;

use crate::m0006_listings::Listing;

/// The orders of public lists, and what is counted in one group, before the id.
const ORDERS: [&[Listing]; 6] = [
    &[Listing::CreatedAt, Listing::Id],
    &[Listing::Price, Listing::Id],
    &[Listing::Stars, Listing::Id],
    &[Listing::SortName, Listing::Id],
    &[Listing::ProductGroup, Listing::CreatedAt, Listing::Id],
    &[Listing::ProductGroup, Listing::Stars, Listing::PublicUntil, Listing::PublicFrom],
];
/// Of these no other list needs the hidden rows.
const FORMER: [&[Listing]; 2] = [ORDERS[4], ORDERS[5]];

#[derive(DeriveMigrationName)]
pub(crate) struct Migration;

#[async_trait::async_trait]
impl MigrationTrait for Migration {
    async fn up(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        for order in ORDERS {
            let public = Expr::col(Listing::PublicUntil).is_not_null();
            manager.create_index(over(order, "public").and_where(public).to_owned()).await?;
        }
        for order in FORMER {
            manager.drop_index(Index::drop().name(name(order, "listing")).table(Listing::Table).to_owned()).await?;
        }
        Ok(())
    }

    async fn down(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        for order in FORMER {
            manager.create_index(over(order, "listing")).await?;
        }
        for order in ORDERS {
            manager.drop_index(Index::drop().name(name(order, "public")).table(Listing::Table).to_owned()).await?;
        }
        Ok(())
    }
}

fn over(order: &[Listing], which: &str) -> IndexCreateStatement {
    let mut index = Index::create();
    index.name(name(order, which)).table(Listing::Table);
    for column in order {
        index.col(*column);
    }
    index
}

fn name(order: &[Listing], which: &str) -> String {
    let columns: Vec<_> = order.iter().map(|column| column.to_string()).collect();
    format!("idx_{which}_{}", columns.join("_"))
}
