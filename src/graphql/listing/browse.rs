//! What a list of listings tells beside its rows: how it was found, how many there are, of which kinds, and why there are none.

use async_graphql::{Context, Description, Enum, InputType, Object, SimpleObject};
use std::{collections::BTreeMap, str::FromStr};

use crate::{
    domain::{money::Vnd, producer, product},
    graphql::{
        admin_unit::AdminUnitObject,
        context::{asked, loader},
        error::Fault,
        loader::CommuneKey,
        producer::ProducerKind,
        product::{CertificationKind, OcopGroup, ProductObject},
        scalar::Money,
    },
    service::{
        listings,
        search::{self, Found},
    },
    store::listings::{FacetKey, ListingFilter},
};

/// Highest cap of counting.
const MAX_CAP: i32 = 1000;
/// Communes that are told of, those with most listings.
const COMMUNES: usize = 50;
/// Where bands of prices begin, in đồng.
const BANDS: [i64; 5] = [50_000, 100_000, 200_000, 500_000, 1_000_000];

/// How the words of a search were taken. Values may be added.
#[derive(Enum, Clone, Copy, PartialEq, Eq, Debug)]
#[graphql(remote = "search::MatchMode")]
pub enum MatchMode {
    /// As typed, in any spelling of the accents.
    Words,
    /// As keystrokes of a Vietnamese input method (Telex) that was off, because no visible listing has the words as typed.
    Telex,
    /// As the words closest to them, because no visible listing has them.
    Fuzzy,
}

/// What a list of listings tells beside its rows.
#[derive(Description)]
pub struct ListingTotals {
    filter: ListingFilter,
    mode: Option<MatchMode>,
    did_you_mean: Option<String>,
    is_empty: bool,
    /// How many were counted with the page, and how far at most.
    counted: Option<(u64, u64)>,
}

/// How many rows there are.
#[derive(SimpleObject)]
pub struct Count {
    /// The number, or the cap when there are more.
    value: u64,
    /// False when counting stopped at the cap.
    is_exact: bool,
}

/// A condition without which the list would not be empty; where no condition alone is the cause, all of the filter together.
#[derive(SimpleObject)]
pub struct EmptyHint {
    /// Name of the field of the filter, or `search`, or `filter` for all its fields together.
    field: String,
    /// How many listings there would be without it.
    listings: Count,
    /// The same as a sentence.
    message: String,
}

/// How many of the listings have which value. Each facet is counted only when it is asked for.
#[derive(Description)]
pub struct ListingFacets(ListingFilter);

/// Listings of a group.
#[derive(SimpleObject)]
pub struct GroupFacet {
    /// The group.
    group: OcopGroup,
    /// Listings.
    count: u64,
}

/// Listings with as many stars.
#[derive(SimpleObject)]
pub struct StarsFacet {
    /// Stars.
    stars: u8,
    /// Listings.
    count: u64,
}

/// Listings from a commune.
#[derive(SimpleObject)]
pub struct CommuneFacet {
    /// The commune of today.
    commune: AdminUnitObject,
    /// Listings.
    count: u64,
}

/// Listings of producers of a legal form.
#[derive(SimpleObject)]
pub struct ProducerKindFacet {
    /// The legal form.
    kind: ProducerKind,
    /// Listings.
    count: u64,
}

/// Listings in a band of prices.
#[derive(SimpleObject)]
pub struct PriceFacet {
    /// Lowest price of the band; null for the lowest band.
    from: Option<Money>,
    /// First price above it; null for the highest band.
    below: Option<Money>,
    /// Listings.
    count: u64,
}

/// Listings of products in season in a month.
#[derive(SimpleObject)]
pub struct SeasonFacet {
    /// Month, 1 to 12.
    month: u8,
    /// Listings; one counts for each month of its season.
    count: u64,
}

/// Listings of products with a document in force.
#[derive(SimpleObject)]
pub struct CertificationFacet {
    /// What kind of document.
    kind: CertificationKind,
    /// Listings; one counts for each kind it has.
    count: u64,
}

