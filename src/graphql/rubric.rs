//! Rubrics: the criteria by which councils score products.

use async_graphql::{Context, Description, Enum, Object, SimpleObject};

use crate::{
    domain::rubric::{CriteriaSet, Criterion},
    graphql::{
        context::{asked, loader},
        error::Fault,
        loader::CriteriaOf,
    },
    service::rubrics,
};

/// Queries on rubrics.
#[derive(Default)]
pub struct RubricQuery;

/// Parts of a score sheet.
#[derive(Enum, Clone, Copy, PartialEq, Eq, Debug)]
#[graphql(remote = "crate::domain::rubric::Part", name = "RubricPart")]
pub enum RubricPart {
    /// The product and the strength of its community (sản phẩm và sức mạnh cộng đồng).
    A,
    /// Marketing (khả năng tiếp thị).
    B,
    /// Quality of the product (chất lượng sản phẩm).
    C,
}

/// A criteria set (bộ tiêu chí): the score sheet for one kind of product in one rulebook.
#[derive(Description)]
pub struct CriteriaSetObject(CriteriaSet);

#[Object(name = "CriteriaSet", use_type_description)]
impl CriteriaSetObject {
    /// Number of the decision, for example `781/QĐ-TTg`.
    async fn rulebook(&self) -> &str {
        &self.0.rulebook
    }

    /// Number of the set in its rulebook.
    async fn number(&self) -> i32 {
        self.0.number
    }

    /// Kind of product.
    async fn name(&self) -> &str {
        &self.0.name
    }

    /// Group of products.
    async fn group(&self) -> &str {
        &self.0.group
    }

    /// Branch of products.
    async fn branch(&self) -> &str {
        &self.0.branch
    }

    /// Most points of the parts A, B and C, in this order, as the decision states them; always three.
    async fn part_maxima(&self) -> [i32; 3] {
        self.0.parts
    }

    /// Its criteria in the order of the form; at most 100.
    async fn criteria(&self, context: &Context<'_>) -> Result<Vec<CriterionObject>, Fault> {
        let found = loader(context)?.load_one(CriteriaOf((self.0.rulebook.clone(), self.0.number))).await?.unwrap_or_default();
        Ok(found.into_iter().map(CriterionObject::from).collect())
    }
}

/// One criterion (tiêu chí) of a set.
#[derive(SimpleObject)]
#[graphql(name = "Criterion")]
pub struct CriterionObject {
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
    /// Points of the options in the order of the form; a handful.
    option_points: Vec<i32>,
}

impl From<Criterion> for CriterionObject {
    fn from(c: Criterion) -> Self {
        Self {
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
    /// Criteria sets, by rulebook and number; a few dozen a rulebook.
    async fn criteria_sets(
        &self,
        context: &Context<'_>,
        #[graphql(desc = "Only those of one rulebook, for example `781/QĐ-TTg`.")] rulebook: Option<String>,
        #[graphql(desc = "Only the one with this number.")] number: Option<i32>,
    ) -> Result<Vec<CriteriaSetObject>, Fault> {
        let found = rubrics::list(&asked(context)?.service).await?;
        let wanted = |s: &CriteriaSet| rulebook.as_ref().is_none_or(|r| *r == s.rulebook) && number.is_none_or(|n| n == s.number);
        Ok(found.into_iter().filter(wanted).map(CriteriaSetObject).collect())
    }
}
