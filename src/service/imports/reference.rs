//! Reference data: administrative units, where former communes went, criteria sets. A row with a known key replaces what is there.

use std::{collections::HashMap, hash::Hash};

use crate::{
    domain::{
        admin_unit::{AdminUnit, Era, Successor, UnitLevel},
        product::ProductGroup,
        rubric::{self, CriteriaSet, Criterion, Part, RubricState},
    },
    service::{
        Service, ServiceError,
        imports::{CellError, Kind, Report, Table, cells::Cells},
        rubrics::id_of,
    },
    store::{admin_units, rubrics},
};

const CODE: &str = "a code of digits is needed";
const NUMBER: &str = "a whole number from 0 on is needed";

/// Imports a table of reference data in one transaction.
pub(super) async fn run(service: &Service, (table, kind): (&Table, Kind), dry_run: bool) -> Result<Report, ServiceError> {
    let store = &service.store;
    match kind {
        Kind::Criteria => {
            let (new, mut report) = compare(table, rubrics::criteria(store).await?, criterion, |c| (c.set, c.position));
            refuse_changes(&mut report);
            save(service, dry_run, async |tx| rubrics::insert_criteria(tx, &new).await).await?;
            Ok(report)
        }
        Kind::CriteriaSets => {
            let (new, mut report) = compare(table, rubrics::sets(store).await?, criteria_set, |s| s.id);
            refuse_changes(&mut report);
            let at = service.clock.now();
            save(service, dry_run, async |tx| rubrics::insert_sets(tx, &new, at).await).await?;
            Ok(report)
        }
        Kind::Successors => {
            let key = |(old, new): &(String, Successor)| (old.clone(), new.new_code.clone());
            let (changed, report) = compare(table, admin_units::all_successors(store).await?, successor, key);
            save(service, dry_run, async |tx| admin_units::put_successors(tx, &changed).await).await?;
            Ok(report)
        }
        Kind::Provinces | Kind::Communes | Kind::FormerCommunes | Kind::Products => {
            let read = match kind {
                Kind::Provinces => province,
                Kind::FormerCommunes => former_commune,
                _ => commune,
            };
            let (changed, report) = compare(table, admin_units::all(store).await?, read, |u| (u.era, u.code.clone()));
            save(service, dry_run, async |tx| admin_units::put(tx, &changed).await).await?;
            Ok(report)
        }
    }
}

/// A published sheet is never changed by a file: rows that differ from it are refused.
fn refuse_changes(report: &mut Report) {
    if report.updated > 0 {
        let message = format!("{} rows differ from what is published; publish a new edition instead", report.updated);
        report.errors.push(CellError { row: 1, column: "rulebook".to_owned(), message });
        report.updated = 0;
    }
}

async fn save(
    service: &Service,
    dry_run: bool,
    put: impl AsyncFnOnce(&crate::store::Tx) -> Result<(), crate::store::StoreError>,
) -> Result<(), ServiceError> {
    if dry_run {
        return Ok(());
    }
    let tx = service.store.begin().await?;
    put(&tx).await?;
    Ok(tx.commit().await?)
}

