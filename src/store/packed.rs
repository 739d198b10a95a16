//! Rows of other tables in one cell of a row, as JSON: a thing comes with what belongs to it by one statement. A statement of one row costs
//! this process more than all that is made of the row (docs/benchmarks.md).

use chrono::NaiveDate;
use sea_orm::{
    ConnectionTrait, DatabaseBackend, DbErr, EntityTrait, QueryTrait, Select,
    sea_query::{Expr, SimpleExpr},
};
use serde_json::Value;
use std::borrow::Cow;
use uuid::Uuid;

use crate::store::{
    Db, StoreError,
    rows::{Cells, Lean, names},
    unasked::Unasked,
};

/// The rows that a query finds as one cell, each an array of the columns that [`Lean`] names and that are asked for.
pub(super) fn pack<E: Lean>(db: &impl Db, query: Select<E>, unasked: Unasked) -> SimpleExpr {
    packed(db, query, |is_hex| names::<E>(unasked, is_hex))
}

/// The same with those of an entity that the query joins behind them.
pub(super) fn pack_joined<E: Lean, J: Lean>(db: &impl Db, query: Select<E>, unasked: Unasked) -> SimpleExpr {
    packed(db, query, |is_hex| format!("{}, {}", names::<E>(unasked, is_hex), names::<J>(unasked, is_hex)).into())
}

fn packed<E: EntityTrait>(db: &impl Db, query: Select<E>, columns: impl FnOnce(bool) -> Cow<'static, str>) -> SimpleExpr {
    let rows = match db.connection().get_database_backend() {
        DatabaseBackend::Sqlite => format!("json_group_array(json_array({}))", columns(true)),
        _ => format!("CAST(json_agg(json_build_array({})) AS text)", columns(false)),
    };
    let mut query = query.into_query();
    query.clear_selects().expr(Expr::cust(rows));
    query.into()
}

/// The rows that the next cell holds, in no order. They leave out what the row leaves out.
pub(super) fn unpack<T>(cells: &mut Cells<'_>, read: impl Fn(&mut Cells<'_>) -> Result<T, DbErr>) -> Result<Vec<T>, StoreError> {
    let unasked = cells.unasked;
    unpacked((cells.take()?, unasked), read)
}

fn unpacked<T>(
    (cell, unasked): (Option<String>, Unasked),
    read: impl Fn(&mut Cells<'_>) -> Result<T, DbErr>,
) -> Result<Vec<T>, StoreError> {
    let rows: Vec<Vec<Value>> = match cell {
        Some(text) => serde_json::from_str(&text).map_err(|_| StoreError::Corrupt("rows in a cell"))?,
        None => Vec::new(),
    };
    Ok(rows.iter().map(|row| read(&mut Cells::of_json(row, unasked))).collect::<Result<_, _>>()?)
}

/// What a cell in JSON may hold.
pub(super) trait Packed: Sized {
    /// Reads it; `None` when it is of another type.
    fn unpacked(value: &Value) -> Option<Self>;
}

impl Packed for String {
    fn unpacked(value: &Value) -> Option<Self> {
        value.as_str().map(str::to_owned)
    }
}

impl Packed for i64 {
    fn unpacked(value: &Value) -> Option<Self> {
        value.as_i64()
    }
}

impl Packed for i32 {
    fn unpacked(value: &Value) -> Option<Self> {
        value.as_i64()?.try_into().ok()
    }
}

impl Packed for bool {
    /// SQLite keeps 0 and 1.
    fn unpacked(value: &Value) -> Option<Self> {
        value.as_bool().or_else(|| value.as_i64().map(|number| number != 0))
    }
}

impl Packed for Uuid {
    fn unpacked(value: &Value) -> Option<Self> {
        Self::parse_str(value.as_str()?).ok()
    }
}

impl Packed for NaiveDate {
    fn unpacked(value: &Value) -> Option<Self> {
        value.as_str()?.parse().ok()
    }
}

impl<T: Packed> Packed for Option<T> {
    fn unpacked(value: &Value) -> Option<Self> {
        if value.is_null() || value.as_str() == Some("") && T::unpacked(value).is_none() {
            Some(None)
        } else {
            T::unpacked(value).map(Some)
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    #[test]
    fn cells_are_read_as_either_engine_writes_them() {
        let id = Uuid::from_u128(0x0199_8f3e_0000_7000_8000_0000_0000_0001);
        for text in ["01998f3e-0000-7000-8000-000000000001", "01998F3E000070008000000000000001"] {
            assert_eq!(Uuid::unpacked(&json!(text)), Some(id));
            assert_eq!(Option::<Uuid>::unpacked(&json!(text)), Some(Some(id)));
        }
        // What hex() makes of NULL.
        assert_eq!(Option::<Uuid>::unpacked(&json!("")), Some(None));
        assert_eq!(Option::<String>::unpacked(&json!("")), Some(Some(String::new())));
        assert_eq!(Option::<String>::unpacked(&Value::Null), Some(None));
        assert_eq!((bool::unpacked(&json!(true)), bool::unpacked(&json!(0))), (Some(true), Some(false)));
        assert_eq!((i32::unpacked(&json!(5_000_000_000_i64)), i64::unpacked(&json!(5_000_000_000_i64))), (None, Some(5_000_000_000)));
        assert_eq!(NaiveDate::unpacked(&json!("2026-02-28")), NaiveDate::from_ymd_opt(2026, 2, 28));
        assert_eq!(NaiveDate::unpacked(&json!("2026-02-30")), None);
        assert_eq!(String::unpacked(&json!(1)), None);
    }

    #[test]
    fn a_damaged_cell_is_told() {
        let read = |cells: &mut Cells<'_>| cells.take::<i64>();
        let unpack = |cell: Option<&str>| unpacked((cell.map(str::to_owned), Unasked::default()), read);
        assert!(unpack(None).expect("no rows").is_empty());
        assert_eq!(unpack(Some("[[1],[2]]")).expect("rows"), [1, 2]);
        for damaged in ["", "[1]", "[[]]", "[[\"x\"]]", "[[null]]"] {
            assert!(unpack(Some(damaged)).is_err(), "{damaged}");
        }
    }
}
