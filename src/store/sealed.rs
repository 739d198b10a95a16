//! Every sealed text in the database, for when it is sealed anew.

use sea_orm::{ColumnTrait, EntityTrait, QueryFilter, QuerySelect, sea_query::Expr};
use uuid::Uuid;

use crate::store::{
    StoreError, Tx,
    connection::Db,
    entity::{channel, channel_status, webhook_endpoint},
};

/// A column that holds sealed text.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Place {
    /// Settings of channels.
    ChannelSettings,
    /// Tokens of channels.
    ChannelTokens,
    /// Secrets of webhook endpoints.
    WebhookSecrets,
    /// Secrets of webhook endpoints before the last rotation.
    PreviousWebhookSecrets,
}

impl Place {
    /// All of them; the signing key is a setting.
    pub const ALL: [Self; 4] = [Self::ChannelSettings, Self::ChannelTokens, Self::WebhookSecrets, Self::PreviousWebhookSecrets];
}

/// The rows of a place that hold something, by their keys.
pub async fn all(tx: &Tx, place: Place) -> Result<Vec<(Uuid, String)>, StoreError> {
    match place {
        Place::ChannelSettings => pairs::<channel::Entity>(tx, channel::Column::Id, channel::Column::SealedSettings).await,
        Place::ChannelTokens => {
            pairs::<channel_status::Entity>(tx, channel_status::Column::ChannelId, channel_status::Column::SealedTokens).await
        }
        Place::WebhookSecrets => {
            pairs::<webhook_endpoint::Entity>(tx, webhook_endpoint::Column::Id, webhook_endpoint::Column::SealedSecret).await
        }
        Place::PreviousWebhookSecrets => {
            pairs::<webhook_endpoint::Entity>(tx, webhook_endpoint::Column::Id, webhook_endpoint::Column::PreviousSecret).await
        }
    }
}

/// Replaces the text of a row.
pub async fn put(tx: &Tx, place: Place, id: Uuid, sealed: &str) -> Result<(), StoreError> {
    match place {
        Place::ChannelSettings => set::<channel::Entity>(tx, channel::Column::Id, channel::Column::SealedSettings, (id, sealed)).await,
        Place::ChannelTokens => {
            set::<channel_status::Entity>(tx, channel_status::Column::ChannelId, channel_status::Column::SealedTokens, (id, sealed)).await
        }
        Place::WebhookSecrets => {
            set::<webhook_endpoint::Entity>(tx, webhook_endpoint::Column::Id, webhook_endpoint::Column::SealedSecret, (id, sealed)).await
        }
        Place::PreviousWebhookSecrets => {
            set::<webhook_endpoint::Entity>(tx, webhook_endpoint::Column::Id, webhook_endpoint::Column::PreviousSecret, (id, sealed)).await
        }
    }
}

async fn pairs<E: EntityTrait>(tx: &Tx, id: E::Column, sealed: E::Column) -> Result<Vec<(Uuid, String)>, StoreError> {
    let query = E::find().select_only().column(id).column(sealed).filter(sealed.is_not_null());
    Ok(query.into_tuple().all(tx.connection()).await?)
}

async fn set<E: EntityTrait>(tx: &Tx, id: E::Column, sealed: E::Column, (key, text): (Uuid, &str)) -> Result<(), StoreError> {
    E::update_many().col_expr(sealed, Expr::value(text)).filter(id.eq(key)).exec(tx.connection()).await?;
    Ok(())
}
