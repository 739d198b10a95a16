//! The deployment's secret and what is derived from it; random identifiers and tokens.

use chacha20poly1305::{
    KeyInit, XChaCha20Poly1305, XNonce,
    aead::{Aead, Payload},
};
use chrono::{DateTime, Utc};
use data_encoding::{BASE32_NOPAD, BASE64URL_NOPAD, HEXLOWER};
use hmac::{Hmac, Mac};
use sha2::{Digest, Sha256};
use std::fmt;
use uuid::{Builder, Uuid};

use crate::domain::cursor::CursorKey;

/// The deployment's secret: 32 bytes that never leave the process. Prints as `***`.
#[derive(Clone)]
pub struct SecretKey([u8; 32]);

impl fmt::Debug for SecretKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("***")
    }
}

/// A sealed text that can't be opened: changed, or sealed under another secret.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("sealed under another OCOP_SECRET_KEY, or changed")]
pub struct SealError;

impl SecretKey {
    /// Reads 32 bytes in base64url or hexadecimal.
    pub fn parse(text: &str) -> Option<Self> {
        let text = text.trim().trim_end_matches('=');
        let bytes = HEXLOWER.decode(text.to_lowercase().as_bytes()).or_else(|_| BASE64URL_NOPAD.decode(text.as_bytes())).ok()?;
        Some(Self(bytes.try_into().ok()?))
    }

    /// 32 random bytes.
    pub fn random() -> Self {
        Self(random())
    }

    /// The text to keep, base64url.
    pub fn to_text(&self) -> String {
        BASE64URL_NOPAD.encode(&self.0)
    }

    /// A token that follows from the secret, a purpose and a name, base64url.
    pub(super) fn token_for(&self, purpose: &str, name: &str) -> String {
        BASE64URL_NOPAD.encode(&self.derive(&format!("{purpose}:{name}")))
    }

    /// The key that signs cursors.
    pub fn cursor_key(&self) -> CursorKey {
        CursorKey::new(self.derive("cursors"))
    }

    /// The key that signs webhooks.
    pub(super) fn webhook_key(&self) -> ed25519_dalek::SigningKey {
        ed25519_dalek::SigningKey::from_bytes(&self.derive("webhooks"))
    }

    /// Seals a text for a purpose with XChaCha20-Poly1305; another purpose can't open it.
    pub fn seal(&self, purpose: &str, text: &str) -> Result<String, SealError> {
        let nonce: [u8; 24] = random();
        let payload = Payload { msg: text.as_bytes(), aad: purpose.as_bytes() };
        let sealed = self.cipher().encrypt(&XNonce::from(nonce), payload).map_err(|_| SealError)?;
        Ok(BASE64URL_NOPAD.encode(&[nonce.as_slice(), &sealed].concat()))
    }

    /// Opens a text that was sealed for a purpose.
    pub fn open(&self, purpose: &str, sealed: &str) -> Result<String, SealError> {
        let bytes = BASE64URL_NOPAD.decode(sealed.as_bytes()).map_err(|_| SealError)?;
        let (nonce, sealed) = bytes.split_first_chunk::<24>().ok_or(SealError)?;
        let payload = Payload { msg: sealed, aad: purpose.as_bytes() };
        let text = self.cipher().decrypt(&XNonce::from(*nonce), payload).map_err(|_| SealError)?;
        String::from_utf8(text).map_err(|_| SealError)
    }

    fn cipher(&self) -> XChaCha20Poly1305 {
        XChaCha20Poly1305::new(&self.derive("seal").into())
    }

    fn derive(&self, purpose: &str) -> [u8; 32] {
        let mut mac = Hmac::<Sha256>::new_from_slice(&self.0).expect("HMAC takes keys of any length");
        mac.update(purpose.as_bytes());
        mac.finalize().into_bytes().into()
    }
}

/// Random bytes of the operating system.
pub(super) fn random<const N: usize>() -> [u8; N] {
    let mut bytes = [0; N];
    getrandom::fill(&mut bytes).expect("the operating system provides random bytes");
    bytes
}

/// A version 7 UUID of an instant.
pub fn uuid_v7(at: DateTime<Utc>) -> Uuid {
    let millis = u64::try_from(at.timestamp_millis()).unwrap_or_default();
    Builder::from_unix_timestamp_millis(millis, &random()).into_uuid()
}

/// The identity of a thing that has a name: the same in every database (UUID version 5).
pub(super) fn named(kind: &str, name: &str) -> Uuid {
    Uuid::new_v5(&Uuid::NAMESPACE_URL, format!("urn:ocop-catalog:{kind}:{name}").as_bytes())
}

/// Random capital letters and digits without look-alikes, for keys that people read.
pub(super) fn code(length: usize) -> String {
    let bytes: [u8; 20] = random();
    BASE32_NOPAD.encode(&bytes).chars().take(length).collect()
}

/// A random token of 32 bytes, base64url.
pub(super) fn token() -> String {
    BASE64URL_NOPAD.encode(&random::<32>())
}

/// SHA-256 of a token, hexadecimal: what is stored instead of it.
pub(super) fn hash(token: &str) -> String {
    HEXLOWER.encode(&Sha256::digest(token.as_bytes()))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn sealed_text_opens_only_for_its_purpose_and_secret() {
        let secret = SecretKey::random();
        let sealed = secret.seal("channel", "mật khẩu").expect("seals");
        assert_eq!(secret.open("channel", &sealed), Ok("mật khẩu".to_owned()));
        assert_eq!(secret.open("webhook", &sealed), Err(SealError));
        assert_eq!(SecretKey::random().open("channel", &sealed), Err(SealError));
        let mut changed = sealed.clone().into_bytes();
        changed[40] = if changed[40] == b'A' { b'B' } else { b'A' };
        assert_eq!(secret.open("channel", &String::from_utf8(changed).expect("ascii")), Err(SealError));
        for rubbish in ["", "AAAA", "***"] {
            assert_eq!(secret.open("channel", rubbish), Err(SealError));
        }
    }

    #[test]
    fn secrets_are_32_bytes_and_never_printed() {
        let secret = SecretKey::random();
        let text = secret.to_text();
        assert_eq!(SecretKey::parse(&text).expect("reads").0, secret.0);
        assert!(SecretKey::parse(&"ab".repeat(32)).is_some());
        for bad in ["", "short", &"ab".repeat(31)] {
            assert!(SecretKey::parse(bad).is_none(), "{bad}");
        }
        assert_eq!(format!("{secret:?}"), "***");
    }

    #[test]
    fn identifiers_grow_with_time() {
        let early: DateTime<Utc> = "2026-01-01T00:00:00Z".parse().expect("an instant");
        assert!(uuid_v7(early) < uuid_v7(early + chrono::Duration::milliseconds(1)));
    }
}
