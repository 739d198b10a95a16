//! Evaluation councils, their sessions and score sheets, as clients see them.

pub mod mutation;
pub mod query;

use async_graphql::{Context, Description, Enum, ID, Object, SimpleObject};
use chrono::{DateTime, Utc};

use crate::{
    domain::{
        council::{HeldBack, Outcome, Seat, Session},
        reason::Locale,
        rubric::Criterion,
        rulebook::Rulebook,
        sheet,
    },
    graphql::{
        context::{asked, loader},
        dossier::{DossierObject, form::SheetSums},
        error::Fault,
        id::{Kind, encode, of},
        loader::{AccountKey, CriteriaOf, DossierKey, SeatsOf, SessionDossiersOf},
        scalar::{Date, Decimal},
    },
    service::{
        councils::{self, Board},
        sheets,
    },
    store::sheets::Sheet,
};

/// Where a council's session is. Values may be added.
#[derive(Enum, Clone, Copy, PartialEq, Eq, Debug)]
#[graphql(remote = "crate::domain::council::SessionState", name = "CouncilSessionState")]
pub enum CouncilSessionState {
    /// Being put together by the province's office.
    Assembling,
    /// Its dossiers are with the members.
    Circulated,
    /// Members fill in their sheets.
    Scoring,
    /// Sheets are in; the chair sees them side by side.
    Scored,
    /// Closed by the chair; its minutes stand.
    Closed,
    /// Called off.
    Cancelled,
}

/// What somebody is in a council. Values may be added.
#[derive(Enum, Clone, Copy, PartialEq, Eq, Debug)]
#[graphql(remote = "crate::domain::council::CouncilDuty")]
pub enum CouncilDuty {
    /// Chairs and closes (chủ tịch).
    Chair,
    /// Keeps the minutes (thư ký).
    Secretary,
    /// Scores (thành viên).
    Member,
}

/// Where a score sheet is. Values may be added.
#[derive(Enum, Clone, Copy, PartialEq, Eq, Debug)]
#[graphql(remote = "sheet::SheetState", name = "ScoreSheetState")]
pub enum ScoreSheetState {
    /// Being filled in.
    Draft,
    /// Handed in; it does not change any more.
    Submitted,
    /// Does not count: its member has a conflict of interest or was absent.
    Excluded,
}

/// Somebody in a council.
#[derive(SimpleObject)]
pub struct CouncilMember {
    /// The account.
    account: ID,
    /// The person's name.
    name: String,
    /// As what.
    duty: CouncilDuty,
}

/// A score sheet (phiếu đánh giá) of one member on one dossier.
#[derive(Description)]
pub struct ScoreSheetObject(Sheet, Vec<Criterion>);

#[Object(name = "ScoreSheet", use_type_description)]
impl ScoreSheetObject {
    /// The account whose sheet it is.
    async fn member(&self) -> ID {
        encode(Kind::Account, self.0.member)
    }

    /// The member's name.
    async fn member_name(&self, context: &Context<'_>) -> Result<Option<String>, Fault> {
        Ok(loader(context)?.load_one(AccountKey(self.0.member)).await?.map(|a| a.display_name))
    }

    /// Where it is.
    async fn state(&self) -> ScoreSheetState {
        self.0.state.into()
    }

    /// Marks with their sums and what is missing.
    async fn sums(&self) -> SheetSums {
        SheetSums::new(&self.0.marks, sheet::check(&self.1, &self.0.marks))
    }

    /// Codes of hard conditions that the member sees not met; a handful.
    async fn concerns(&self) -> &[String] {
        &self.0.concerns
    }

    /// A remark on the whole; of an excluded sheet the reason.
    async fn remark(&self) -> Option<&str> {
        self.0.remark.as_deref()
    }

    /// When it was handed in.
    async fn submitted_at(&self) -> Option<DateTime<Utc>> {
        self.0.submitted_at
    }

    /// When it last changed.
    async fn updated_at(&self) -> DateTime<Utc> {
        self.0.updated_at
    }
}

