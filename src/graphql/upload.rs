//! Staged uploads: announced here, sent to an address, attached elsewhere.

use async_graphql::{Context, Description, Enum, ID, InputObject, Object, SimpleObject};
use chrono::{DateTime, Utc};
use uuid::Uuid;

use crate::{
    graphql::{
        context::{asked, call},
        error::{Fault, UserError, outcome},
        id::{Kind, encode},
    },
    service::uploads::{self, FileData},
    store::uploads::Upload,
};

/// Mutations on uploads.
#[derive(Default)]
pub struct UploadMutation;

/// Where an upload is. Values may be added.
#[derive(Enum, Clone, Copy, PartialEq, Eq, Debug)]
#[graphql(remote = "crate::domain::upload::UploadState")]
pub enum UploadState {
    /// Announced; its bytes are expected.
    Expected,
    /// There, and as announced.
    Stored,
}

/// A file on its way in, or there.
#[derive(Description)]
pub struct UploadObject(Upload);

#[Object(name = "StagedUpload", use_type_description)]
impl UploadObject {
    /// Opaque global id, to attach the file with.
    async fn id(&self) -> ID {
        encode(Kind::Upload, self.0.id)
    }

    /// Where it is.
    async fn state(&self) -> UploadState {
        self.0.state.into()
    }

    /// Address to PUT the bytes to, once, without a token; null when they are there or its time is over.
    async fn url(&self, context: &Context<'_>) -> Result<Option<String>, Fault> {
        Ok(uploads::address(&asked(context)?.service, &self.0))
    }

    /// Until when the bytes are expected.
    async fn expires_at(&self) -> DateTime<Utc> {
        self.0.expires_at
    }
}

/// What became of an upload.
#[derive(SimpleObject)]
pub struct StagedUploadPayload {
    /// The upload; null when it was refused.
    upload: Option<UploadObject>,
    /// Why nothing was done; empty on success.
    user_errors: Vec<UserError>,
}

/// A file to announce.
#[derive(InputObject)]
pub struct StagedUploadInput {
    /// Name for people, at most 300 characters; folders in it are dropped.
    file_name: String,
    /// Media type: PDF, JPEG, PNG, WebP, DOCX or XLSX. The content must be of it.
    content_type: String,
    /// Bytes, 1 to 20,971,520.
    size: i32,
    /// SHA-256 of the bytes, hexadecimal.
    sha256: String,
}

#[Object]
impl UploadMutation {
    /// Announces a file; its bytes are then PUT to `url` within an hour and checked for size, hash and type. For signed-in persons.
    async fn staged_upload_create(
        &self,
        context: &Context<'_>,
        #[graphql(desc = "The file.")] input: StagedUploadInput,
        #[graphql(desc = "Given twice within 24 hours, the first answer counts.")] idempotency_key: Option<Uuid>,
    ) -> Result<StagedUploadPayload, Fault> {
        let asked = asked(context)?;
        let call = call(context, asked, idempotency_key)?;
        let given = FileData { name: input.file_name, content_type: input.content_type, size: i64::from(input.size), sha256: input.sha256 };
        let (id, user_errors) = outcome(uploads::create(&asked.service, &call, given).await, asked.locale)?;
        let upload = match id {
            Some(id) => uploads::find(&asked.service, &asked.actor, id).await?,
            None => None,
        };
        Ok(StagedUploadPayload { upload: upload.map(UploadObject), user_errors })
    }
}
