//! Rows that lists are made of, read by the position of their columns and without the columns that nothing is made of.
//!
//! A page of twenty listings has more than a thousand cells. Looking each up by its name, and reading texts that only searches and sorting
//! use, cost more than all else in this process (docs/benchmarks.md).

use sea_orm::{
    ActiveModelTrait, ColumnTrait, ColumnType, DbErr, EntityTrait, FromQueryResult, IdenStatic, IntoActiveModel, QueryFilter, QueryResult,
    QuerySelect, RuntimeErr, Select,
    sea_query::{Expr, Value},
    sqlx::{self, Decode, Postgres, Row as _, Sqlite, Type},
};
use std::{
    borrow::Cow,
    collections::HashSet,
    hash::Hash,
    sync::{Arc, LazyLock},
};
use uuid::Uuid;

use crate::store::{Db, StoreError, entity, packed::Packed, unasked::Unasked};

/// The cells of a row, one after another.
pub(super) struct Cells<'a> {
    row: Source<'a>,
    next: usize,
    /// What the row leaves out.
    pub(super) unasked: Unasked,
}

/// Where a row is.
enum Source<'a> {
    Query(&'a QueryResult),
    Json(&'a [serde_json::Value]),
}

/// What a cell may hold on either engine, and in JSON.
pub(super) trait Cell: for<'r> Decode<'r, Postgres> + Type<Postgres> + for<'r> Decode<'r, Sqlite> + Type<Sqlite> + Packed {}

impl<T> Cell for T where T: for<'r> Decode<'r, Postgres> + Type<Postgres> + for<'r> Decode<'r, Sqlite> + Type<Sqlite> + Packed {}

impl<'a> Cells<'a> {
    pub(super) fn of(row: &'a QueryResult) -> Self {
        Self { row: Source::Query(row), next: 0, unasked: Unasked::default() }
    }

    /// A row that says itself what it leaves out: see [`shape`].
    pub(super) fn shaped(row: &'a QueryResult) -> Result<Self, DbErr> {
        let mut cells = Self::of(row);
        cells.unasked = Unasked::of_bits(cells.take::<i32>()?);
        Ok(cells)
    }

    pub(super) fn of_json(row: &'a [serde_json::Value], unasked: Unasked) -> Self {
        Self { row: Source::Json(row), next: 0, unasked }
    }

    /// The next cell.
    pub(super) fn take<T: Cell>(&mut self) -> Result<T, DbErr> {
        let cell = self.look()?;
        self.next += 1;
        Ok(cell)
    }

    /// The types of columns are those of the migrations: asking each cell again costs as much as reading it.
    fn look<T: Cell>(&self) -> Result<T, DbErr> {
        let row = match self.row {
            Source::Query(row) => row,
            Source::Json(row) => {
                let cell = row.get(self.next).and_then(T::unpacked);
                return cell.ok_or_else(|| DbErr::Type(format!("cell {} of a row in JSON", self.next)));
            }
        };
        let read = match (row.try_as_pg_row(), row.try_as_sqlite_row()) {
            (Some(row), _) => row.try_get_unchecked(self.next),
            (None, Some(row)) => row.try_get_unchecked(self.next),
            (None, None) => Err(sqlx::Error::ColumnIndexOutOfBounds { index: self.next, len: 0 }),
        };
        read.map_err(|error| DbErr::Query(RuntimeErr::SqlxError(Arc::new(error))))
    }

    /// A row of an outer join, whose first column is its id; `None` where nothing was joined.
    pub(super) fn joined<E: Lean>(&mut self) -> Result<Option<E::Model>, DbErr> {
        if self.look::<Option<Uuid>>()?.is_none() {
            self.next += asked::<E>(self.unasked).count();
            return Ok(None);
        }
        E::read(self).map(Some)
    }
}

/// An entity of which lists are made.
pub(super) trait Lean: EntityTrait {
    /// The columns that are read, the id first.
    fn columns() -> &'static [Self::Column];
    /// The same as text.
    fn names() -> &'static Names;
    /// Whether a column is left out.
    fn is_unasked(column: &Self::Column, unasked: Unasked) -> bool;
    /// Reads them. What was not read is empty.
    fn read(cells: &mut Cells<'_>) -> Result<Self::Model, DbErr>;
}

/// A row of what [`asked_for`] makes a query select.
pub(super) struct LeanRow<E: Lean>(pub(super) E::Model);

impl<E: Lean> FromQueryResult for LeanRow<E> {
    fn from_query_result(row: &QueryResult, _prefix: &str) -> Result<Self, DbErr> {
        E::read(&mut Cells::shaped(row)?).map(Self)
    }
}

/// The columns of an entity as a statement names them, written once: an expression for each is what most of a statement is made of.
pub(super) struct Names {
    plain: String,
    hex: String,
}

impl Names {
    fn of<E: Lean>() -> Self {
        let list = |name: fn(&E::Column) -> String| E::columns().iter().map(name).collect::<Vec<_>>().join(", ");
        Self { plain: list(name::<E>), hex: list(hex::<E>) }
    }
}

fn name<E: Lean>(column: &E::Column) -> String {
    format!("\"{}\".\"{}\"", E::default().as_str(), column.as_str())
}

/// JSON has no place for bytes, as which SQLite keeps ids.
fn hex<E: Lean>(column: &E::Column) -> String {
    match column.def().get_column_type() {
        ColumnType::Uuid => format!("hex({})", name::<E>(column)),
        _ => name::<E>(column),
    }
}

/// Adds the columns of an entity to what is selected.
pub(super) fn select<E: Lean, S: EntityTrait>(query: Select<S>) -> Select<S> {
    query.expr(Expr::cust(E::names().plain.as_str()))
}

/// Begins what is selected with what its rows leave out; [`select_asked`] of the same follows.
pub(super) fn shape<S: EntityTrait>(query: Select<S>, unasked: Unasked) -> Select<S> {
    query.expr(Expr::cust(unasked.bits().to_string()))
}

/// The same without what nobody asked for.
pub(super) fn select_asked<E: Lean, S: EntityTrait>(query: Select<S>, unasked: Unasked) -> Select<S> {
    query.expr(Expr::cust(names::<E>(unasked, false)))
}

/// The columns of an entity that are asked for.
pub(super) fn asked<E: Lean>(unasked: Unasked) -> impl Iterator<Item = &'static E::Column> {
    E::columns().iter().filter(move |column| !E::is_unasked(column, unasked))
}

/// Their names; `is_hex` for JSON on SQLite.
pub(super) fn names<E: Lean>(unasked: Unasked, is_hex: bool) -> Cow<'static, str> {
    let all = E::names();
    if unasked == Unasked::default() {
        return Cow::Borrowed(if is_hex { &all.hex } else { &all.plain });
    }
    let name = |column| if is_hex { hex::<E>(column) } else { name::<E>(column) };
    Cow::Owned(asked::<E>(unasked).map(name).collect::<Vec<_>>().join(", "))
}

