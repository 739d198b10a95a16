//! Search: the words of listings beside the listings, an index over them, and the words that people may have meant.

use sea_orm_migration::{prelude::*, schema::*, sea_orm::DatabaseBackend};

use crate::{drop_all, index, m0006_listings::Listing, ordered_text};

#[derive(DeriveMigrationName)]
pub(crate) struct Migration;

/// Signs that close the fields of a text are no words.
const WORDS: &str = "CREATE INDEX idx_listing_search_words ON listing_search USING GIN (array_to_tsvector(array_remove(array_remove(\
     array_remove(string_to_array(btrim(folded), ' '), '|'), '~'), '^')))";

/// The texts are ASCII where they are Vietnamese; other letters are part of words. Triggers keep the index with its table.
const FULL_TEXT: [&str; 4] = [
    "CREATE VIRTUAL TABLE listing_words USING fts5(folded, content='', contentless_delete=1, detail=none, tokenize='ascii')",
    "CREATE TRIGGER listing_words_insert AFTER INSERT ON listing_search BEGIN \
         INSERT INTO listing_words (rowid, folded) VALUES (new.number, new.folded); END",
    "CREATE TRIGGER listing_words_update AFTER UPDATE OF folded ON listing_search WHEN old.folded <> new.folded BEGIN \
         DELETE FROM listing_words WHERE rowid = old.number; \
         INSERT INTO listing_words (rowid, folded) VALUES (new.number, new.folded); END",
    "CREATE TRIGGER listing_words_delete AFTER DELETE ON listing_search BEGIN DELETE FROM listing_words WHERE rowid = old.number; END",
];

#[async_trait::async_trait]
impl MigrationTrait for Migration {
    async fn up(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        words(manager).await?;
        vocabulary(manager).await?;
        manager.alter_table(Table::alter().table(Listing::Table).drop_column(Listing::SearchText).to_owned()).await?;
        index!(manager, Listing::Table, [Listing::ProductGroup, Listing::Stars, Listing::PublicUntil, Listing::PublicFrom]);
        let statements: &[&str] = if manager.get_database_backend() == DatabaseBackend::Postgres { &[WORDS] } else { &FULL_TEXT };
        for statement in statements {
            manager.get_connection().execute_unprepared(statement).await?;
        }
        Ok(())
    }

    async fn down(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        if manager.get_database_backend() == DatabaseBackend::Sqlite {
            manager.get_connection().execute_unprepared("DROP TABLE listing_words").await?;
        }
        let name = "idx_listing_product_group_stars_public_until_public_from";
        manager.drop_index(Index::drop().name(name).table(Listing::Table).to_owned()).await?;
        let mut text = text(Listing::SearchText);
        manager.alter_table(Table::alter().table(Listing::Table).add_column(text.default("")).to_owned()).await?;
        drop_all(manager, [SearchWord::Table.into_iden(), ListingSearch::Table.into_iden()]).await
    }
}

async fn words(manager: &SchemaManager<'_>) -> Result<(), DbErr> {
    manager
        .create_table(
            Table::create()
                .table(ListingSearch::Table)
                .col(big_pk_auto(ListingSearch::Number))
                .col(uuid(ListingSearch::ListingId))
                .col(text(ListingSearch::Folded))
                .col(text(ListingSearch::Exact))
                .col(integer(ListingSearch::Stars))
                .foreign_key(
                    ForeignKey::create()
                        .from(ListingSearch::Table, ListingSearch::ListingId)
                        .to(Listing::Table, Listing::Id)
                        .on_delete(ForeignKeyAction::Cascade),
                )
                .to_owned(),
        )
        .await?;
    index!(manager, ListingSearch::Table, [ListingSearch::ListingId], unique);
    // Common words: the best rows are read in their order until the page is full.
    index!(manager, ListingSearch::Table, [ListingSearch::Stars, ListingSearch::ListingId]);
    Ok(())
}

async fn vocabulary(manager: &SchemaManager<'_>) -> Result<(), DbErr> {
    let mut word = ordered_text(manager, SearchWord::Word);
    manager
        .create_table(Table::create().table(SearchWord::Table).col(word.primary_key()).col(integer(SearchWord::Letters)).to_owned())
        .await
}

#[derive(DeriveIden, Clone, Copy)]
enum ListingSearch {
    Table,
    Number,
    ListingId,
    Folded,
    Exact,
    Stars,
}

#[derive(DeriveIden, Clone, Copy)]
enum SearchWord {
    Table,
    Word,
    Letters,
}
