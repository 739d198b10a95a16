//! Criteria sets and their criteria.

use sea_orm::{ActiveModelTrait, ColumnTrait, Condition, EntityTrait, IntoActiveModel, QueryFilter, QueryOrder, sea_query::OnConflict};

use crate::{
    domain::rubric::{self, CriteriaSet, Criterion, Part},
    store::{
        Db, StoreError,
        entity::{criteria_set, criterion},
        error::coded,
    },
};

/// Rows in one INSERT; ten parameters each.
const BATCH: usize = 500;

/// All criteria sets, by rulebook and number.
pub async fn sets(db: &impl Db) -> Result<Vec<CriteriaSet>, StoreError> {
    use criteria_set::{Column, Entity, Model};
    let rows = Entity::find().order_by_asc(Column::Rulebook).order_by_asc(Column::SetNo).all(db.connection()).await?;
    let domain = |r: Model| CriteriaSet {
        rulebook: r.rulebook,
        number: r.set_no,
        name: r.name,
        group: r.group_name,
        branch: r.branch_name,
        parts: [r.part_a, r.part_b, r.part_c],
    };
    Ok(rows.into_iter().map(domain).collect())
}

/// Stores criteria sets, replacing those with the same rulebook and number.
pub async fn put_sets(db: &impl Db, sets: &[CriteriaSet]) -> Result<(), StoreError> {
    use criteria_set::{Column, Entity, Model};
    for batch in sets.chunks(BATCH) {
        let rows = batch.iter().map(|s| {
            let [part_a, part_b, part_c] = s.parts;
            let model = Model {
                rulebook: s.rulebook.clone(),
                set_no: s.number,
                name: s.name.clone(),
                group_name: s.group.clone(),
                branch_name: s.branch.clone(),
                part_a,
                part_b,
                part_c,
            };
            model.into_active_model().reset_all()
        });
        let replace = OnConflict::columns([Column::Rulebook, Column::SetNo])
            .update_columns([Column::Name, Column::GroupName, Column::BranchName, Column::PartA, Column::PartB, Column::PartC])
            .to_owned();
        Entity::insert_many(rows).on_conflict(replace).exec_without_returning(db.connection()).await?;
    }
    Ok(())
}

/// All criteria, by rulebook, set and place.
pub async fn criteria(db: &impl Db) -> Result<Vec<Criterion>, StoreError> {
    find(db, Condition::all()).await
}

/// The criteria of some sets, each named by rulebook and number, in the order of their forms.
pub async fn criteria_of(db: &impl Db, sets: &[(String, i32)]) -> Result<Vec<Criterion>, StoreError> {
    let one = |(rulebook, set): &(String, i32)| {
        Condition::all().add(criterion::Column::Rulebook.eq(rulebook)).add(criterion::Column::SetNo.eq(*set))
    };
    find(db, sets.iter().fold(Condition::any(), |any, set| any.add(one(set)))).await
}

async fn find(db: &impl Db, condition: Condition) -> Result<Vec<Criterion>, StoreError> {
    use criterion::{Column, Entity};
    let query = Entity::find().filter(condition).order_by_asc(Column::Rulebook).order_by_asc(Column::SetNo).order_by_asc(Column::Position);
    query.all(db.connection()).await?.into_iter().map(domain).collect()
}

/// Stores criteria, replacing those at the same place.
pub async fn put_criteria(db: &impl Db, criteria: &[Criterion]) -> Result<(), StoreError> {
    use criterion::{Column, Entity};
    for batch in criteria.chunks(BATCH) {
        let rows = batch.iter().map(|c| row(c).into_active_model().reset_all());
        let replace = OnConflict::columns([Column::Rulebook, Column::SetNo, Column::Position])
            .update_columns([
                Column::Part,
                Column::SectionNo,
                Column::SectionName,
                Column::Number,
                Column::Name,
                Column::MaxPoints,
                Column::OptionPoints,
            ])
            .to_owned();
        Entity::insert_many(rows).on_conflict(replace).exec_without_returning(db.connection()).await?;
    }
    Ok(())
}

fn row(c: &Criterion) -> criterion::Model {
    criterion::Model {
        rulebook: c.rulebook.clone(),
        set_no: c.set,
        position: c.position,
        part: c.part.code().to_owned(),
        section_no: c.section.clone(),
        section_name: c.section_name.clone(),
        number: c.number.clone(),
        name: c.name.clone(),
        max_points: c.max_points,
        option_points: c.options.iter().map(ToString::to_string).collect::<Vec<_>>().join("|"),
    }
}

fn domain(row: criterion::Model) -> Result<Criterion, StoreError> {
    Ok(Criterion {
        part: coded(Part::parse_code(&row.part), "criterion.part")?,
        options: coded(rubric::parse_options(&row.option_points, row.max_points), "criterion.option_points")?,
        rulebook: row.rulebook,
        set: row.set_no,
        position: row.position,
        section: row.section_no,
        section_name: row.section_name,
        number: row.number,
        name: row.name,
        max_points: row.max_points,
    })
}
