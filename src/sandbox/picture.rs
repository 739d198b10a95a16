//! Product pictures for the demo: a pattern in four colours that depends on the name alone.

use std::array;

use png::{BitDepth, ColorType, Encoder, EncodingError};
use sha2::{Digest, Sha256};

/// Width and height in pixels.
pub(crate) const SIDE: u32 = 600;

/// Where a pixel lies, counted from the middle.
#[derive(Clone, Copy)]
struct Spot {
    x: u32,
    y: u32,
}

/// The PNG of that name.
pub(crate) fn draw(name: &str) -> Result<Vec<u8>, EncodingError> {
    let digest: [u8; 32] = Sha256::digest(name.as_bytes()).into();
    let [pattern, size, colours @ ..] = digest;
    let tile = 20 + u32::from(size % 40);
    let mut bytes = Vec::new();
    let mut encoder = Encoder::new(&mut bytes, SIDE, SIDE);
    encoder.set_color(ColorType::Indexed);
    encoder.set_depth(BitDepth::Two);
    encoder.set_palette(colours.iter().take(12).map(|part| 64 + part / 2).collect::<Vec<u8>>());
    let mut writer = encoder.write_header()?;
    writer.write_image_data(&pixels(pattern, tile))?;
    writer.finish()?;
    Ok(bytes)
}

/// Four pixels a byte, the first in the highest bits.
fn pixels(pattern: u8, tile: u32) -> Vec<u8> {
    let middle = SIDE / 2;
    let rows = (0..SIDE).flat_map(|row| (0..SIDE / 4).map(move |column| (row, column * 4)));
    rows.map(|(row, column)| {
        let four: [u8; 4] = array::from_fn(|step| {
            let x = column.saturating_add(u32::try_from(step).unwrap_or(0));
            colour(pattern, tile, Spot { x: x.abs_diff(middle), y: row.abs_diff(middle) })
        });
        four.into_iter().fold(0, |packed, pixel| (packed << 2) | pixel)
    })
    .collect()
}

/// One of the four colours.
fn colour(pattern: u8, tile: u32, Spot { x, y }: Spot) -> u8 {
    let band = match pattern % 4 {
        0 => x / tile + y / tile,
        1 => (x + y) / tile,
        2 => (x * x + y * y) / (tile * 60),
        _ => x.max(y) / tile,
    };
    u8::try_from(band % 4).unwrap_or(0)
}
