//! Keeping the shop in a file.

use std::{
    io,
    path::{Path, PathBuf},
    sync::Arc,
    time::Duration,
};

use tokio::{fs, io::AsyncWriteExt};
use tokio_util::sync::CancellationToken;

use crate::sandbox::state::{Server, Shop};

/// Shortest time between two writes.
const PAUSE: Duration = Duration::from_millis(200);

/// Reads the shop; a file that is not there is an empty shop.
pub(crate) async fn load(path: &Path) -> io::Result<Shop> {
    match fs::read(path).await {
        Ok(bytes) => serde_json::from_slice(&bytes)
            .map_err(|error| io::Error::new(io::ErrorKind::InvalidData, format!("{}: {error}", path.display()))),
        Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(Shop::default()),
        Err(error) => Err(error),
    }
}

/// Writes the shop after changes, and once more when told to stop.
pub(crate) async fn keep(server: Arc<Server>, path: PathBuf, stop: CancellationToken) {
    while !stop.is_cancelled() {
        tokio::select! {
            () = server.changed.notified() => save(&server, &path).await,
            () = stop.cancelled() => break,
        }
        tokio::select! {
            () = tokio::time::sleep(PAUSE) => {}
            () = stop.cancelled() => {}
        }
    }
    save(&server, &path).await;
}

async fn save(server: &Server, path: &Path) {
    let written = match server.read(serde_json::to_vec) {
        Ok(bytes) => replace(path, &bytes).await,
        Err(error) => Err(error.into()),
    };
    if let Err(error) = written {
        tracing::warn!(%error, path = %path.display(), "the sandbox marketplace could not save its items");
    }
}

/// A reader sees the old file or the new one, never a part.
async fn replace(path: &Path, bytes: &[u8]) -> io::Result<()> {
    if let Some(folder) = path.parent() {
        fs::create_dir_all(folder).await?;
    }
    let mut draft = path.as_os_str().to_owned();
    draft.push(".new");
    let mut file = fs::File::create(&draft).await?;
    file.write_all(bytes).await?;
    file.sync_all().await?;
    fs::rename(&draft, path).await
}