/// Makes a query select the columns of its entity without what nobody asked for.
pub(super) fn asked_for<E: Lean>(query: Select<E>, unasked: Unasked) -> Select<E> {
    select_asked::<E, E>(shape(query.select_only(), unasked), unasked)
}

/// All rows of a query, without what nobody asked for.
pub(super) async fn all<E: Lean>(db: &impl Db, query: Select<E>) -> Result<Vec<E::Model>, StoreError>
where
    E::Model: Send + Sync,
{
    let rows = asked_for(query, db.unasked()).into_model::<LeanRow<E>>().all(db.connection()).await?;
    Ok(rows.into_iter().map(|row| row.0).collect())
}

/// The rows of a query of which a column holds one of these values; no statement for none.
pub(super) async fn among_all<E: Lean, V: Clone + Eq + Hash + Into<Value>>(
    db: &impl Db,
    query: Select<E>,
    column: E::Column,
    values: impl IntoIterator<Item = V>,
) -> Result<Vec<E::Model>, StoreError>
where
    E::Model: Send + Sync,
{
    let values = among(values);
    if values.is_empty() { Ok(Vec::new()) } else { all(db, query.filter(column.is_in(values))).await }
}

/// The first row of a query, without what nobody asked for.
pub(super) async fn one<E: Lean>(db: &impl Db, query: Select<E>) -> Result<Option<E::Model>, StoreError>
where
    E::Model: Send + Sync,
{
    Ok(all(db, query.limit(1)).await?.pop())
}

