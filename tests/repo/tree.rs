//! The files of the repository, as tests see them.

use std::{
    fs,
    path::{Path, PathBuf},
};

/// A file: its path from the root, with `/`, and its text.
pub(crate) struct SourceFile {
    pub(crate) path: String,
    pub(crate) text: String,
}

/// The folder of the repository.
pub(crate) fn root() -> &'static Path {
    Path::new(env!("CARGO_MANIFEST_DIR"))
}

/// The text of a file.
pub(crate) fn text(path: &str) -> String {
    fs::read_to_string(root().join(path)).unwrap_or_else(|error| panic!("{path}: {error}"))
}

/// All files below a folder that end in `.EXTENSION`, in order of their paths.
pub(crate) fn files(folder: &str, extension: &str) -> Vec<SourceFile> {
    let mut paths = Vec::new();
    collect(&root().join(folder), extension, &mut paths);
    let mut files: Vec<_> = paths.iter().map(|path| relative(path)).map(|path| SourceFile { text: text(&path), path }).collect();
    files.sort_by(|a, b| a.path.cmp(&b.path));
    files
}

fn collect(folder: &Path, extension: &str, found: &mut Vec<PathBuf>) {
    let entries = fs::read_dir(folder).unwrap_or_else(|error| panic!("{}: {error}", folder.display()));
    for entry in entries {
        let path = entry.expect("a folder that was opened can be listed").path();
        let name = path.file_name().unwrap_or_default().to_string_lossy();
        if path.is_dir() {
            if !built(&name) {
                collect(&path, extension, found);
            }
        } else if path.extension().is_some_and(|e| e == extension) {
            found.push(path);
        }
    }
}

/// Folders that hold what programs write.
fn built(name: &str) -> bool {
    matches!(name, "target" | ".git") || name.starts_with("ocop-demo")
}

fn relative(path: &Path) -> String {
    let inside = path.strip_prefix(root()).expect("files are below the root");
    inside.components().map(|c| c.as_os_str().to_string_lossy()).collect::<Vec<_>>().join("/")
}
