//! Rubrics: the rulebooks and the criteria by which councils score products.

pub mod mutation;
pub mod rulebook;

use async_graphql::{Context, Description, Enum, ID, Object, SimpleObject};

use crate::{
    domain::rubric::{self, CriteriaSet, Criterion},
    graphql::{
        context::{asked, loader},
        error::Fault,
        id::{Kind, encode, of},
        loader::CriteriaOf,
        product::OcopGroup,
        scalar::Date,
    },
    service::{rubrics, rulebooks},
};
pub use rulebook::RulebookObject;

/// Queries on rubrics.
#[derive(Default)]
pub struct RubricQuery;

/// Parts of a score sheet.
#[derive(Enum, Clone, Copy, PartialEq, Eq, Debug)]
#[graphql(remote = "rubric::Part", name = "RubricPart")]
pub enum RubricPart {
    /// The product and the strength of its community (sản phẩm và sức mạnh cộng đồng).
    A,
    /// Marketing (khả năng tiếp thị).
    B,
    /// Quality of the product (chất lượng sản phẩm).
    C,
}

/// Whether a criteria set may be used. Values may be added.
#[derive(Enum, Clone, Copy, PartialEq, Eq, Debug)]
#[graphql(remote = "rubric::RubricState")]
pub enum RubricState {
    /// Being prepared; only admins see it.
    Draft,
    /// In use, and not changed any more.
    Published,
}

/// A criteria set (bộ tiêu chí): the score sheet for one kind of product in one rulebook, in one edition.
#[derive(Description)]
pub struct CriteriaSetObject(pub(super) CriteriaSet);

#[Object(name = "CriteriaSet", use_type_description)]
impl CriteriaSetObject {
    /// Opaque global id.
    pub(super) async fn id(&self) -> ID {
        encode(Kind::CriteriaSet, self.0.id)
    }

    /// Number of the decision, for example `781/QĐ-TTg`.
    async fn rulebook(&self) -> &str {
        &self.0.rulebook
    }

    /// Number of the set in its rulebook.
    async fn number(&self) -> i32 {
        self.0.number
    }

    /// Edition, from 1; new dossiers are scored by the newest published one.
    async fn edition(&self) -> i32 {
        self.0.edition
    }

    /// Whether it may be used.
    async fn state(&self) -> RubricState {
        self.0.state.into()
    }

    /// Kind of product.
    async fn name(&self) -> &str {
        &self.0.name
    }

    /// Group of products as the rulebook prints it.
    async fn group(&self) -> &str {
        &self.0.group
    }

    /// Branch of products as the rulebook prints it.
    async fn branch(&self) -> &str {
        &self.0.branch
    }

    /// The group of today.
    async fn product_group(&self) -> Option<OcopGroup> {
        self.0.product_group.map(Into::into)
    }

    /// Most points of the parts A, B and C, in this order, as its source states them; always three. Set 19 of `781/QĐ-TTg` is two
    /// points short in its source.
    async fn part_maxima(&self) -> [i32; 3] {
        self.0.parts
    }

    /// Where it was read, and what is doubtful about it.
    async fn source(&self) -> Option<&str> {
        self.0.source.as_deref()
    }

    /// Whether it scores whole parts only, because the maxima of the sections below them are unknown.
    async fn is_part_level(&self, context: &Context<'_>) -> Result<bool, Fault> {
        let found = loader(context)?.load_one(CriteriaOf(self.0.id)).await?.unwrap_or_default();
        Ok(rubric::is_part_level(&found))
    }

    /// Its criteria in the order of the form; at most 100.
    async fn criteria(&self, context: &Context<'_>) -> Result<Vec<CriterionObject>, Fault> {
        let found = loader(context)?.load_one(CriteriaOf(self.0.id)).await?.unwrap_or_default();
        Ok(found.into_iter().map(CriterionObject::from).collect())
    }
}

/// One criterion (tiêu chí) of a set.
#[derive(SimpleObject)]
#[graphql(name = "Criterion")]
pub struct CriterionObject {
    /// Place in its set, from 1: what marks refer to.
    position: i32,
    /// Part.
    part: RubricPart,
    /// Number of its section.
    section: String,
    /// Name of its section.
    section_name: String,
    /// Number on the form, for example `1.2`.
    number: String,
    /// What is judged.
    name: String,
    /// Most points.
    max_points: i32,
    /// Points of the options in the order of the form, a handful; empty where whole points are free from 0 to `maxPoints`.
    option_points: Vec<i32>,
}

impl From<Criterion> for CriterionObject {
    fn from(c: Criterion) -> Self {
        Self {
            position: c.position,
            part: c.part.into(),
            section: c.section,
            section_name: c.section_name,
            number: c.number,
            name: c.name,
            max_points: c.max_points,
            option_points: c.options,
        }
    }
}

#[Object]
impl RubricQuery {
    /// Rulebooks, the oldest first; a handful.
    async fn rulebooks(
        &self,
        context: &Context<'_>,
        #[graphql(desc = "Only the one in force on this day.")] active_on: Option<Date>,
    ) -> Result<Vec<RulebookObject>, Fault> {
        let found = rulebooks::list(&asked(context)?.service).await?;
        Ok(found.into_iter().filter(|b| active_on.is_none_or(|day| b.in_force(day.0))).map(RulebookObject).collect())
    }

    /// Rubrics: the criteria sets by rulebook, number and edition; a few dozen a rulebook. Admins see drafts too.
    async fn rubrics(
        &self,
        context: &Context<'_>,
        #[graphql(desc = "Only those of one rulebook, for example `781/QĐ-TTg`.")] rulebook: Option<String>,
        #[graphql(desc = "Only those with this number.")] number: Option<i32>,
        #[graphql(desc = "Only those for products of this group.")] group: Option<OcopGroup>,
        #[graphql(desc = "Only those of the rulebook in force on this day.")] active_on: Option<Date>,
    ) -> Result<Vec<CriteriaSetObject>, Fault> {
        let asked = asked(context)?;
        let books = rulebooks::list(&asked.service).await?;
        let active = |code: &str| active_on.is_none_or(|day| books.iter().any(|b| b.code == code && b.in_force(day.0)));
        let found = rubrics::list(&asked.service, &asked.actor).await?;
        let group = group.map(Into::into);
        let wanted = |s: &CriteriaSet| {
            rulebook.as_ref().is_none_or(|r| *r == s.rulebook)
                && number.is_none_or(|n| n == s.number)
                && (group.is_none() || s.product_group == group)
                && active(&s.rulebook)
        };
        Ok(found.into_iter().filter(wanted).map(CriteriaSetObject).collect())
    }

    /// One criteria set; null when there is none or it is a draft that one may not see.
    async fn rubric(&self, context: &Context<'_>, #[graphql(desc = "The set.")] id: ID) -> Result<Option<CriteriaSetObject>, Fault> {
        let asked = asked(context)?;
        Ok(rubrics::find(&asked.service, &asked.actor, of(Kind::CriteriaSet, &id)).await?.map(CriteriaSetObject))
    }
}
