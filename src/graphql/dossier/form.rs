//! What is in a dossier: checklist, documents, marks, the commune's report, what is asked.

use async_graphql::{Context, Description, Enum, ID, InputObject, Object, SimpleObject};
use chrono::{DateTime, Utc};

use crate::{
    domain::{
        checklist::ChecklistItem,
        dossier::{ChangeRequest, CommuneFinding, CommuneReport},
        sheet::{Checked, Mark},
    },
    graphql::{
        context::{LocaleArgument, Text, asked, loader},
        error::Fault,
        id::{Kind, encode},
        loader::UploadKey,
        rubric::CriterionObject,
        scalar::Date,
    },
    store::documents::Document,
};

/// How a document of a checklist stands. Values may be added.
#[derive(Enum, Clone, Copy, PartialEq, Eq, Debug)]
#[graphql(remote = "crate::domain::checklist::ItemState")]
pub enum ChecklistState {
    /// Attached.
    Attached,
    /// Must be attached before the dossier is handed in.
    Missing,
    /// May be attached, as proof for points and conditions.
    Optional,
    /// Is handed over in hand, not as a file.
    OnPaper,
}

/// One document that the rulebook names, and how it stands in a dossier.
#[derive(Description)]
pub struct ChecklistItemObject(pub(super) ChecklistItem);

#[Object(name = "ChecklistItem", use_type_description)]
impl ChecklistItemObject {
    /// Code to attach a document under.
    async fn document(&self) -> &str {
        &self.0.document.code
    }

    /// Name for people.
    async fn name(
        &self,
        context: &Context<'_>,
        #[graphql(desc = "Language; that of the request when left out.")] locale: Option<LocaleArgument>,
    ) -> Result<&str, Fault> {
        Text(&self.0.document.name_vi, Some(&self.0.document.name_en)).in_language(context, locale)
    }

    /// Whether this producer must hand it in.
    async fn is_mandatory(&self) -> bool {
        self.0.is_mandatory
    }

    /// How it stands.
    async fn state(&self) -> ChecklistState {
        self.0.state.into()
    }

    /// Where this is written.
    async fn legal_reference(&self) -> &str {
        &self.0.document.legal_reference
    }
}

/// A document of a dossier. Its file is served to those who may see the dossier.
#[derive(Description)]
pub struct DocumentObject(pub(super) Document);

#[Object(name = "DossierDocument", use_type_description)]
impl DocumentObject {
    /// Opaque global id.
    async fn id(&self) -> ID {
        encode(Kind::Document, self.0.id)
    }

    /// Code of the document in the checklist.
    async fn document(&self) -> &str {
        &self.0.requirement
    }

    /// Place of the criterion it is evidence for.
    async fn criterion(&self) -> Option<i32> {
        self.0.criterion
    }

    /// Name of the file.
    async fn file_name(&self, context: &Context<'_>) -> Result<Option<String>, Fault> {
        Ok(loader(context)?.load_one(UploadKey(self.0.upload_id)).await?.map(|u| u.file_name))
    }

    /// Media type of the file.
    async fn content_type(&self, context: &Context<'_>) -> Result<Option<String>, Fault> {
        Ok(loader(context)?.load_one(UploadKey(self.0.upload_id)).await?.map(|u| u.file_type.code().to_owned()))
    }

    /// Bytes of the file, at most 20 MB.
    async fn size(&self, context: &Context<'_>) -> Result<Option<i32>, Fault> {
        Ok(loader(context)?.load_one(UploadKey(self.0.upload_id)).await?.and_then(|u| i32::try_from(u.size).ok()))
    }

    /// SHA-256 of the file, hexadecimal.
    async fn sha256(&self, context: &Context<'_>) -> Result<Option<String>, Fault> {
        Ok(loader(context)?.load_one(UploadKey(self.0.upload_id)).await?.map(|u| u.sha256))
    }

