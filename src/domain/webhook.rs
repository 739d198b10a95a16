//! Webhooks as Standard Webhooks 1.0 describes them (<https://www.standardwebhooks.com>): signatures, tries, states.

use chrono::Duration;
use data_encoding::BASE64;
use ed25519_dalek::{Signer, SigningKey};
use hmac::{Hmac, KeyInit, Mac};
use sha2::{Digest, Sha256};

use crate::domain::code::coded;

/// What every secret begins with.
const SECRET_PREFIX: &str = "whsec_";
/// What every public key begins with.
const PUBLIC_PREFIX: &str = "whpk_";
/// When a message that was not taken is tried again, in seconds after the first try.
const SCHEDULE: [i64; 8] = [5, 30, 120, 600, 3_600, 21_600, 86_400, 259_200];
/// HTTP "Gone": the receiver wants nothing any more.
const GONE: u16 = 410;

coded! {
    /// Whether an endpoint is told.
    WebhookState {
        /// It is told.
        Active = "ACTIVE",
        /// Its owner stopped it, or it answered 410.
        Paused = "PAUSED",
        /// The service gave it up: it took nothing for 72 hours, or its owner lost the right to the feed.
        Disabled = "DISABLED",
    }
}

/// What an answer means.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Verdict {
    /// Taken.
    Taken,
    /// To be tried again.
    Again,
    /// The receiver wants nothing any more.
    Gone,
}

/// What a status means; redirects are not followed and count as not taken.
pub fn verdict(status: u16) -> Verdict {
    match status {
        200..=299 => Verdict::Taken,
        GONE => Verdict::Gone,
        _ => Verdict::Again,
    }
}

/// How long after its first try a message is tried again when it failed so many times; `None` when it was tried for 72 hours.
pub fn again_after(failures: u32) -> Option<Duration> {
    let index = usize::try_from(failures).ok()?.checked_sub(1)?;
    SCHEDULE.get(index).copied().map(Duration::seconds)
}

/// The text of a secret of 32 bytes.
pub fn secret_text(bytes: [u8; 32]) -> String {
    format!("{SECRET_PREFIX}{}", BASE64.encode(&bytes))
}

/// The text of a public key.
pub fn public_text(key: &SigningKey) -> String {
    format!("{PUBLIC_PREFIX}{}", BASE64.encode(key.verifying_key().as_bytes()))
}

/// The id of a message: the same for every try of the same bytes, and another as soon as they differ, so that a receiver that knows an
/// id may ignore it.
pub fn message_id(endpoint: &str, body: &[u8]) -> String {
    let hash = Sha256::new().chain_update(endpoint.as_bytes()).chain_update([0]).chain_update(body).finalize();
    format!("msg_{}", data_encoding::BASE64URL_NOPAD.encode(&hash[..18]))
}

/// The signatures of a message: symmetric (`v1`) with each secret, asymmetric (`v1a`) with the service's key. A secret that is none signs
/// nothing.
pub fn signatures(secrets: &[String], key: &SigningKey, (id, timestamp, body): (&str, i64, &[u8])) -> String {
    let signed = [format!("{id}.{timestamp}.").as_bytes(), body].concat();
    let symmetric = secrets.iter().filter_map(|secret| BASE64.decode(secret.strip_prefix(SECRET_PREFIX)?.as_bytes()).ok()).map(|secret| {
        let mut mac = Hmac::<Sha256>::new_from_slice(&secret).expect("HMAC takes keys of any length");
        mac.update(&signed);
        format!("v1,{}", BASE64.encode(&mac.finalize().into_bytes()))
    });
    let asymmetric = format!("v1a,{}", BASE64.encode(&key.sign(&signed).to_bytes()));
    symmetric.chain([asymmetric]).collect::<Vec<_>>().join(" ")
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn tries_end_after_72_hours() {
        let delays: Vec<_> = (0..=9).map(|failures| again_after(failures).map(|delay| delay.num_seconds())).collect();
        let expected = [None, Some(5), Some(30), Some(120), Some(600), Some(3_600), Some(21_600), Some(86_400), Some(259_200), None];
        assert_eq!(delays, expected);
    }

    #[test]
    fn statuses() {
        for (status, expected) in [
            (200, Verdict::Taken),
            (204, Verdict::Taken),
            (299, Verdict::Taken),
            (199, Verdict::Again),
            (301, Verdict::Again),
            (400, Verdict::Again),
            (409, Verdict::Again),
            (410, Verdict::Gone),
            (429, Verdict::Again),
            (500, Verdict::Again),
        ] {
            assert_eq!(verdict(status), expected, "{status}");
        }
    }

    proptest! {
        /// Any change of id, time or body changes both signatures, and each secret has its own.
        #[test]
        fn signatures_bind_everything(body in prop::collection::vec(any::<u8>(), 0..64), at in 0i64..4_000_000_000) {
            let key = SigningKey::from_bytes(&[7; 32]);
            let secrets = [secret_text([1; 32]), secret_text([2; 32])];
            let signed = signatures(&secrets, &key, ("msg_1", at, &body));
            let parts: Vec<_> = signed.split(' ').collect();
            prop_assert_eq!(parts.len(), 3);
            prop_assert_ne!(parts[0], parts[1]);
            let longer = [body.as_slice(), b"x"].concat();
            for other in [("msg_2", at, body.as_slice()), ("msg_1", at + 1, body.as_slice()), ("msg_1", at, longer.as_slice())] {
                let changed = signatures(&secrets, &key, other);
                prop_assert!(changed.split(' ').zip(&parts).all(|(new, old)| new != *old));
            }
        }
    }
}