/// A product whose name may be what somebody is typing.
#[derive(SimpleObject)]
pub struct Suggestion {
    /// The text to offer: the product's name.
    text: String,
    /// The product.
    product: ProductObject,
}

impl From<product::Product> for Suggestion {
    fn from(product: product::Product) -> Self {
        Self { text: product.name_vi.clone(), product: ProductObject::of(product) }
    }
}

impl ListingTotals {
    /// What is told about a list that was found, and counted so far.
    pub(super) fn of(found: &mut Found, count_to: Option<u64>) -> Self {
        let is_empty = found.page.rows.is_empty() && !found.page.continued;
        let filter = std::mem::take(&mut found.filter);
        let counted = found.page.counted.zip(count_to);
        Self { filter, mode: found.mode.map(Into::into), did_you_mean: found.did_you_mean.take(), is_empty, counted }
    }

    /// How far a list is counted for this request: one further than the highest cap that it names.
    pub(super) fn count_to(context: &Context<'_>) -> Option<u64> {
        let asked = context.look_ahead().field("totalCount").selection_fields();
        let caps = asked.into_iter().map(|field| match field.arguments() {
            Ok(given) => given.into_iter().find(|(name, _)| name == "cap").map_or(Some(MAX_CAP), |(_, cap)| i32::parse(Some(cap)).ok()),
            Err(_) => None,
        });
        // A cap that is refused says so where it stands.
        caps.flatten().filter(|cap| (1..=MAX_CAP).contains(cap)).max().map(|cap| u64::from(cap.unsigned_abs()) + 1)
    }
}

#[Object(use_type_description)]
impl ListingTotals {
    /// How many listings the filter leaves. Costs extra, so it is only counted when asked, and no further than the cap.
    async fn total_count(
        &self,
        context: &Context<'_>,
        #[graphql(desc = "Count no further, 1 to 1,000.", default = 1000)] cap: i32,
    ) -> Result<Count, Fault> {
        if !(1..=MAX_CAP).contains(&cap) {
            return Err(Fault::input(format!("cap must be from 1 to {MAX_CAP}.")));
        }
        let (asked, cap) = (asked(context)?, u64::from(cap.unsigned_abs()));
        if let Some((counted, _)) = self.counted.filter(|(_, most)| cap < *most) {
            return Ok(capped(counted, cap));
        }
        let counted = listings::count(&asked.service, &asked.actor, &self.filter, cap + 1).await?;
        Ok(capped(counted, cap))
    }

    /// How the words of `search` were taken; null without it.
    async fn match_mode(&self) -> Option<MatchMode> {
        self.mode
    }

    /// The words that were looked for instead, with their accents, when no visible listing has those of `search`.
    async fn did_you_mean(&self) -> Option<&str> {
        self.did_you_mean.as_deref()
    }

    /// How many of the listings have which value, under the filter and search of this list. Costs extra.
    async fn facets(&self) -> ListingFacets {
        ListingFacets(self.filter.clone())
    }

    /// Where the list is empty: each condition without which it would not be; at most one a field of the filter. Where none
    /// alone is the cause, one for all.
    async fn empty_hints(&self, context: &Context<'_>) -> Result<Vec<EmptyHint>, Fault> {
        if !self.is_empty {
            return Ok(Vec::new());
        }
        let asked = asked(context)?;
        let cap = u64::from(MAX_CAP.unsigned_abs());
        let obstacles = search::obstacles(&asked.service, &asked.actor, &self.filter, cap + 1).await?;
        let hint = |o: search::Obstacle| EmptyHint {
            message: o.sentence(asked.locale),
            field: o.field.to_owned(),
            listings: capped(o.listings, cap),
        };
        Ok(obstacles.into_iter().map(hint).collect())
    }
}

#[Object(use_type_description)]
impl ListingFacets {
    /// By group; at most six rows.
    async fn groups(&self, context: &Context<'_>) -> Result<Vec<GroupFacet>, Fault> {
        let found = counted(self.counts(context, FacetKey::Group).await?, product::ProductGroup::parse_code);
        Ok(found.into_iter().map(|(group, count)| GroupFacet { group: group.into(), count }).collect())
    }

