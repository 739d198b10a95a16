//! What producers do with their dossiers.

use async_graphql::{Context, ID, InputObject, Object};
use uuid::Uuid;

use crate::{
    graphql::{
        context::{asked, call},
        dossier::{DossierPayload, form::MarkInput},
        error::Fault,
        id::{Kind, of},
    },
    service::{
        documents::{self, DocumentData},
        dossiers::{self, DossierPatch},
        renewals,
    },
};

/// Mutations of producers on dossiers.
#[derive(Default)]
pub struct DossierMutation;

/// What changes in a dossier; what is left out stays.
#[derive(InputObject)]
pub struct DossierUpdateInput {
    /// The criteria set. Choosing another one empties the self-assessment.
    criteria_set: Option<ID>,
    /// Code of the commune of today that is to check it; that of the product or its producer when never given.
    commune: Option<String>,
    /// All marks of the self-assessment so far, at most 100; missing ones may follow.
    self_assessment: Option<Vec<MarkInput>>,
}

/// A document to attach.
#[derive(InputObject)]
pub struct DossierDocumentInput {
    /// Code of the document in the dossier's checklist.
    document: String,
    /// The uploaded file, one's own.
    upload: ID,
    /// Place of the criterion it is evidence for.
    criterion: Option<i32>,
}

/// Answers to what was asked.
#[derive(InputObject)]
pub struct DossierRespondInput {
    /// An answer to each of the dossier's `changeRequests`, in their order; at most 2,000 characters each.
    answers: Vec<String>,
}

#[Object]
impl DossierMutation {
    /// Opens a dossier for a product of one's own producer under the rulebook in force; one open dossier a product. For producers.
    async fn dossier_create(
        &self,
        context: &Context<'_>,
        #[graphql(desc = "The product.")] product: ID,
        #[graphql(desc = "The criteria set; may be left out when the product's group has only one, or chosen later.")] criteria_set: Option<
            ID,
        >,
        #[graphql(desc = "Given twice within 24 hours, the first answer counts.")] idempotency_key: Option<Uuid>,
    ) -> Result<DossierPayload, Fault> {
        let asked = asked(context)?;
        let call = call(context, asked, idempotency_key)?;
        let set = criteria_set.map(|id| of(Kind::CriteriaSet, &id));
        DossierPayload::of(asked, dossiers::create(&asked.service, &call, of(Kind::Product, &product), set).await).await
    }

    /// Changes criteria set, self-assessment and commune while the dossier is DRAFT or RETURNED. For its producer.
    async fn dossier_update(
        &self,
        context: &Context<'_>,
        #[graphql(desc = "The dossier.")] id: ID,
        #[graphql(desc = "Its version as read; a newer one refuses the change.")] expected_version: i32,
        #[graphql(desc = "What changes.")] input: DossierUpdateInput,
        #[graphql(desc = "Given twice within 24 hours, the first answer counts.")] idempotency_key: Option<Uuid>,
    ) -> Result<DossierPayload, Fault> {
        let asked = asked(context)?;
        let call = call(context, asked, idempotency_key)?;
        let patch = DossierPatch {
            criteria_set: input.criteria_set.map(|id| of(Kind::CriteriaSet, &id)),
            marks: input.self_assessment.map(|marks| marks.into_iter().map(MarkInput::read).collect()),
            commune: input.commune,
        };
        let key = (of(Kind::Dossier, &id), expected_version);
        DossierPayload::of(asked, dossiers::update(&asked.service, &call, key, patch).await).await
    }

    /// Attaches an uploaded file while the dossier is DRAFT or RETURNED. For its producer.
    async fn dossier_document_attach(
        &self,
        context: &Context<'_>,
        #[graphql(desc = "The dossier.")] id: ID,
        #[graphql(desc = "The document.")] input: DossierDocumentInput,
        #[graphql(desc = "Given twice within 24 hours, the first answer counts.")] idempotency_key: Option<Uuid>,
    ) -> Result<DossierPayload, Fault> {
        let asked = asked(context)?;
        let call = call(context, asked, idempotency_key)?;
        let given = DocumentData { requirement: input.document, criterion: input.criterion, upload: of(Kind::Upload, &input.upload) };
        DossierPayload::of(asked, documents::attach(&asked.service, &call, of(Kind::Dossier, &id), given).await).await
    }

    /// Takes a document out while the dossier is DRAFT or RETURNED. For its producer.
    async fn dossier_document_remove(
        &self,
        context: &Context<'_>,
        #[graphql(desc = "The dossier.")] id: ID,
        #[graphql(desc = "The document.")] document: ID,
        #[graphql(desc = "Given twice within 24 hours, the first answer counts.")] idempotency_key: Option<Uuid>,
    ) -> Result<DossierPayload, Fault> {
        let asked = asked(context)?;
        let call = call(context, asked, idempotency_key)?;
        let document = of(Kind::Document, &document);
        DossierPayload::of(asked, documents::remove(&asked.service, &call, of(Kind::Dossier, &id), document).await).await
    }

    /// Hands a dossier in to its commune. Everything that is missing is named. For its producer.
    async fn dossier_submit(
        &self,
        context: &Context<'_>,
        #[graphql(desc = "The dossier.")] id: ID,
        #[graphql(desc = "Given twice within 24 hours, the first answer counts.")] idempotency_key: Option<Uuid>,
    ) -> Result<DossierPayload, Fault> {
        let asked = asked(context)?;
        let call = call(context, asked, idempotency_key)?;
        DossierPayload::of(asked, dossiers::submit(&asked.service, &call, of(Kind::Dossier, &id)).await).await
    }

    /// Answers what was asked and hands the dossier back to whoever asked. For its producer.
    async fn dossier_respond(
        &self,
        context: &Context<'_>,
        #[graphql(desc = "The dossier.")] id: ID,
        #[graphql(desc = "The answers.")] input: DossierRespondInput,
        #[graphql(desc = "Given twice within 24 hours, the first answer counts.")] idempotency_key: Option<Uuid>,
    ) -> Result<DossierPayload, Fault> {
        let asked = asked(context)?;
        let call = call(context, asked, idempotency_key)?;
        DossierPayload::of(asked, dossiers::respond(&asked.service, &call, of(Kind::Dossier, &id), input.answers).await).await
    }

    /// Takes a dossier back before a council has it. For its producer.
    async fn dossier_withdraw(
        &self,
        context: &Context<'_>,
        #[graphql(desc = "The dossier.")] id: ID,
        #[graphql(desc = "Given twice within 24 hours, the first answer counts.")] idempotency_key: Option<Uuid>,
    ) -> Result<DossierPayload, Fault> {
        let asked = asked(context)?;
        let call = call(context, asked, idempotency_key)?;
        DossierPayload::of(asked, dossiers::withdraw(&asked.service, &call, of(Kind::Dossier, &id)).await).await
    }

    /// Opens the dossier that renews a rating, with documents and self-assessment of the old one as its draft. For its producer.
    async fn certificate_renewal_start(
        &self,
        context: &Context<'_>,
        #[graphql(desc = "The rating to renew.")] rating: ID,
        #[graphql(desc = "Given twice within 24 hours, the first answer counts.")] idempotency_key: Option<Uuid>,
    ) -> Result<DossierPayload, Fault> {
        let asked = asked(context)?;
        let call = call(context, asked, idempotency_key)?;
        DossierPayload::of(asked, renewals::start(&asked.service, &call, of(Kind::Rating, &rating)).await).await
    }
}
