//! What the province's office and the members of councils do.

use async_graphql::{Context, ID, InputObject, Object, SimpleObject};
use uuid::Uuid;

use crate::{
    domain::id::CouncilSessionId,
    graphql::{
        context::{Asked, asked, call},
        council::{CouncilDuty, SessionObject},
        dossier::form::MarkInput,
        error::{Fault, UserError, outcome},
        id::{Kind, of},
        scalar::Date,
    },
    service::{
        ServiceError,
        councils::{self, FindingData, SessionData},
        sheets::{self, SheetData},
    },
};

/// Mutations on councils.
#[derive(Default)]
pub struct CouncilMutation;

/// What became of a session.
#[derive(SimpleObject)]
pub struct CouncilSessionPayload {
    /// The session as it is now; null when it was refused.
    council_session: Option<SessionObject>,
    /// Why nothing was done; empty on success.
    user_errors: Vec<UserError>,
}

/// Somebody to sit in a council.
#[derive(InputObject)]
pub struct CouncilMemberInput {
    /// E-mail of an account with the office COUNCIL_MEMBER.
    email: String,
    /// As what.
    duty: CouncilDuty,
}

/// A session to assemble.
#[derive(InputObject)]
pub struct CouncilCreateInput {
    /// Name for people, at most 200 characters.
    name: String,
    /// Day of the meeting.
    held_on: Date,
    /// Who sits in it: one chair, one secretary, 3 to 30 together.
    members: Vec<CouncilMemberInput>,
    /// Accepted dossiers, in order, 1 to 100.
    dossiers: Vec<ID>,
}

/// A sheet as filled in so far.
#[derive(InputObject)]
pub struct ScoreSheetInput {
    /// All marks so far, at most 100; missing ones may follow.
    marks: Vec<MarkInput>,
    /// Knock-out notes: codes of hard conditions (`Rulebook.conditions`) that one sees not met. The council decides on them by findings.
    #[graphql(default)]
    concerns: Vec<String>,
    /// A remark on the whole, at most 4,000 characters.
    remark: Option<String>,
}

/// Why a sheet does not count.
#[derive(InputObject)]
pub struct ScoreSheetExcludeInput {
    /// The conflict of interest, or the absence; at most 500 characters.
    reason: String,
    /// The absent member, noted by the chair; left out by members who declare a conflict of their own.
    member: Option<ID>,
}

/// What the council found on a hard condition.
#[derive(InputObject)]
pub struct CouncilFindingInput {
    /// Code of the condition (`Rulebook.conditions`).
    condition: String,
    /// Whether it is met.
    is_met: bool,
    /// Why, at most 2,000 characters; needed to find a condition met that a member noted as not met.
    note: Option<String>,
}

/// Findings on hard conditions.
#[derive(InputObject)]
pub struct CouncilFindInput {
    /// The findings; a later one on the same condition replaces the earlier.
    findings: Vec<CouncilFindingInput>,
}

impl CouncilSessionPayload {
    async fn of(asked: &Asked, result: Result<CouncilSessionId, ServiceError>) -> Result<Self, Fault> {
        let (id, user_errors) = outcome(result, asked.locale)?;
        let session = match id {
            Some(id) => councils::find(&asked.service, &asked.actor, id).await?,
            None => None,
        };
        Ok(Self { council_session: session.map(SessionObject), user_errors })
    }
}

impl CouncilCreateInput {
    fn read(self) -> SessionData {
        SessionData {
            name: self.name,
            held_on: self.held_on.0,
            members: self.members.into_iter().map(|m| (m.email, m.duty.into())).collect(),
            dossiers: self.dossiers.iter().map(|id| of(Kind::Dossier, id)).collect(),
        }
    }
}

#[Object]
impl CouncilMutation {
    /// Assembles a council for a session with accepted dossiers. Members who belong to a producer, or acted on a dossier in another duty,
    /// do not score it. For admins.
    async fn council_create(
        &self,
        context: &Context<'_>,
        #[graphql(desc = "The session.")] input: CouncilCreateInput,
        #[graphql(desc = "Given twice within 24 hours, the first answer counts.")] idempotency_key: Option<Uuid>,
    ) -> Result<CouncilSessionPayload, Fault> {
        let asked = asked(context)?;
        let call = call(context, asked, idempotency_key)?;
        CouncilSessionPayload::of(asked, councils::create(&asked.service, &call, input.read()).await).await
    }

    /// Sends the dossiers of a session to its members. For admins.
    async fn council_circulate(
        &self,
        context: &Context<'_>,
        #[graphql(desc = "The session.")] id: ID,
        #[graphql(desc = "Given twice within 24 hours, the first answer counts.")] idempotency_key: Option<Uuid>,
    ) -> Result<CouncilSessionPayload, Fault> {
        let asked = asked(context)?;
        let call = call(context, asked, idempotency_key)?;
        CouncilSessionPayload::of(asked, councils::circulate(&asked.service, &call, of(Kind::CouncilSession, &id)).await).await
    }

    /// Opens scoring: a working day after circulation, or earlier for a reason that stands in the minutes. For admins.
    async fn council_open_scoring(
        &self,
        context: &Context<'_>,
        #[graphql(desc = "The session.")] id: ID,
        #[graphql(desc = "Why it meets earlier, at most 500 characters.")] early_reason: Option<String>,
        #[graphql(desc = "Given twice within 24 hours, the first answer counts.")] idempotency_key: Option<Uuid>,
    ) -> Result<CouncilSessionPayload, Fault> {
        let asked = asked(context)?;
        let call = call(context, asked, idempotency_key)?;
        let opened = councils::open(&asked.service, &call, of(Kind::CouncilSession, &id), early_reason.as_deref()).await;
        CouncilSessionPayload::of(asked, opened).await
    }