    /// By stars; at most three rows for the public.
    async fn stars(&self, context: &Context<'_>) -> Result<Vec<StarsFacet>, Fault> {
        let mut found = counted(self.counts(context, FacetKey::Stars).await?, |text| u8::from_str(text).ok());
        found.sort_by_key(|(stars, _)| std::cmp::Reverse(*stars));
        Ok(found.into_iter().filter(|(stars, _)| *stars > 0).map(|(stars, count)| StarsFacet { stars, count }).collect())
    }

    /// By commune of today; the 50 with most listings.
    async fn communes(&self, context: &Context<'_>) -> Result<Vec<CommuneFacet>, Fault> {
        let mut found = counted(self.counts(context, FacetKey::Commune).await?, |code| Some(code.to_owned()));
        found.truncate(COMMUNES);
        let mut units = loader(context)?.load_many(found.iter().map(|(code, _)| CommuneKey(code.clone()))).await?;
        let named = found.into_iter().filter_map(|(code, count)| Some((units.remove(&CommuneKey(code))?, count)));
        Ok(named.map(|(unit, count)| CommuneFacet { commune: AdminUnitObject::of(unit), count }).collect())
    }

    /// By legal form of the producer; at most six rows.
    async fn producer_kinds(&self, context: &Context<'_>) -> Result<Vec<ProducerKindFacet>, Fault> {
        let found = counted(self.counts(context, FacetKey::ProducerKind).await?, producer::ProducerKind::parse_code);
        Ok(found.into_iter().map(|(kind, count)| ProducerKindFacet { kind: kind.into(), count }).collect())
    }

    /// By price, cheapest first; at most six bands.
    async fn prices(&self, context: &Context<'_>) -> Result<Vec<PriceFacet>, Fault> {
        let mut found = counted(self.counts(context, FacetKey::Price(&BANDS)).await?, |text| usize::from_str(text).ok());
        found.sort_unstable();
        let end = |number: usize| BANDS.get(number).and_then(|end| Vnd::try_from_i64(*end).ok());
        let start = |number: usize| number.checked_sub(1).and_then(end);
        let facet = |(number, count)| PriceFacet { from: start(number).map(Money::of), below: end(number).map(Money::of), count };
        Ok(found.into_iter().map(facet).collect())
    }

    /// By month of the season, January first; at most twelve rows.
    async fn seasons(&self, context: &Context<'_>) -> Result<Vec<SeasonFacet>, Fault> {
        let mut found = counted(self.counts(context, FacetKey::Month).await?, |text| u8::from_str(text).ok());
        found.sort_unstable();
        Ok(found.into_iter().map(|(month, count)| SeasonFacet { month, count }).collect())
    }

    /// By documents of other kinds that are in force; at most nine rows.
    async fn certifications(&self, context: &Context<'_>) -> Result<Vec<CertificationFacet>, Fault> {
        let found = counted(self.counts(context, FacetKey::Certification).await?, product::CertificationKind::parse_code);
        Ok(found.into_iter().map(|(kind, count)| CertificationFacet { kind: kind.into(), count }).collect())
    }
}

impl ListingFacets {
    async fn counts(&self, context: &Context<'_>, key: FacetKey) -> Result<BTreeMap<String, u64>, Fault> {
        let asked = asked(context)?;
        Ok(search::facet(&asked.service, &asked.actor, &self.0, key).await?)
    }
}

/// Values with their counts, the most frequent first.
fn counted<T>(counts: BTreeMap<String, u64>, read: impl Fn(&str) -> Option<T>) -> Vec<(T, u64)> {
    let mut found: Vec<_> = counts.into_iter().collect();
    found.sort_by(|one, other| other.1.cmp(&one.1).then_with(|| one.0.cmp(&other.0)));
    found.into_iter().filter_map(|(value, count)| Some((read(&value)?, count))).collect()
}

fn capped(counted: u64, cap: u64) -> Count {
    Count { value: counted.min(cap), is_exact: counted <= cap }
}