    /// Address of the file; send the access token with the request.
    async fn url(&self, context: &Context<'_>) -> Result<String, Fault> {
        Ok(format!("{}/documents/{}", asked(context)?.service.base_url(), self.0.id.0.simple()))
    }

    /// When it was attached.
    async fn attached_at(&self) -> DateTime<Utc> {
        self.0.attached_at
    }
}

/// Points given on one criterion.
#[derive(SimpleObject)]
#[graphql(name = "Mark")]
pub struct MarkObject {
    /// Place of the criterion in its set.
    criterion: i32,
    /// Points.
    points: i32,
    /// Why.
    comment: Option<String>,
}

/// Points to give on one criterion.
#[derive(InputObject)]
pub struct MarkInput {
    /// Place of the criterion in its set (`Criterion.position`).
    pub criterion: i32,
    /// Points: one of `Criterion.optionPoints`, or from 0 to `maxPoints` where there are none.
    pub points: i32,
    /// Why, at most 2,000 characters.
    pub comment: Option<String>,
}

impl MarkInput {
    pub(in crate::graphql) fn read(self) -> Mark {
        Mark { criterion: self.criterion, points: self.points, comment: self.comment }
    }
}

/// Marks with their sums.
#[derive(SimpleObject)]
pub struct SheetSums {
    /// The marks; one a criterion, at most 100.
    marks: Vec<MarkObject>,
    /// Points of the parts A, B and C; always three.
    part_points: Vec<i32>,
    /// All points, 0 to 100.
    total: i32,
    /// Criteria without a mark, in the order of the form; at most 100.
    missing: Vec<CriterionObject>,
}

impl SheetSums {
    pub(in crate::graphql) fn new(marks: &[Mark], checked: Checked) -> Self {
        let mark = |m: &Mark| MarkObject { criterion: m.criterion, points: m.points, comment: m.comment.clone() };
        Self {
            marks: marks.iter().map(mark).collect(),
            part_points: checked.totals.parts.to_vec(),
            total: checked.totals.total(),
            missing: checked.missing.into_iter().map(CriterionObject::from).collect(),
        }
    }
}

/// One thing that the producer must mend or explain.
#[derive(SimpleObject)]
#[graphql(name = "ChangeRequest")]
pub struct ChangeRequestObject {
    /// What it is about: a document's code, a criterion's place, or anything else.
    about: String,
    /// Why.
    reason: String,
    /// The producer's answer.
    answer: Option<String>,
}

impl From<ChangeRequest> for ChangeRequestObject {
    fn from(c: ChangeRequest) -> Self {
        Self { about: c.about, reason: c.reason, answer: c.answer }
    }
}

/// The commune's report on its three criteria (Decision 1489/QĐ-TTg).
#[derive(SimpleObject)]
#[graphql(name = "CommuneReport")]
pub struct CommuneReportObject {
    /// Origin of the product or local materials, together with local labour.
    local_materials_and_labour: CommuneFindingObject,
    /// Origin of the product idea.
    origin_of_idea: CommuneFindingObject,
    /// Local identity, local knowledge.
    local_identity: CommuneFindingObject,
    /// Day of the meeting with the units concerned.
    meeting_on: Date,
    /// Number of the letter to the province.
    letter: Option<String>,
}

/// What the commune found on one criterion.
#[derive(SimpleObject)]
#[graphql(name = "CommuneFinding")]
pub struct CommuneFindingObject {
    /// Whether it is met.
    is_met: bool,
    /// The assessment in words.
    assessment: String,
}

impl From<CommuneFinding> for CommuneFindingObject {
    fn from(f: CommuneFinding) -> Self {
        Self { is_met: f.is_met, assessment: f.assessment }
    }
}

impl From<CommuneReport> for CommuneReportObject {
    fn from(r: CommuneReport) -> Self {
        Self {
            local_materials_and_labour: r.local_materials_and_labour.into(),
            origin_of_idea: r.origin_of_idea.into(),
            local_identity: r.local_identity.into(),
            meeting_on: Date(r.meeting_on),
            letter: r.letter,
        }
    }
}