/// Writes new rows by one statement.
pub(super) async fn insert<E: EntityTrait>(db: &impl Db, rows: impl IntoIterator<Item = E::Model>) -> Result<(), StoreError>
where
    E::Model: IntoActiveModel<E::ActiveModel>,
{
    let rows: Vec<_> = rows.into_iter().map(|row| row.into_active_model().reset_all()).collect();
    if !rows.is_empty() {
        E::insert_many(rows).exec_without_returning(db.connection()).await?;
    }
    Ok(())
}

/// Those of these texts that a column holds.
pub(super) async fn taken<C: ColumnTrait>(db: &impl Db, column: C, texts: Vec<String>) -> Result<Vec<String>, StoreError>
where
    C::EntityName: EntityTrait,
{
    if texts.is_empty() {
        return Ok(Vec::new());
    }
    let query = C::EntityName::find().select_only().column(column).filter(column.is_in(among(texts)));
    Ok(query.into_tuple().all(db.connection()).await?)
}

/// Values to look for, each once, the last repeated up to a power of two: so there are few statements, which the engine need not read and
/// plan anew for each number of values.
pub(super) fn among<T: Clone + Eq + Hash>(values: impl IntoIterator<Item = T>) -> Vec<T> {
    let mut seen = HashSet::new();
    let mut values: Vec<T> = values.into_iter().filter(|value| seen.insert(value.clone())).collect();
    if let Some(last) = values.last().cloned() {
        values.resize(values.len().next_power_of_two(), last);
    }
    values
}

/// The next cell, or nothing where the row leaves it out.
macro_rules! cell {
    ($cells:ident) => {
        $cells.take()?
    };
    ($cells:ident $part:ident) => {
        if $cells.unasked.$part { Default::default() } else { $cells.take()? }
    };
}

/// The fields of a model with their columns, then those that are not read.
macro_rules! lean {
    ($($table:ident { $($field:ident $column:ident $(if $part:ident)?),+ $(,)? } $(without { $($left:ident $unread:ident),+ $(,)? })?;)+) => {
        $(
            impl Lean for entity::$table::Entity {
                fn columns() -> &'static [entity::$table::Column] {
                    &[$(entity::$table::Column::$column),+]
                }

                fn names() -> &'static Names {
                    static NAMES: LazyLock<Names> = LazyLock::new(Names::of::<entity::$table::Entity>);
                    &NAMES
                }

                fn is_unasked(column: &entity::$table::Column, unasked: Unasked) -> bool {
                    match column {
                        $($(entity::$table::Column::$column => unasked.$part,)?)+
                        _ => {
                            let Unasked { .. } = unasked;
                            false
                        }
                    }
                }

                fn read(cells: &mut Cells<'_>) -> Result<entity::$table::Model, DbErr> {
                    Ok(entity::$table::Model { $($field: cell!(cells $($part)?),)+ $($($left: String::new(),)+)? })
                }
            }
        )+

        #[cfg(test)]
        mod tests {
            use super::*;
            use sea_orm::Iterable;

            /// A field reads the column of its own name, and every column of the table is named once.
            #[test]
            fn every_field_reads_its_own_column() {
                $(
                    let fields = [$((stringify!($field), entity::$table::Column::$column)),+ $($(, (stringify!($left), entity::$table::Column::$unread))+)?];
                    for (field, column) in &fields {
                        assert_eq!(*field, column.as_str());
                    }
                    let columns = entity::$table::Column::iter().map(|column| column.as_str().to_owned());
                    assert_eq!(fields.len(), columns.count(), stringify!($table));
                    let first = asked::<entity::$table::Entity>(Unasked::EVERYTHING).next().map(|column| column.as_str());
                    assert_eq!(first, fields.first().map(|field| field.0), "the first is always read");
                )+
            }

            #[test]
            fn few_lengths_are_looked_for() {
                let table: [(&[u8], &[u8]); 6] =
                    [(&[3, 1, 3, 3, 1], &[3, 1]), (&[], &[]), (&[1], &[1]), (&[1, 2], &[1, 2]), (&[1, 2, 3], &[1, 2, 3, 3]), (&[1, 2, 3, 4, 5], &[1, 2, 3, 4, 5, 5, 5, 5])];
                for (values, expected) in table {
                    assert_eq!(among(values.iter().copied()), expected);
                }
            }
        }
    };
}