    /// Closes scoring once every sheet is handed in or excluded. For admins.
    async fn council_close_scoring(
        &self,
        context: &Context<'_>,
        #[graphql(desc = "The session.")] id: ID,
        #[graphql(desc = "Given twice within 24 hours, the first answer counts.")] idempotency_key: Option<Uuid>,
    ) -> Result<CouncilSessionPayload, Fault> {
        let asked = asked(context)?;
        let call = call(context, asked, idempotency_key)?;
        CouncilSessionPayload::of(asked, councils::close_scoring(&asked.service, &call, of(Kind::CouncilSession, &id)).await).await
    }

    /// Records what the council found on the hard conditions of a dossier. For chair and secretary.
    async fn council_find(
        &self,
        context: &Context<'_>,
        #[graphql(desc = "The session.")] id: ID,
        #[graphql(desc = "The dossier.")] dossier: ID,
        #[graphql(desc = "The findings.")] input: CouncilFindInput,
        #[graphql(desc = "Given twice within 24 hours, the first answer counts.")] idempotency_key: Option<Uuid>,
    ) -> Result<CouncilSessionPayload, Fault> {
        let asked = asked(context)?;
        let call = call(context, asked, idempotency_key)?;
        let key = (of(Kind::CouncilSession, &id), of(Kind::Dossier, &dossier));
        let finding = |f: CouncilFindingInput| FindingData { condition: f.condition, is_met: f.is_met, note: f.note };
        let findings = input.findings.into_iter().map(finding).collect();
        CouncilSessionPayload::of(asked, councils::find_conditions(&asked.service, &call, key, findings).await).await
    }

    /// Closes the session: each dossier gets its average and proposed stars, and the minutes are written. For the chair.
    async fn council_close(
        &self,
        context: &Context<'_>,
        #[graphql(desc = "The session.")] id: ID,
        #[graphql(desc = "Given twice within 24 hours, the first answer counts.")] idempotency_key: Option<Uuid>,
    ) -> Result<CouncilSessionPayload, Fault> {
        let asked = asked(context)?;
        let call = call(context, asked, idempotency_key)?;
        CouncilSessionPayload::of(asked, councils::close(&asked.service, &call, of(Kind::CouncilSession, &id)).await).await
    }

    /// Calls a session off before its scores are in; its dossiers wait for another one. For admins.
    async fn council_cancel(
        &self,
        context: &Context<'_>,
        #[graphql(desc = "The session.")] id: ID,
        #[graphql(desc = "Given twice within 24 hours, the first answer counts.")] idempotency_key: Option<Uuid>,
    ) -> Result<CouncilSessionPayload, Fault> {
        let asked = asked(context)?;
        let call = call(context, asked, idempotency_key)?;
        CouncilSessionPayload::of(asked, councils::cancel(&asked.service, &call, of(Kind::CouncilSession, &id)).await).await
    }

    /// Saves a draft of one's own sheet; marks are checked as they come. For members of the council while it scores.
    async fn score_sheet_save(
        &self,
        context: &Context<'_>,
        #[graphql(desc = "The session.")] id: ID,
        #[graphql(desc = "The dossier.")] dossier: ID,
        #[graphql(desc = "The sheet.")] input: ScoreSheetInput,
        #[graphql(desc = "Given twice within 24 hours, the first answer counts.")] idempotency_key: Option<Uuid>,
    ) -> Result<CouncilSessionPayload, Fault> {
        let asked = asked(context)?;
        let call = call(context, asked, idempotency_key)?;
        let key = (of(Kind::CouncilSession, &id), of(Kind::Dossier, &dossier));
        let marks = input.marks.into_iter().map(MarkInput::read).collect();
        let given = SheetData { marks, concerns: input.concerns, remark: input.remark };
        CouncilSessionPayload::of(asked, sheets::save(&asked.service, &call, key, given).await).await
    }

    /// Hands one's own sheet in, once; missing criteria are named. For members of the council while it scores.
    async fn score_sheet_submit(
        &self,
        context: &Context<'_>,
        #[graphql(desc = "The session.")] id: ID,
        #[graphql(desc = "The dossier.")] dossier: ID,
        #[graphql(desc = "Given twice within 24 hours, the first answer counts.")] idempotency_key: Option<Uuid>,
    ) -> Result<CouncilSessionPayload, Fault> {
        let asked = asked(context)?;
        let call = call(context, asked, idempotency_key)?;
        let key = (of(Kind::CouncilSession, &id), of(Kind::Dossier, &dossier));
        CouncilSessionPayload::of(asked, sheets::submit(&asked.service, &call, key).await).await
    }

    /// Excludes a sheet: a member declares a conflict of interest, or the chair notes that a member is absent.
    async fn score_sheet_exclude(
        &self,
        context: &Context<'_>,
        #[graphql(desc = "The session.")] id: ID,
        #[graphql(desc = "The dossier.")] dossier: ID,
        #[graphql(desc = "Why.")] input: ScoreSheetExcludeInput,
        #[graphql(desc = "Given twice within 24 hours, the first answer counts.")] idempotency_key: Option<Uuid>,
    ) -> Result<CouncilSessionPayload, Fault> {
        let asked = asked(context)?;
        let call = call(context, asked, idempotency_key)?;
        let key = (of(Kind::CouncilSession, &id), of(Kind::Dossier, &dossier));
        let member = input.member.map(|id| of(Kind::Account, &id));
        CouncilSessionPayload::of(asked, sheets::exclude(&asked.service, &call, key, (member, &input.reason)).await).await
    }
}
