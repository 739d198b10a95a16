//! Changing listings.

use async_graphql::{Context, ID, InputObject, MaybeUndefined, Object, SimpleObject};
use chrono::{DateTime, Utc};
use uuid::Uuid;

use crate::{
    graphql::{
        context::{asked, call, patch, unasked},
        error::{Fault, UserError, outcome},
        id::{Kind, of},
        listing::ListingObject,
        scalar::MoneyInput,
    },
    service::{
        ServiceError,
        listings::{self, Edited, ListingChange, ListingData},
    },
};

/// Mutations on listings.
#[derive(Default)]
pub struct ListingMutation;

/// What became of a listing. Ask for `listing { channels { preview { problems { code path message } } } }` with an edit to learn at once what
/// each channel would refuse of it, before anything is sent.
#[derive(SimpleObject)]
pub struct ListingPayload {
    /// The listing as it is now; null when it was refused.
    listing: Option<ListingObject>,
    /// Why nothing was done; empty on success.
    user_errors: Vec<UserError>,
}

/// A new listing.
#[derive(InputObject)]
pub struct ListingCreateInput {
    /// The product.
    product: ID,
    /// The variant; the product's only one when left out.
    variant: Option<ID>,
    /// Title in Vietnamese, at most 150 characters; product name and net content when left out.
    title: Option<String>,
    /// Title in English, at most 150 characters.
    title_en: Option<String>,
    /// Price in whole đồng, taxes included.
    price: MoneyInput,
    /// Units that may be sold, 0 to 999,999.
    stock: i64,
    /// Smallest order in units, 1 to 10,000.
    #[graphql(default = 1)]
    min_order: i64,
    /// Start of the offer.
    valid_from: Option<DateTime<Utc>>,
    /// End of the offer, after its start.
    valid_until: Option<DateTime<Utc>>,
}

/// A change of a listing. Fields that are left out stay; null clears.
#[derive(InputObject)]
pub struct ListingUpdateInput {
    /// Title in Vietnamese, at most 150 characters.
    title: Option<String>,
    /// Title in English, at most 150 characters.
    title_en: MaybeUndefined<String>,
    /// Smallest order in units, 1 to 10,000.
    min_order: Option<i64>,
    /// Start of the offer.
    valid_from: MaybeUndefined<DateTime<Utc>>,
    /// End of the offer, after its start.
    valid_until: MaybeUndefined<DateTime<Utc>>,
}

impl ListingPayload {
    async fn of(context: &Context<'_>, result: Result<Edited, ServiceError>) -> Result<Self, Fault> {
        let asked = asked(context)?;
        let (edited, user_errors) = outcome(result, asked.locale)?;
        let listing = match edited {
            Some(Edited::Now(listing)) => Some(*listing),
            Some(Edited::Before(id)) => listings::find(&asked.service, &asked.actor, id, unasked(context)?).await?,
            None => None,
        };
        Ok(Self { listing: listing.map(ListingObject::of), user_errors })
    }
}

#[Object]
impl ListingMutation {
    /// Drafts a listing of a variant of one's own producer.
    async fn listing_create(
        &self,
        context: &Context<'_>,
        #[graphql(desc = "The listing.")] input: ListingCreateInput,
        #[graphql(desc = "Given twice within 24 hours, the first answer counts.")] idempotency_key: Option<Uuid>,
    ) -> Result<ListingPayload, Fault> {
        let asked = asked(context)?;
        let call = call(context, asked, idempotency_key)?;
        let data = ListingData {
            product: of(Kind::Product, &input.product),
            variant: input.variant.map(|id| of(Kind::Variant, &id)),
            title_vi: input.title,
            title_en: input.title_en,
            price: input.price.read(),
            stock: input.stock,
            min_order: input.min_order,
            valid_from: input.valid_from,
            valid_until: input.valid_until,
        };
        ListingPayload::of(context, listings::create(&asked.service, &call, data).await).await
    }

