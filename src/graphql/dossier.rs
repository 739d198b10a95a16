//! Dossiers: a product's application for a rating.

use async_graphql::{Context, Description, Enum, ID, Object, SimpleObject, connection::Connection};
use chrono::{DateTime, Utc};
use uuid::Uuid;

use crate::{
    domain::{dossier::Dossier, id::DossierId},
    graphql::{
        connection::Paging,
        context::{Asked, asked, call, loader},
        error::{Fault, UserError, outcome},
        id::{Kind, encode, of},
        loader::{ProducerKey, ProductKey},
        producer::ProducerObject,
        product::ProductObject,
    },
    service::{ServiceError, dossiers},
};

/// Queries on dossiers.
#[derive(Default)]
pub struct DossierQuery;

/// Mutations on dossiers.
#[derive(Default)]
pub struct DossierMutation;

/// Where a dossier is. Values may be added.
#[derive(Enum, Clone, Copy, PartialEq, Eq, Debug)]
#[graphql(remote = "crate::domain::dossier::DossierState")]
pub enum DossierState {
    /// Being filled in by the producer.
    Draft,
    /// Handed in; waiting for a decision.
    Submitted,
    /// A decision recognised the product.
    Approved,
    /// A decision refused it, with a reason.
    Rejected,
    /// Taken back by the producer.
    Withdrawn,
}

/// Dossier (hồ sơ sản phẩm OCOP): a product's application for a rating in one yearly cycle.
#[derive(Description)]
pub struct DossierObject(pub(super) Dossier);

#[Object(name = "Dossier", use_type_description)]
impl DossierObject {
    /// Opaque global id.
    pub(super) async fn id(&self) -> ID {
        encode(Kind::Dossier, self.0.id)
    }

    /// The product. Null when one may see the dossier but not the product.
    async fn product(&self, context: &Context<'_>) -> Result<Option<ProductObject>, Fault> {
        Ok(loader(context)?.load_one(ProductKey(self.0.product_id)).await?.map(ProductObject))
    }

    /// Whose product it is; null for suspended producers.
    async fn producer(&self, context: &Context<'_>) -> Result<Option<ProducerObject>, Fault> {
        Ok(loader(context)?.load_one(ProducerKey(self.0.producer_id)).await?.map(ProducerObject))
    }

    /// Yearly cycle, for example 2026.
    async fn cycle(&self) -> i32 {
        self.0.cycle
    }

    /// Where it is.
    async fn state(&self) -> DossierState {
        self.0.state.into()
    }

    /// When it was handed in.
    async fn submitted_at(&self) -> Option<DateTime<Utc>> {
        self.0.submitted_at
    }

    /// When it was decided.
    async fn decided_at(&self) -> Option<DateTime<Utc>> {
        self.0.decided_at
    }

    /// Why it was refused.
    async fn rejection_reason(&self) -> Option<&str> {
        self.0.rejection_reason.as_deref()
    }

    /// Grows with every change.
    async fn version(&self) -> i32 {
        self.0.version
    }

    /// When it was opened.
    async fn created_at(&self) -> DateTime<Utc> {
        self.0.created_at
    }

    /// When it last changed.
    async fn updated_at(&self) -> DateTime<Utc> {
        self.0.updated_at
    }
}

/// What became of a dossier.
#[derive(SimpleObject)]
pub struct DossierPayload {
    /// The dossier as it is now; null when it was refused.
    dossier: Option<DossierObject>,
    /// Why nothing was done; empty on success.
    user_errors: Vec<UserError>,
}

impl DossierPayload {
    pub(super) async fn of(asked: &Asked, result: Result<DossierId, ServiceError>) -> Result<Self, Fault> {
        let (id, user_errors) = outcome(result, asked.locale)?;
        let dossier = match id {
            Some(id) => dossiers::find(&asked.service, &asked.actor, id).await?,
            None => None,
        };
        Ok(Self { dossier: dossier.map(DossierObject), user_errors })
    }
}

#[Object]
impl DossierQuery {
    /// One dossier; null when there is none or one may not see it. Its producer's members and those who review may.
    async fn dossier(&self, context: &Context<'_>, #[graphql(desc = "The dossier.")] id: ID) -> Result<Option<DossierObject>, Fault> {
        let asked = asked(context)?;
        Ok(dossiers::find(&asked.service, &asked.actor, of(Kind::Dossier, &id)).await?.map(DossierObject))
    }

    /// Dossiers that wait for a decision, the longest waiting first. For admins, officers of communes and council members.
    async fn review_queue(
        &self,
        context: &Context<'_>,
        #[graphql(desc = "States; submitted ones when left out.")] state: Option<Vec<DossierState>>,
        #[graphql(desc = "How many from the start, 1 to 100; 20 when nothing is asked.")] first: Option<i32>,
        #[graphql(desc = "Cursor to go on after.")] after: Option<String>,
        #[graphql(desc = "How many from the end, 1 to 100.")] last: Option<i32>,
        #[graphql(desc = "Cursor to go back from.")] before: Option<String>,
    ) -> Result<Connection<String, DossierObject>, Fault> {
        let asked = asked(context)?;
        let list = Paging { first, after, last, before }.of(asked, &["reviewQueue", &format!("{state:?}")])?;
        let states: Vec<_> = state.unwrap_or_default().into_iter().map(Into::into).collect();
        let page = dossiers::queue(&asked.service, &asked.actor, &states, &list.request).await?;
        Ok(list.connection(page, DossierObject))
    }
}

#[Object]
impl DossierMutation {
    /// Opens a dossier for a product of one's own producer, in this year's cycle; one open dossier a product.
    async fn dossier_create(
        &self,
        context: &Context<'_>,
        #[graphql(desc = "The product.")] product: ID,
        #[graphql(desc = "Given twice within 24 hours, the first answer counts.")] idempotency_key: Option<Uuid>,
    ) -> Result<DossierPayload, Fault> {
        let asked = asked(context)?;
        let call = call(context, asked, idempotency_key)?;
        DossierPayload::of(asked, dossiers::create(&asked.service, &call, of(Kind::Product, &product)).await).await
    }

    /// Hands a dossier in. The product needs a group and a variant.
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

    /// Takes a dossier back before it is decided.
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
}
