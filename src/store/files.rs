//! The bytes of uploads: in a local folder, or in any store that speaks S3. Names are identities, never what people called a file.

use object_store::{ObjectStore, ObjectStoreExt, PutPayload, aws::AmazonS3Builder, local::LocalFileSystem, path::Path};
use std::{path::PathBuf, sync::Arc};

use crate::{domain::id::UploadId, store::StoreError};

/// Where files are kept.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum FilePlace {
    /// A folder; made when it is missing.
    Folder(PathBuf),
    /// A bucket of a store that speaks S3.
    S3 {
        /// Bucket.
        bucket: String,
        /// Region; `auto` for stores without.
        region: String,
        /// Address, for stores that are not Amazon's.
        endpoint: Option<String>,
        /// Key id.
        key_id: String,
        /// Key.
        secret: String,
    },
}

/// The files.
#[derive(Clone)]
pub struct Files(Arc<dyn ObjectStore>);

impl Files {
    /// Opens the place. Fails when a folder can't be made or the settings of a bucket do not fit.
    pub fn open(place: &FilePlace) -> Result<Self, StoreError> {
        Ok(Self(match place {
            FilePlace::Folder(folder) => {
                std::fs::create_dir_all(folder).map_err(|error| fault(&error))?;
                Arc::new(LocalFileSystem::new_with_prefix(folder).map_err(|error| fault(&error))?)
            }
            FilePlace::S3 { bucket, region, endpoint, key_id, secret } => {
                let mut builder = AmazonS3Builder::new()
                    .with_bucket_name(bucket)
                    .with_region(region)
                    .with_access_key_id(key_id)
                    .with_secret_access_key(secret);
                if let Some(endpoint) = endpoint {
                    builder = builder.with_endpoint(endpoint).with_allow_http(endpoint.starts_with("http://"));
                }
                Arc::new(builder.build().map_err(|error| fault(&error))?)
            }
        }))
    }

    /// Keeps the bytes of an upload; the same bytes twice are one file.
    pub async fn put(&self, id: UploadId, bytes: Vec<u8>) -> Result<(), StoreError> {
        self.0.put(&path(id), PutPayload::from(bytes)).await.map(|_| ()).map_err(|error| fault(&error))
    }

    /// Makes bytes public under a name.
    pub async fn publish(&self, name: &str, bytes: Vec<u8>) -> Result<(), StoreError> {
        self.0.put(&public(name), PutPayload::from(bytes)).await.map(|_| ()).map_err(|error| fault(&error))
    }

    /// Public bytes by their name.
    pub async fn published(&self, name: &str) -> Result<Option<Vec<u8>>, StoreError> {
        self.read(&public(name)).await
    }

    /// The bytes of an upload; `None` when they are not there.
    pub async fn get(&self, id: UploadId) -> Result<Option<Vec<u8>>, StoreError> {
        self.read(&path(id)).await
    }

    async fn read(&self, path: &Path) -> Result<Option<Vec<u8>>, StoreError> {
        match self.0.get(path).await {
            Ok(found) => Ok(Some(found.bytes().await.map_err(|error| fault(&error))?.to_vec())),
            Err(object_store::Error::NotFound { .. }) => Ok(None),
            Err(error) => Err(fault(&error)),
        }
    }
}

/// Two levels of folders, so that none holds too many files.
fn path(id: UploadId) -> Path {
    let name = id.0.simple().to_string();
    Path::from_iter(["uploads", &name[30..], name.as_str()])
}

fn public(name: &str) -> Path {
    Path::from_iter(["public", name])
}

fn fault(error: &dyn std::fmt::Display) -> StoreError {
    StoreError::Unavailable(format!("files: {error}"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test]
    async fn a_folder_keeps_bytes() {
        let folder = tempfile::tempdir().expect("a folder");
        let files = Files::open(&FilePlace::Folder(folder.path().join("new"))).expect("opens");
        let id = uuid::Uuid::from_u128(7).into();
        assert_eq!(files.get(id).await.expect("reads"), None);
        files.put(id, b"x".to_vec()).await.expect("keeps");
        assert_eq!(files.get(id).await.expect("reads").as_deref(), Some(&b"x"[..]));
    }
}