    /// Changes title, smallest order or period.
    async fn listing_update(
        &self,
        context: &Context<'_>,
        #[graphql(desc = "The listing.")] id: ID,
        #[graphql(desc = "The version the change was made from.")] expected_version: i32,
        #[graphql(desc = "The change.")] input: ListingUpdateInput,
        #[graphql(desc = "Given twice within 24 hours, the first answer counts.")] idempotency_key: Option<Uuid>,
    ) -> Result<ListingPayload, Fault> {
        let asked = asked(context)?;
        let call = call(context, asked, idempotency_key)?;
        let change = ListingChange {
            title_vi: input.title,
            title_en: patch(input.title_en),
            min_order: input.min_order,
            valid_from: patch(input.valid_from),
            valid_until: patch(input.valid_until),
        };
        ListingPayload::of(context, listings::update(&asked.service, &call, of(Kind::Listing, &id), expected_version, change).await).await
    }

    /// Sets the price. Quick changes reach channels as one push with the last price.
    async fn listing_set_price(
        &self,
        context: &Context<'_>,
        #[graphql(desc = "The listing.")] id: ID,
        #[graphql(desc = "The version the change was made from; the last writer wins when left out.")] expected_version: Option<i32>,
        #[graphql(desc = "Price in whole đồng, taxes included.")] price: MoneyInput,
        #[graphql(desc = "Given twice within 24 hours, the first answer counts.")] idempotency_key: Option<Uuid>,
    ) -> Result<ListingPayload, Fault> {
        let asked = asked(context)?;
        let call = call(context, asked, idempotency_key)?;
        let result = listings::set_price(&asked.service, &call, of(Kind::Listing, &id), expected_version, &price.read()).await;
        ListingPayload::of(context, result).await
    }

    /// Sets how many units may be sold.
    async fn listing_set_availability(
        &self,
        context: &Context<'_>,
        #[graphql(desc = "The listing.")] id: ID,
        #[graphql(desc = "The version the change was made from; the last writer wins when left out.")] expected_version: Option<i32>,
        #[graphql(desc = "Units that may be sold, 0 to 999,999.")] stock: i64,
        #[graphql(desc = "Given twice within 24 hours, the first answer counts.")] idempotency_key: Option<Uuid>,
    ) -> Result<ListingPayload, Fault> {
        let asked = asked(context)?;
        let call = call(context, asked, idempotency_key)?;
        let result = listings::set_stock(&asked.service, &call, of(Kind::Listing, &id), expected_version, stock).await;
        ListingPayload::of(context, result).await
    }

    /// Publishes a listing. The product needs a rating of three stars or more whose certificate is in force, or will be.
    async fn listing_publish(
        &self,
        context: &Context<'_>,
        #[graphql(desc = "The listing.")] id: ID,
        #[graphql(desc = "Given twice within 24 hours, the first answer counts.")] idempotency_key: Option<Uuid>,
    ) -> Result<ListingPayload, Fault> {
        let asked = asked(context)?;
        let call = call(context, asked, idempotency_key)?;
        ListingPayload::of(context, listings::publish(&asked.service, &call, of(Kind::Listing, &id)).await).await
    }

    /// Takes a listing back from the public and all channels; it can be published again.
    async fn listing_unpublish(
        &self,
        context: &Context<'_>,
        #[graphql(desc = "The listing.")] id: ID,
        #[graphql(desc = "Given twice within 24 hours, the first answer counts.")] idempotency_key: Option<Uuid>,
    ) -> Result<ListingPayload, Fault> {
        let asked = asked(context)?;
        let call = call(context, asked, idempotency_key)?;
        ListingPayload::of(context, listings::unpublish(&asked.service, &call, of(Kind::Listing, &id)).await).await
    }

    /// Ends a listing for good.
    async fn listing_archive(
        &self,
        context: &Context<'_>,
        #[graphql(desc = "The listing.")] id: ID,
        #[graphql(desc = "Given twice within 24 hours, the first answer counts.")] idempotency_key: Option<Uuid>,
    ) -> Result<ListingPayload, Fault> {
        let asked = asked(context)?;
        let call = call(context, asked, idempotency_key)?;
        ListingPayload::of(context, listings::archive(&asked.service, &call, of(Kind::Listing, &id)).await).await
    }
}