/// Why a product is not proposed for more stars.
#[derive(SimpleObject)]
#[graphql(name = "HeldBack")]
pub struct HeldBackObject {
    /// `SCORE`, or the code of the condition that is not met.
    code: String,
    /// The stars that it keeps the product from.
    stars: u8,
    /// Sentence for people in the language of the request.
    message: String,
}

/// What a council found on a dossier.
#[derive(SimpleObject)]
#[graphql(name = "CouncilOutcome")]
pub struct OutcomeObject {
    /// Average of the sheets that count, cut after two decimals.
    average: Decimal,
    /// Stars by the average alone.
    band: u8,
    /// Stars proposed: those of the average, less where a hard condition is not met; null when a knock-out fails.
    proposed_stars: Option<u8>,
    /// Why not one star more; a handful.
    held_back: Vec<HeldBackObject>,
}

impl OutcomeObject {
    pub(super) fn new(outcome: Outcome, book: &Rulebook, locale: Locale) -> Self {
        let held_back = outcome.held_back(book).into_iter().map(|h| held(h, book, locale)).collect();
        Self {
            average: Decimal(outcome.average.to_string()),
            band: outcome.band.get(),
            proposed_stars: outcome.stars.map(|s| s.get()),
            held_back,
        }
    }
}

fn held(held: HeldBack, book: &Rulebook, locale: Locale) -> HeldBackObject {
    let vietnamese = locale == Locale::Vi;
    match held {
        HeldBack::Score { next, points } => {
            let stars = next.get();
            let message = if vietnamese {
                format!("Hạng {stars} sao cần từ {points} điểm.")
            } else {
                format!("{stars} stars begin at {points} points.")
            };
            HeldBackObject { code: "SCORE".to_owned(), stars, message }
        }
        HeldBack::Condition { code, min_stars } => {
            let condition = book.conditions.iter().find(|c| c.code == code);
            let text = condition.map_or("", |c| if vietnamese { &c.text_vi } else { &c.text_en });
            let message = if vietnamese { format!("Chưa đạt: {text}.") } else { format!("Not met: {text}.") };
            HeldBackObject { code, stars: min_stars.get(), message }
        }
    }
}

/// A finding on a hard condition.
#[derive(SimpleObject)]
#[graphql(name = "CouncilFinding")]
pub struct FindingObject {
    /// Code of the condition.
    condition: String,
    /// Whether it is met.
    is_met: bool,
    /// Why.
    note: Option<String>,
}

/// One dossier of a session with its sheets side by side.
#[derive(Description)]
pub struct BoardObject(Board);

#[Object(name = "CouncilBoard", use_type_description)]
impl BoardObject {
    /// The dossier.
    async fn dossier(&self) -> DossierObject {
        DossierObject(self.0.dossier.clone())
    }

    /// All sheets, also those that do not count; one a member.
    async fn sheets(&self, context: &Context<'_>) -> Result<Vec<ScoreSheetObject>, Fault> {
        let criteria = match self.0.dossier.criteria_set {
            Some(set) => loader(context)?.load_one(CriteriaOf(set)).await?.unwrap_or_default(),
            None => Vec::new(),
        };
        Ok(self.0.sheets.iter().map(|s| ScoreSheetObject(s.clone(), criteria.clone())).collect())
    }

    /// Lowest total of the sheets that count.
    async fn lowest(&self) -> Option<i32> {
        self.0.spread.map(|(lowest, _)| lowest)
    }

    /// Highest total of the sheets that count.
    async fn highest(&self) -> Option<i32> {
        self.0.spread.map(|(_, highest)| highest)
    }

    /// Accounts whose totals lie more than ten points from the average; one a member at most.
    async fn outliers(&self) -> Vec<ID> {
        self.0.outliers.iter().map(|a| encode(Kind::Account, *a)).collect()
    }

    /// Findings on hard conditions; a handful.
    async fn findings(&self) -> Vec<FindingObject> {
        let finding =
            |f: &crate::domain::council::Finding| FindingObject { condition: f.condition.clone(), is_met: f.is_met, note: f.note.clone() };
        self.0.findings.iter().map(finding).collect()
    }