lean! {
    listing {
        id Id, external_key ExternalKey if keys, slug Slug if slugs, producer_id ProducerId, product_id ProductId, variant_id VariantId,
        title_vi TitleVi if titles, title_en TitleEn if titles, price Price, stock Stock if offers, min_order MinOrder if offers,
        valid_from ValidFrom if offers, valid_until ValidUntil if offers, state State, published_at PublishedAt if stamps,
        version Version if stamps, record_version RecordVersion if stamps, public_from PublicFrom, public_until PublicUntil,
        announced Announced if stamps, stars Stars if stars, product_group ProductGroup if groups, commune_code CommuneCode if communes,
        sort_name SortName if sort_names, created_at CreatedAt, updated_at UpdatedAt if stamps,
    };
    product {
        id Id, producer_id ProducerId, slug Slug if slugs, external_key ExternalKey if keys, product_group ProductGroup if groups, state State,
        name_vi NameVi if names, name_en NameEn if names, description_vi DescriptionVi if descriptions,
        description_en DescriptionEn if descriptions, season_months SeasonMonths if seasons, commune_code CommuneCode if communes,
        legacy_commune_code LegacyCommuneCode if communes, sort_name SortName if sort_names, version Version if stamps,
        created_at CreatedAt if stamps, updated_at UpdatedAt if stamps,
    } without { search_text SearchText };
    producer {
        id Id, slug Slug if slugs, external_key ExternalKey if keys, legal_name LegalName if legal_names,
        display_name DisplayName if display_names, kind Kind, tax_code TaxCode if contacts, commune_code CommuneCode if communes,
        legacy_commune_code LegacyCommuneCode if communes, address Address if contacts, phone Phone if contacts, email Email if contacts,
        story Story if contacts, status Status, sort_name SortName if sort_names, version Version if stamps, created_at CreatedAt if stamps,
        updated_at UpdatedAt if stamps,
    } without { search_text SearchText };
    variant {
        id Id, product_id ProductId, producer_id ProducerId, sku Sku if codes, gtin Gtin if codes, net_thousandths NetThousandths,
        net_unit NetUnit, weight_grams WeightGrams if weights, position Position, archived_at ArchivedAt,
    };
    media { id Id, product_id ProductId, url Url if urls, alt_vi AltVi if alts, alt_en AltEn if alts, position Position };
    rating {
        id Id, product_id ProductId, producer_id ProducerId, dossier_id DossierId, decision_id DecisionId, stars Stars,
        score_hundredths ScoreHundredths if scores, certificate_number CertificateNumber if certificates, issued_on IssuedOn,
        expires_on ExpiresOn, withdrawn_on WithdrawnOn, withdrawal_reason WithdrawalReason if withdrawals,
        withdrawal_basis WithdrawalBasis if withdrawals, superseded_on SupersededOn, version Version if stamps, created_at CreatedAt,
    };
    account {
        id Id, email Email, display_name DisplayName, password_hash PasswordHash, disabled_at DisabledAt, created_at CreatedAt,
    };
    session { id Id, account_id AccountId, created_at CreatedAt, expires_at ExpiresAt, revoked_at RevokedAt };
    role_grant { account_id AccountId, role Role, commune_code CommuneCode, granted_by GrantedBy, granted_at GrantedAt };
    producer_member { producer_id ProducerId, account_id AccountId, role Role, created_at CreatedAt };
    decision {
        id Id, authority Authority, issuer Issuer if decisions, number Number if decisions, signed_on SignedOn if decisions,
        created_at CreatedAt if decisions,
    };
    admin_unit {
        code Code, era Era, level Level, kind Kind, name Name if names, province_code ProvinceCode if provinces,
        district_name DistrictName if provinces,
    } without { name_key NameKey };
}
