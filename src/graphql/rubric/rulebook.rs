//! The rulebook as clients see it.

use async_graphql::{Context, Description, Object, SimpleObject};

use crate::{
    domain::rulebook::{AuthorityRule, Condition, Rulebook},
    graphql::{
        context::{LocaleArgument, Text},
        error::Fault,
        product::OcopGroup,
        rating::DecisionAuthority,
        scalar::Date,
    },
};

/// A rulebook (bộ tiêu chí quốc gia): one published version of the rules of the programme.
#[derive(Description)]
pub struct RulebookObject(pub(in crate::graphql) Rulebook);

/// A band of scores.
#[derive(SimpleObject)]
pub struct ScoreBand {
    /// Stars of scores in the band.
    stars: u8,
    /// Lowest score, in whole points; the band ends where the next begins.
    from: i32,
}

/// Who decides on some stars during a time.
#[derive(SimpleObject)]
#[graphql(name = "AuthorityRule")]
pub struct AuthorityRuleObject {
    /// Stars it decides on.
    stars: Vec<u8>,
    /// The level.
    authority: DecisionAuthority,
    /// First day.
    from: Date,
    /// First day no longer.
    until: Option<Date>,
    /// Where this is written.
    legal_reference: String,
}

/// A hard condition: without it a product has fewer stars than `minStars`, whatever its score.
#[derive(Description)]
pub struct ConditionObject(pub(in crate::graphql) Condition);

#[Object(name = "RatingCondition", use_type_description)]
impl ConditionObject {
    /// Stable code.
    async fn code(&self) -> &str {
        &self.0.code
    }

    /// Fewest stars that need it; 1 is a knock-out.
    async fn min_stars(&self) -> u8 {
        self.0.min_stars.get()
    }

    /// What is asked.
    async fn text(
        &self,
        context: &Context<'_>,
        #[graphql(desc = "Language; that of the request when left out.")] locale: Option<LocaleArgument>,
    ) -> Result<&str, Fault> {
        Text(&self.0.text_vi, Some(&self.0.text_en)).in_language(context, locale)
    }

    /// Groups it does not apply to.
    async fn not_for(&self) -> Vec<OcopGroup> {
        self.0.not_for.iter().copied().map(Into::into).collect()
    }

    /// Where this is written.
    async fn legal_reference(&self) -> &str {
        &self.0.legal_reference
    }
}

#[Object(name = "Rulebook", use_type_description)]
impl RulebookObject {
    /// Number of the decision, for example `148/QĐ-TTg`.
    async fn code(&self) -> &str {
        &self.0.code
    }

    /// Title in Vietnamese.
    async fn title(&self) -> &str {
        &self.0.title
    }

    /// The decisions it consists of, with their dates; a handful.
    async fn legal_references(&self) -> &[String] {
        &self.0.legal_references
    }

    /// First day in force.
    async fn valid_from(&self) -> Date {
        Date(self.0.valid_from)
    }

    /// First day no longer in force.
    async fn valid_until(&self) -> Option<Date> {
        self.0.valid_until.map(Date)
    }

    /// Most points of the parts A, B and C; always three, together 100.
    async fn part_maxima(&self) -> [i32; 3] {
        let maxima = self.0.part_maxima;
        [maxima.a, maxima.b, maxima.c].map(i32::from)
    }

    /// Stars by score, from below.
    async fn bands(&self) -> Vec<ScoreBand> {
        self.0.bands.iter().map(|b| ScoreBand { stars: b.stars.get(), from: i32::from(b.from) }).collect()
    }

    /// Fewest stars with a certificate.
    async fn certified_from_stars(&self) -> u8 {
        self.0.certified_from_stars.get()
    }

    /// Points from which the province may propose a product to the ministry.
    async fn national_from_points(&self) -> i32 {
        i32::from(self.0.national_from_points)
    }

    /// Months a certificate holds.
    async fn validity_months(&self) -> u32 {
        self.0.validity_months
    }

    /// Who decides on which stars, when. On a day without a rule nobody does.
    async fn authorities(&self) -> Vec<AuthorityRuleObject> {
        let rule = |r: &AuthorityRule| AuthorityRuleObject {
            stars: r.stars.iter().map(|s| s.get()).collect(),
            authority: r.authority.into(),
            from: Date(r.from),
            until: r.until.map(Date),
            legal_reference: r.legal_reference.clone(),
        };
        self.0.authorities.iter().map(rule).collect()
    }

    /// Hard conditions beside the score; a handful.
    async fn conditions(&self) -> Vec<ConditionObject> {
        self.0.conditions.iter().cloned().map(ConditionObject).collect()
    }
}
