//! Documents that clients name instead of sending them: trusted ones from a folder, and automatic persisted queries (APQ) in a bounded
//! store of this process.
//!
//! A document's name is `sha256:` and the hexadecimal SHA-256 of its text (GraphQL over HTTP, appendix on persisted documents). APQ follows
//! Apollo: a hash alone asks for the document, hash and text together leave it here.

use data_encoding::HEXLOWER;
use lru::LruCache;
use sha2::{Digest, Sha256};
use std::{
    collections::HashMap,
    fs, io,
    num::NonZeroUsize,
    path::Path,
    sync::{Arc, Mutex, PoisonError},
};

use crate::http::graphql::{answer::Fault, ask::Ask};

/// Documents kept for APQ; with bodies of at most 64 KiB they hold at most 32 MiB.
const KEPT: NonZeroUsize = NonZeroUsize::new(512).expect("not zero");
const PREFIX: &str = "sha256:";

/// Which documents are known, and whether others run.
pub struct Documents {
    trusted: HashMap<String, Arc<str>>,
    is_strict: bool,
    kept: Mutex<LruCache<String, Arc<str>>>,
}

impl Default for Documents {
    fn default() -> Self {
        Self { trusted: HashMap::new(), is_strict: false, kept: Mutex::new(LruCache::new(KEPT)) }
    }
}

impl Documents {
    /// Reads the `.graphql` files of a folder; `is_strict` lets no other document run.
    ///
    /// # Errors
    /// Fails when the folder or one of its files can't be read.
    pub fn read(folder: Option<&Path>, is_strict: bool) -> io::Result<Self> {
        let mut documents = Self { is_strict, ..Self::default() };
        let Some(folder) = folder else { return Ok(documents) };
        for entry in fs::read_dir(folder)? {
            let path = entry?.path();
            if path.extension().is_some_and(|extension| extension == "graphql") {
                let text = fs::read_to_string(&path)?;
                documents.trusted.insert(hash(&text), text.into());
            }
        }
        Ok(documents)
    }

    /// How many trusted documents there are.
    pub fn trusted(&self) -> usize {
        self.trusted.len()
    }

    /// Puts the document that is named in its place, and refuses what may not run.
    pub(super) fn resolve(&self, mut ask: Ask) -> Result<Ask, Fault> {
        let name = match &ask.document {
            None if !self.is_strict => return Ok(ask),
            None => hash(&ask.query),
            Some(name) => name.strip_prefix(PREFIX).unwrap_or(name).to_ascii_lowercase(),
        };
        if let Some(document) = self.trusted.get(&name) {
            ask.query = document.to_string();
        } else if self.is_strict {
            return Err(Fault::not_trusted());
        } else if ask.query.is_empty() {
            let mut kept = self.kept.lock().unwrap_or_else(PoisonError::into_inner);
            ask.query = kept.get(&name).ok_or_else(Fault::unknown_document)?.to_string();
        } else if hash(&ask.query) != name {
            return Err(Fault::malformed("The hash is not that of the query: it must be the hexadecimal SHA-256 of its text."));
        }
        Ok(ask)
    }

    /// Keeps a document that was sent together with its hash and passed every check.
    pub(super) fn keep(&self, ask: &Ask) {
        if ask.document.is_some() && !self.is_strict {
            let mut kept = self.kept.lock().unwrap_or_else(PoisonError::into_inner);
            kept.get_or_insert(hash(&ask.query), || ask.query.as_str().into());
        }
    }
}

fn hash(document: &str) -> String {
    HEXLOWER.encode(&Sha256::digest(document.as_bytes()))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn named(query: &str, document: &str) -> Ask {
        Ask { query: query.to_owned(), document: Some(document.to_owned()), ..Ask::default() }
    }

    #[test]
    fn what_was_left_is_found_and_old_documents_make_room() {
        let documents = Documents::default();
        let first = hash("{ first }");
        assert!(documents.resolve(named("", &first)).is_err(), "not yet");
        assert!(documents.resolve(named("{ other }", &first)).is_err(), "another document's hash");
        documents.keep(&named("{ first }", &first));
        for name in [first.clone(), format!("sha256:{first}"), first.to_uppercase()] {
            assert_eq!(documents.resolve(named("", &name)).map(|ask| ask.query).ok().as_deref(), Some("{ first }"), "{name}");
        }
        for number in 0..KEPT.get() {
            documents.keep(&named(&format!("{{ f{number} }}"), "x"));
        }
        assert!(documents.resolve(named("", &first)).is_err(), "the oldest made room");
    }

    #[test]
    fn strict_documents_alone_run() {
        let folder = tempfile::tempdir().unwrap();
        fs::write(folder.path().join("a.graphql"), "{ a }").unwrap();
        fs::write(folder.path().join("b.txt"), "{ b }").unwrap();
        let documents = Documents::read(Some(folder.path()), true).unwrap();
        assert_eq!(documents.trusted(), 1);
        assert!(documents.resolve(named("", &hash("{ a }"))).is_ok());
        assert!(documents.resolve(Ask { query: "{ a }".to_owned(), ..Ask::default() }).is_ok(), "the text itself is as good");
        for (query, document) in [("{ b }", None), ("{ b }", Some(hash("{ b }"))), ("", Some(hash("{ b }")))] {
            assert!(documents.resolve(Ask { query: query.to_owned(), document, ..Ask::default() }).is_err(), "{query}");
        }
        assert!(Documents::read(Some(Path::new("/nothing/here")), false).is_err());
    }
}