    /// Average and proposed stars by what is there.
    async fn outcome(&self, context: &Context<'_>) -> Result<Option<OutcomeObject>, Fault> {
        let locale = asked(context)?.locale;
        Ok(self.0.outcome.clone().map(|o| OutcomeObject::new(o, &self.0.book, locale)))
    }
}

/// A session of an evaluation council (hội đồng đánh giá, phân hạng).
#[derive(Description)]
pub struct SessionObject(pub(super) Session);

#[Object(name = "CouncilSession", use_type_description)]
impl SessionObject {
    /// Opaque global id.
    pub(super) async fn id(&self) -> ID {
        encode(Kind::CouncilSession, self.0.id)
    }

    /// Name for people.
    async fn name(&self) -> &str {
        &self.0.name
    }

    /// Day of the meeting.
    async fn held_on(&self) -> Date {
        Date(self.0.held_on)
    }

    /// Where it is.
    async fn state(&self) -> CouncilSessionState {
        self.0.state.into()
    }

    /// Who sits in it, at most 30.
    async fn members(&self, context: &Context<'_>) -> Result<Vec<CouncilMember>, Fault> {
        let loader = loader(context)?;
        let seats = loader.load_one(SeatsOf(self.0.id)).await?.unwrap_or_default();
        let mut people = loader.load_many(seats.iter().map(|s| AccountKey(s.account))).await?;
        let member = |s: Seat| CouncilMember {
            account: encode(Kind::Account, s.account),
            name: people.remove(&AccountKey(s.account)).map(|a| a.display_name).unwrap_or_default(),
            duty: s.duty.into(),
        };
        Ok(seats.into_iter().map(member).collect())
    }

    /// The dossiers before it, in order, at most 100.
    async fn dossiers(&self, context: &Context<'_>) -> Result<Vec<DossierObject>, Fault> {
        let loader = loader(context)?;
        let ids = loader.load_one(SessionDossiersOf(self.0.id)).await?.unwrap_or_default();
        let mut found = loader.load_many(ids.iter().map(|id| DossierKey(*id))).await?;
        Ok(ids.iter().filter_map(|id| found.remove(&DossierKey(*id))).map(DossierObject).collect())
    }

    /// One's own sheet on a dossier; null before it is begun.
    async fn my_sheet(
        &self,
        context: &Context<'_>,
        #[graphql(desc = "The dossier.")] dossier: ID,
    ) -> Result<Option<ScoreSheetObject>, Fault> {
        let asked = asked(context)?;
        let Some(dossier) = loader(context)?.load_one(DossierKey(of(Kind::Dossier, &dossier))).await? else { return Ok(None) };
        let Some((own, _)) = sheets::mine(&asked.service, &asked.actor, self.0.id, &dossier).await? else { return Ok(None) };
        let criteria = match dossier.criteria_set {
            Some(set) => loader(context)?.load_one(CriteriaOf(set)).await?.unwrap_or_default(),
            None => Vec::new(),
        };
        Ok(Some(ScoreSheetObject(own, criteria)))
    }

    /// Sheets side by side, one board a dossier: for chair, secretary and the province's office once sheets are in, for all members once
    /// the session is closed; null before that.
    async fn boards(&self, context: &Context<'_>) -> Result<Option<Vec<BoardObject>>, Fault> {
        let asked = asked(context)?;
        let boards = councils::boards(&asked.service, &asked.actor, &self.0).await?;
        Ok(boards.map(|boards| boards.into_iter().map(BoardObject).collect()))
    }

    /// When dossiers went out.
    async fn circulated_at(&self) -> Option<DateTime<Utc>> {
        self.0.circulated_at
    }

    /// When scoring was opened.
    async fn opened_at(&self) -> Option<DateTime<Utc>> {
        self.0.opened_at
    }

    /// When the chair closed it.
    async fn closed_at(&self) -> Option<DateTime<Utc>> {
        self.0.closed_at
    }

    /// Why it met without a working day after circulation, where it did.
    async fn early_reason(&self) -> Option<&str> {
        self.0.early_reason.as_deref()
    }

    /// The minutes (biên bản) as a page of HTML in Vietnamese that prints on A4; null before the session is closed.
    async fn minutes(&self) -> Option<&str> {
        self.0.minutes.as_deref()
    }
}
