//! Seals everything in the database under another secret.

use crate::{
    service::{ServiceError, access, keys::SecretKey, sessions, webhooks},
    store::{
        Store,
        sealed::{self, Place},
    },
};

/// Whether a secret is the one that this database is sealed under.
pub async fn opens(store: &Store, secret: &SecretKey) -> Result<bool, ServiceError> {
    sessions::opens(store, secret).await
}

/// Opens every sealed text with the secret of now and seals it with the next, all or nothing; returns how many there were.
///
/// # Errors
/// Fails, and changes nothing, when one can't be opened.
pub async fn seal_anew(store: &Store, now: &SecretKey, next: &SecretKey) -> Result<usize, ServiceError> {
    let internal = |error: &dyn std::fmt::Display| ServiceError::Internal(error.to_string());
    let tx = store.begin().await?;
    sessions::seal_anew(&tx, now, next).await?;
    let mut count = 1;
    for place in Place::ALL {
        let purpose = match place {
            Place::ChannelSettings => access::SEAL,
            Place::ChannelTokens => access::TOKENS,
            Place::WebhookSecrets | Place::PreviousWebhookSecrets => webhooks::PURPOSE,
        };
        for (id, text) in sealed::all(&tx, place).await? {
            let opened = now.open(purpose, &text).map_err(|error| internal(&error))?;
            sealed::put(&tx, place, id, &next.seal(purpose, &opened).map_err(|error| internal(&error))?).await?;
            count += 1;
        }
    }
    tx.commit().await?;
    Ok(count)
}
