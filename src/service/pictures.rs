//! Pictures that become public: everything that tells where, when and with what they were taken is removed; only how they are turned
//! stays.

use bytes::Bytes;
use exif::{In, Tag};
use img_parts::{ImageEXIF, ImageICC, jpeg::Jpeg, png::Png, webp::WebP};
use std::io::Cursor;

use crate::domain::{reason::Reason, upload::FileType};

/// JPEG segments that carry more than the picture: APP1 (Exif, XMP), APP13 (IPTC), comments.
const JPEG_TELLTALE: [u8; 3] = [0xE1, 0xED, 0xFE];
/// PNG chunks that carry more than the picture.
const PNG_TELLTALE: [[u8; 4]; 5] = [*b"eXIf", *b"tEXt", *b"zTXt", *b"iTXt", *b"tIME"];
/// WebP chunks that carry more than the picture.
const WEBP_TELLTALE: [[u8; 4]; 2] = [*b"EXIF", *b"XMP "];

/// The picture without location, time, device, names and comments.
pub(super) fn clean(bytes: Vec<u8>, file_type: FileType) -> Result<Vec<u8>, Reason> {
    let broken = |_| Reason::FileTypeMismatch { found: "?".to_owned() };
    let turned = orientation(&bytes).map(minimal_exif);
    let bytes = Bytes::from(bytes);
    Ok(match file_type {
        FileType::Jpeg => {
            let mut picture = Jpeg::from_bytes(bytes).map_err(broken)?;
            picture.segments_mut().retain(|s| !JPEG_TELLTALE.contains(&s.marker()));
            picture.set_exif(turned);
            picture.encoder().bytes().to_vec()
        }
        FileType::Png => {
            let mut picture = Png::from_bytes(bytes).map_err(broken)?;
            picture.chunks_mut().retain(|c| !PNG_TELLTALE.contains(&c.kind()));
            picture.set_exif(turned);
            picture.encoder().bytes().to_vec()
        }
        FileType::Webp => {
            let mut picture = WebP::from_bytes(bytes).map_err(broken)?;
            let profile = picture.icc_profile();
            picture.chunks_mut().retain(|c| !WEBP_TELLTALE.contains(&c.id()));
            picture.set_icc_profile(profile);
            picture.set_exif(turned);
            picture.encoder().bytes().to_vec()
        }
        FileType::Pdf | FileType::Docx | FileType::Xlsx => return Err(Reason::FileTypeNotAllowed),
    })
}

/// How the picture is turned, unless it is upright.
fn orientation(bytes: &[u8]) -> Option<u16> {
    let found = exif::Reader::new().read_from_container(&mut Cursor::new(bytes)).ok()?;
    let value = found.get_field(Tag::Orientation, In::PRIMARY)?.value.get_uint(0)?;
    u16::try_from(value).ok().filter(|v| (2..=8).contains(v))
}

/// Exif (TIFF 6.0, little-endian) that holds the orientation and nothing else.
fn minimal_exif(orientation: u16) -> Bytes {
    let mut exif = b"II*\0\x08\0\0\0\x01\0\x12\x01\x03\0\x01\0\0\0".to_vec();
    exif.extend_from_slice(&orientation.to_le_bytes());
    exif.extend_from_slice(&[0; 6]);
    exif.into()
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Exif with orientation and a GPS directory, as phones write it.
    fn phone_exif(orientation: u8) -> Vec<u8> {
        let mut exif = b"II*\0\x08\0\0\0\x02\0".to_vec();
        exif.extend_from_slice(&[0x12, 0x01, 3, 0, 1, 0, 0, 0, orientation, 0, 0, 0]);
        exif.extend_from_slice(&[0x25, 0x88, 4, 0, 1, 0, 0, 0, 38, 0, 0, 0]);
        exif.extend_from_slice(&[0; 4]);
        // GPS directory: latitude reference N.
        exif.extend_from_slice(&[1, 0, 1, 0, 2, 0, 2, 0, 0, 0, b'N', 0, 0, 0, 0, 0, 0, 0]);
        exif
    }

    fn png() -> Vec<u8> {
        let mut bytes = Vec::new();
        let mut writer = png::Encoder::new(&mut bytes, 1, 1).write_header().expect("a header");
        writer.write_image_data(&[7]).expect("a pixel");
        writer.finish().expect("a picture");
        bytes
    }

    #[test]
    fn a_picture_keeps_how_it_is_turned_and_nothing_else() {
        let mut picture = Png::from_bytes(png().into()).expect("a picture");
        picture.set_exif(Some(phone_exif(6).into()));
        let before = picture.encoder().bytes().to_vec();
        let gps = |bytes: &[u8]| {
            let found = exif::Reader::new().read_from_container(&mut Cursor::new(bytes)).ok();
            found.is_some_and(|e| e.get_field(Tag::GPSLatitudeRef, In::PRIMARY).is_some())
        };
        assert!(gps(&before), "the sample has a location");
        let after = clean(before, FileType::Png).expect("cleans");
        assert!(!gps(&after));
        assert_eq!(orientation(&after), Some(6));
        let upright = clean(png(), FileType::Png).expect("cleans");
        assert_eq!(Png::from_bytes(upright.into()).expect("a picture").exif(), None);
    }

    #[test]
    fn a_photograph_loses_location_and_comments() {
        let segment = |marker: u8, body: &[u8]| {
            let length = u16::try_from(body.len() + 2).expect("short").to_be_bytes();
            [&[0xFF, marker], length.as_slice(), body].concat()
        };
        let exif = segment(0xE1, &[b"Exif\0\0".as_slice(), &phone_exif(8)].concat());
        let xmp = segment(0xE1, b"http://ns.adobe.com/xap/1.0/\0<x exif:GPSLatitude='23,4N'/>");
        let scan = [segment(0xDA, &[1, 1, 0, 0, 63, 0]).as_slice(), &[0x12, 0x34], &[0xFF, 0xD9]].concat();
        let photograph = [&[0xFF, 0xD8], exif.as_slice(), &xmp, &segment(0xFE, b"105.36E"), &scan].concat();
        let after = clean(photograph.clone(), FileType::Jpeg).expect("cleans");
        let text = String::from_utf8_lossy(&after).into_owned();
        assert!(!text.contains("GPSLatitude") && !text.contains("105.36E"), "{text}");
        let found = exif::Reader::new().read_from_container(&mut Cursor::new(&after)).expect("how it is turned");
        assert_eq!((found.fields().count(), orientation(&after)), (1, Some(8)));
        assert!(after.ends_with(&scan), "the picture itself is untouched");
    }

    #[test]
    fn what_is_no_picture_is_refused() {
        assert!(clean(b"<svg onload='x'/>".to_vec(), FileType::Png).is_err());
        assert!(clean(b"%PDF-1.7".to_vec(), FileType::Pdf).is_err());
    }
}