/// Reads every row and tells which are new or differ. `read` is told how many rows of the table came before; it returns `None` for a
/// row that says nothing.
fn compare<T: PartialEq, K: Eq + Hash>(
    table: &Table,
    stored: Vec<T>,
    read: impl Fn(&mut Cells<'_>, &mut HashMap<i32, i32>) -> Option<T>,
    key: impl Fn(&T) -> K,
) -> (Vec<T>, Report) {
    let stored: HashMap<K, T> = stored.into_iter().map(|row| (key(&row), row)).collect();
    let mut report = Report { rows: table.rows.len(), ..Report::default() };
    let (mut changed, mut places) = (Vec::new(), HashMap::new());
    for (index, row) in table.rows.iter().enumerate() {
        let mut cells = Cells::new(&table.headers, row);
        let read = read(&mut cells, &mut places);
        let wrong = |(column, message)| CellError { row: index + 2, column, message };
        let faults = cells.errors.len();
        report.errors.extend(cells.errors.into_iter().map(wrong));
        let Some(read) = read.filter(|_| faults == 0) else { continue };
        match stored.get(&key(&read)) {
            Some(known) if *known == read => report.unchanged += 1,
            Some(_) => {
                report.updated += 1;
                changed.push(read);
            }
            None => {
                report.created += 1;
                changed.push(read);
            }
        }
    }
    (changed, report)
}

fn code(text: &str) -> Option<String> {
    (!text.is_empty() && text.bytes().all(|b| b.is_ascii_digit())).then(|| text.to_owned())
}

fn number(text: &str) -> Option<i32> {
    text.parse().ok().filter(|n| *n >= 0)
}

fn any(text: &str) -> Option<String> {
    Some(text.to_owned())
}

fn province(cells: &mut Cells<'_>, _: &mut HashMap<i32, i32>) -> Option<AdminUnit> {
    let era = cells.needed("era", "before_2025_07_01 or from_2025_07_01 is needed", Era::parse_code);
    let code = cells.needed("code", CODE, code);
    unit(cells, era?, UnitLevel::Province, (code.clone()?, code?))
}

fn commune(cells: &mut Cells<'_>, _: &mut HashMap<i32, i32>) -> Option<AdminUnit> {
    let (code, province) = (cells.needed("code", CODE, code), cells.needed("province_code", CODE, code));
    unit(cells, Era::From20250701, UnitLevel::Commune, (code?, province?))
}

/// Five island districts had no commune; their rows have no code.
fn former_commune(cells: &mut Cells<'_>, _: &mut HashMap<i32, i32>) -> Option<AdminUnit> {
    cells.text("code")?;
    let (code, province) = (cells.needed("code", CODE, code), cells.needed("province_code", CODE, code));
    let found = unit(cells, Era::Before20250701, UnitLevel::Commune, (code?, province?))?;
    Some(AdminUnit { district_name: cells.text("district_name"), ..found })
}

fn unit(cells: &mut Cells<'_>, era: Era, level: UnitLevel, (code, province_code): (String, String)) -> Option<AdminUnit> {
    let (name, kind) = (cells.needed("name", "a name is needed", any), cells.needed("kind", "a kind is needed", any));
    Some(AdminUnit { era, code, level, kind: kind?, name: name?, province_code, district_name: None })
}

fn successor(cells: &mut Cells<'_>, _: &mut HashMap<i32, i32>) -> Option<(String, Successor)> {
    let old = cells.text("legacy_code")?;
    let new_code = cells.needed("new_code", CODE, code);
    let divided = cells.needed("relation", "WHOLE or DIVIDED is needed", |t| match t {
        "WHOLE" => Some(false),
        "DIVIDED" => Some(true),
        _ => None,
    });
    let is_default = cells.needed("is_default", "true or false is needed", |t| t.parse().ok());
    Some((old, Successor { new_code: new_code?, divided: divided?, is_default: is_default? }))
}

fn criteria_set(cells: &mut Cells<'_>, _: &mut HashMap<i32, i32>) -> Option<CriteriaSet> {
    let rulebook = cells.needed("rulebook", "the number of a decision is needed", any);
    let set = cells.needed("set_no", NUMBER, number);
    let [name, group, branch] =
        ["set_name_vi", "group_name_vi", "branch_name_vi"].map(|column| cells.needed(column, "a name is needed", any));
    let [a, b, c] = ["part_a_max", "part_b_max", "part_c_max"].map(|column| cells.needed(column, NUMBER, number));
    let product_group = cells.read("product_group", "one of the six groups is needed, for example FOOD", ProductGroup::parse_code);
    let (rulebook, number) = (rulebook?, set?);
    Some(CriteriaSet {
        id: id_of(&rulebook, number),
        rulebook,
        number,
        edition: 1,
        state: RubricState::Published,
        name: name?,
        group: group?,
        branch: branch?,
        product_group,
        parts: [a?, b?, c?],
        source: cells.text("source"),
    })
}

/// A criterion's place is its row among those of its set: numbers on the form occur twice.
fn criterion(cells: &mut Cells<'_>, places: &mut HashMap<i32, i32>) -> Option<Criterion> {
    let rulebook = cells.needed("rulebook", "the number of a decision is needed", any);
    let set = cells.needed("set_no", NUMBER, number);
    let part = cells.needed("part", "A, B or C is needed", Part::parse_code);
    let [section_name, name] = ["section_name_vi", "criterion_name_vi"].map(|column| cells.needed(column, "a name is needed", any));
    let [section, criterion_no] = ["section_no", "criterion_no"].map(|column| cells.needed(column, "a number is needed", any));
    let max_points = cells.needed("max_points", NUMBER, number);
    let options = max_points.and_then(|max| {
        cells.read("option_points", "points from 0 to the most, parted by |, are needed", |t| rubric::parse_options(t, max))
    });
    let place = places.entry(set?).or_default();
    *place += 1;
    Some(Criterion {
        set: id_of(&rulebook?, set?),
        position: *place,
        part: part?,
        section: section?,
        section_name: section_name?,
        number: criterion_no?,
        name: name?,
        max_points: max_points?,
        options: options.unwrap_or_default(),
    })
}
