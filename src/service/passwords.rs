//! Passwords: argon2id, off the async threads, a few at a time, and as slow for unknown accounts as for known ones.

use argon2::{Argon2, PasswordHasher, PasswordVerifier, password_hash::phc::PasswordHash};
use std::sync::Arc;
use tokio::sync::Semaphore;

use crate::service::ServiceError;

/// Hashes at most this many at once: each takes 19 MiB and some 20 ms of CPU.
const AT_ONCE: usize = 2;

/// The hash of a random password, made with the settings of today: nobody knows one that fits.
const NOBODY: &str = "$argon2id$v=19$m=19456,t=2,p=1$m1cPZ0Wv0Tq0Wb1cQ9q2lA$2E1b2W0o1rA7zZb8i4Xc0yB7l8mYvVn5T0r3Qk1sJ6g";

pub(crate) struct Passwords {
    turns: Arc<Semaphore>,
}

impl Passwords {
    pub(super) fn new() -> Self {
        Self { turns: Arc::new(Semaphore::new(AT_ONCE)) }
    }

    /// The PHC string to store.
    pub(super) async fn hash(&self, password: String) -> Result<String, ServiceError> {
        self.run(move || {
            Argon2::default().hash_password(password.as_bytes()).map(|h| h.to_string()).map_err(|e| ServiceError::Internal(e.to_string()))
        })
        .await?
    }

    /// Whether a password fits. Without a stored hash it works as long and says no.
    pub(super) async fn verify(&self, password: String, stored: Option<String>) -> Result<bool, ServiceError> {
        self.run(move || {
            let known = stored.is_some();
            let text = stored.unwrap_or_else(|| NOBODY.to_owned());
            let fits = PasswordHash::new(&text).is_ok_and(|hash| Argon2::default().verify_password(password.as_bytes(), &hash).is_ok());
            known && fits
        })
        .await
    }

    async fn run<T: Send + 'static>(&self, work: impl FnOnce() -> T + Send + 'static) -> Result<T, ServiceError> {
        let turn = Arc::clone(&self.turns).acquire_owned().await.map_err(|e| ServiceError::Internal(e.to_string()))?;
        tokio::task::spawn_blocking(move || {
            let _turn = turn;
            work()
        })
        .await
        .map_err(|e| ServiceError::Internal(e.to_string()))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// The work of a hash is said by its algorithm, version and parameters: what an unknown account is compared with says the same as what
    /// is stored for a known one, and is whole, so that comparing runs to the end.
    #[tokio::test]
    async fn unknown_accounts_cost_the_same_work() {
        let passwords = Passwords::new();
        let known = passwords.hash("một mật khẩu dài".to_owned()).await.expect("hashes");
        let [known, nobody] = [known.as_str(), NOBODY].map(|text| PasswordHash::new(text).expect("a hash"));
        let work = |hash: &PasswordHash| {
            let lengths = (hash.salt.as_ref().map(|salt| salt.len()), hash.hash.as_ref().map(|output| output.len()));
            (hash.algorithm.to_string(), hash.version, hash.params.to_string(), lengths)
        };
        assert_eq!(work(&known), work(&nobody));
        for text in [known.to_string(), NOBODY.to_owned()] {
            assert!(!passwords.verify("another".to_owned(), Some(text)).await.expect("compares"));
        }
        assert!(!passwords.verify("another".to_owned(), None).await.expect("compares"));
    }
}
