//! Files that people hand in: which types, how large, and how a type is told by content and never by name.

use crate::domain::code::coded;

/// Most bytes of a file: 20 MB.
pub const MAX_BYTES: u64 = 20 * 1024 * 1024;
/// Most bytes that a compressed document may hold when it is unpacked.
pub const MAX_UNPACKED: u64 = 200 * 1024 * 1024;
/// Most times a compressed document may grow when it is unpacked.
pub const MAX_RATIO: u64 = 200;

coded! {
    /// Types that are taken, spelled as media types.
    FileType {
        /// PDF.
        Pdf = "application/pdf",
        /// JPEG picture.
        Jpeg = "image/jpeg",
        /// PNG picture.
        Png = "image/png",
        /// WebP picture.
        Webp = "image/webp",
        /// Word document.
        Docx = "application/vnd.openxmlformats-officedocument.wordprocessingml.document",
        /// Excel workbook.
        Xlsx = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet",
    }
}

coded! {
    /// Where an upload is.
    UploadState {
        /// Announced; its bytes are expected.
        Expected = "EXPECTED",
        /// There, and as announced.
        Stored = "STORED",
    }
}

impl FileType {
    /// Whether it is a picture.
    pub const fn is_picture(self) -> bool {
        matches!(self, Self::Jpeg | Self::Png | Self::Webp)
    }

    /// Whether it is a compressed document.
    pub const fn is_archive(self) -> bool {
        matches!(self, Self::Docx | Self::Xlsx)
    }
}

/// A file name that may be shown and put into a header: no folders, no control characters, at most 100 characters.
pub fn shown_name(name: &str) -> String {
    let last = name.rsplit(['/', '\\']).next().unwrap_or_default();
    let clean: String =
        last.chars().filter(|c| !c.is_control() && !matches!(c, '"' | '<' | '>' | ':' | '|' | '?' | '*')).take(100).collect();
    let clean = clean.trim().trim_matches('.').trim();
    if clean.is_empty() { "file".to_owned() } else { clean.to_owned() }
}

/// Whether the sizes of an archive's entries are bearable.
pub fn expands_too_far(packed: u64, unpacked: u64) -> bool {
    unpacked > MAX_UNPACKED || unpacked / packed.max(1) > MAX_RATIO
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_lead_nowhere() {
        for (given, shown) in [
            ("Phiếu đăng ký.pdf", "Phiếu đăng ký.pdf"),
            ("../../etc/passwd", "passwd"),
            ("C:\\x\\y.docx", "y.docx"),
            ("a\r\nSet-Cookie: x", "aSet-Cookie x"),
            ("..", "file"),
            ("", "file"),
            ("\"quoted\".png", "quoted.png"),
        ] {
            assert_eq!(shown_name(given), shown, "{given:?}");
        }
        assert_eq!(shown_name(&"x".repeat(500)).len(), 100);
    }

    #[test]
    fn bombs_are_told_by_size_and_ratio() {
        assert!(!expands_too_far(1_000_000, 100_000_000));
        assert!(expands_too_far(1_000, 300_000));
        assert!(expands_too_far(20_000_000, 201 * 1024 * 1024));
        assert!(!expands_too_far(0, 0));
    }
}
