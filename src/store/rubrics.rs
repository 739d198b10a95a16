//! Criteria sets in their editions, and their criteria. Published rows are inserted once and never changed.

use chrono::{DateTime, Utc};
use sea_orm::{
    ActiveModelTrait, ActiveValue::Set, ColumnTrait, EntityTrait, IntoActiveModel, QueryFilter, QueryOrder, sea_query::OnConflict,
};

use crate::{
    domain::{
        id::CriteriaSetId,
        product::ProductGroup,
        rubric::{self, CriteriaSet, Criterion, Part, RubricState},
    },
    store::{
        Db, StoreError,
        entity::{criteria_set, criterion},
        error::coded,
        instant::micros,
        rows::among,
    },
};

/// Rows in one INSERT; ten parameters each.
const BATCH: usize = 500;

/// All criteria sets, by rulebook, number and edition.
pub async fn sets(db: &impl Db) -> Result<Vec<CriteriaSet>, StoreError> {
    use criteria_set::{Column, Entity};
    let query = Entity::find().order_by_asc(Column::Rulebook).order_by_asc(Column::SetNo).order_by_asc(Column::Edition);
    query.all(db.connection()).await?.into_iter().map(set).collect()
}

/// The criteria set with an id.
pub async fn find(db: &impl Db, id: CriteriaSetId) -> Result<Option<CriteriaSet>, StoreError> {
    criteria_set::Entity::find_by_id(id.0).one(db.connection()).await?.map(set).transpose()
}

/// The criteria sets with these ids.
pub async fn find_many(db: &impl Db, ids: &[CriteriaSetId]) -> Result<Vec<CriteriaSet>, StoreError> {
    let query = criteria_set::Entity::find().filter(criteria_set::Column::Id.is_in(ids.iter().map(|id| id.0)));
    query.all(db.connection()).await?.into_iter().map(set).collect()
}

/// Stores new criteria sets; those that are there stay as they are.
pub async fn insert_sets(db: &impl Db, sets: &[CriteriaSet], at: DateTime<Utc>) -> Result<(), StoreError> {
    use criteria_set::{Column, Entity, Model};
    for batch in sets.chunks(BATCH) {
        let rows = batch.iter().map(|s| {
            let [part_a, part_b, part_c] = s.parts;
            let model = Model {
                id: s.id.0,
                rulebook: s.rulebook.clone(),
                set_no: s.number,
                edition: s.edition,
                state: s.state.code().to_owned(),
                name: s.name.clone(),
                group_name: s.group.clone(),
                branch_name: s.branch.clone(),
                product_group: s.product_group.map(|g| g.code().to_owned()),
                part_a,
                part_b,
                part_c,
                source: s.source.clone(),
                published_at: (s.state == RubricState::Published).then(|| micros(at)),
            };
            model.into_active_model().reset_all()
        });
        let keep = OnConflict::column(Column::Id).do_nothing().to_owned();
        Entity::insert_many(rows).on_conflict(keep).exec_without_returning(db.connection()).await?;
    }
    Ok(())
}

/// Publishes a draft; false when it is none any more.
pub async fn publish(db: &impl Db, id: CriteriaSetId, at: DateTime<Utc>) -> Result<bool, StoreError> {
    use criteria_set::{ActiveModel, Column, Entity};
    let published =
        ActiveModel { state: Set(RubricState::Published.code().to_owned()), published_at: Set(Some(micros(at))), ..Default::default() };
    let done = Entity::update_many()
        .set(published)
        .filter(Column::Id.eq(id.0))
        .filter(Column::State.eq(RubricState::Draft.code()))
        .exec(db.connection())
        .await?;
    Ok(done.rows_affected == 1)
}

/// Removes the drafts of a set with their criteria.
pub async fn remove_drafts(db: &impl Db, rulebook: &str, number: i32) -> Result<(), StoreError> {
    use criteria_set::{Column, Entity};
    let drafts = Entity::find()
        .filter(Column::Rulebook.eq(rulebook))
        .filter(Column::SetNo.eq(number))
        .filter(Column::State.eq(RubricState::Draft.code()))
        .all(db.connection())
        .await?;
    let ids: Vec<_> = drafts.into_iter().map(|d| d.id).collect();
    criterion::Entity::delete_many().filter(criterion::Column::SetId.is_in(ids.clone())).exec(db.connection()).await?;
    Entity::delete_many().filter(Column::Id.is_in(ids)).exec(db.connection()).await?;
    Ok(())
}

/// All criteria, by set and place.
pub async fn criteria(db: &impl Db) -> Result<Vec<Criterion>, StoreError> {
    use criterion::{Column, Entity};
    let query = Entity::find().order_by_asc(Column::SetId).order_by_asc(Column::Position);
    query.all(db.connection()).await?.into_iter().map(domain).collect()
}

/// The criteria of some sets, in the order of their forms.
pub async fn criteria_of(db: &impl Db, sets: &[CriteriaSetId]) -> Result<Vec<Criterion>, StoreError> {
    use criterion::{Column, Entity};
    let query = Entity::find().filter(Column::SetId.is_in(among(sets.iter().map(|id| id.0))));
    query.order_by_asc(Column::SetId).order_by_asc(Column::Position).all(db.connection()).await?.into_iter().map(domain).collect()
}

/// Stores new criteria; those that are there stay as they are.
pub async fn insert_criteria(db: &impl Db, criteria: &[Criterion]) -> Result<(), StoreError> {
    use criterion::{Column, Entity};
    for batch in criteria.chunks(BATCH) {
        let rows = batch.iter().map(|c| row(c).into_active_model().reset_all());
        let keep = OnConflict::columns([Column::SetId, Column::Position]).do_nothing().to_owned();
        Entity::insert_many(rows).on_conflict(keep).exec_without_returning(db.connection()).await?;
    }
    Ok(())
}

fn set(r: criteria_set::Model) -> Result<CriteriaSet, StoreError> {
    let group = r.product_group.map(|g| coded(ProductGroup::parse_code(&g), "criteria_set.product_group")).transpose()?;
    Ok(CriteriaSet {
        id: r.id.into(),
        rulebook: r.rulebook,
        number: r.set_no,
        edition: r.edition,
        state: coded(RubricState::parse_code(&r.state), "criteria_set.state")?,
        name: r.name,
        group: r.group_name,
        branch: r.branch_name,
        product_group: group,
        parts: [r.part_a, r.part_b, r.part_c],
        source: r.source,
    })
}

fn row(c: &Criterion) -> criterion::Model {
    criterion::Model {
        set_id: c.set.0,
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
        set: row.set_id.into(),
        position: row.position,
        section: row.section_no,
        section_name: row.section_name,
        number: row.number,
        name: row.name,
        max_points: row.max_points,
    })
}
