//! HMAC-SHA256, which every marketplace signs with, each over something else.

use data_encoding::{BASE64, HEXLOWER, HEXLOWER_PERMISSIVE, HEXUPPER};
use hmac::{Hmac, KeyInit, Mac};
use sha2::Sha256;
use subtle::ConstantTimeEq;

/// A signature, to be written the way a marketplace wants it.
pub(super) struct Signature([u8; 32]);

/// Signs parts as if they were one, with the text of a key.
pub(super) fn hmac(key: &str, parts: &[&[u8]]) -> Signature {
    let mut mac = Hmac::<Sha256>::new_from_slice(key.as_bytes()).expect("HMAC takes keys of any length");
    for part in parts {
        mac.update(part);
    }
    Signature(mac.finalize().into_bytes().into())
}

impl Signature {
    pub(super) fn hex(&self) -> String {
        HEXLOWER.encode(&self.0)
    }

    pub(super) fn upper_hex(&self) -> String {
        HEXUPPER.encode(&self.0)
    }

    pub(super) fn base64(&self) -> String {
        BASE64.encode(&self.0)
    }

    /// Whether a text is this signature in hexadecimal; takes the same time wherever they differ.
    pub(super) fn is_hex(&self, claimed: &str) -> bool {
        HEXLOWER_PERMISSIVE.decode(claimed.trim().as_bytes()).is_ok_and(|bytes| bytes.ct_eq(&self.0).into())
    }

    /// Whether a text is this signature in base64; takes the same time wherever they differ.
    pub(super) fn is_base64(&self, claimed: &str) -> bool {
        BASE64.decode(claimed.trim().as_bytes()).is_ok_and(|bytes| bytes.ct_eq(&self.0).into())
    }
}
