//! A whole line at once, for lines in which no register was written: eight pixels a step, one in each byte of a word.

use super::mode3::LineStart;
use super::objects::attribute;
use super::registers::lcdc;
use super::WIDTH;

/// Tiles that a line touches at most.
const TILES: usize = WIDTH / 8 + 1;
/// The palette that shows colours as shades of the same number.
const PLAIN_PALETTE: u8 = 0xE4;
/// A one in every byte.
const ONES: u64 = 0x0101_0101_0101_0101;

/// Spreads a byte's bits over a word's bytes, bit 7 into the lowest.
const SPREAD: [u64; 256] = {
    let mut table = [0; 256];
    let mut byte = 0;
    while byte < 256 {
        let mut bit = 0;
        while bit < 8 {
            table[byte] |= ((byte as u64 >> (7 - bit)) & 1) << (8 * bit);
            bit += 1;
        }
        byte += 1;
    }
    table
};

/// Eight pixels as two planes with a bit in each byte.
#[derive(Clone, Copy, Default)]
struct Planes {
    low: u64,
    high: u64,
}

impl Planes {
    fn of(vram: &[u8; 0x2000], address: usize) -> Self {
        let byte = |address: usize| SPREAD[usize::from(vram[address & 0x1FFF])];
        Self { low: byte(address), high: byte(address | 1) }
    }

    fn colours(self) -> u64 {
        self.low | self.high << 1
    }

    /// The shades of the pixels under `palette`, as polynomials over the planes.
    fn shades(self, palette: u8) -> u64 {
        let both = self.low & self.high;
        let plane = |bit: u8| {
            let of = |colour: u8| u64::from(palette >> (2 * colour + bit) & 1) * ONES;
            let (c0, c1, c2, c3) = (of(0), of(1), of(2), of(3));
            c0 ^ (c0 ^ c1) & self.low ^ (c0 ^ c2) & self.high ^ (c0 ^ c1 ^ c2 ^ c3) & both
        };
        plane(0) | plane(1) << 1
    }
}

/// Draws a line; the FIFO would draw the same.
pub fn draw(start: &LineStart, vram: &[u8; 0x2000], pixels: &mut [u8; WIDTH]) {
    draw_background::<true>(start, vram, pixels);
    let objects = start.objects.as_slice();
    if start.registers.lcdc_has(lcdc::OBJECTS) && !objects.is_empty() {
        let mut colours = [0; WIDTH];
        if objects.iter().any(|object| object.attributes & attribute::BEHIND != 0) {
            draw_background::<false>(start, vram, &mut colours);
        }
        draw_objects(start, vram, &colours, pixels);
    }
}

/// Draws background and window, as shades or as colours before the palette.
fn draw_background<const SHADES: bool>(start: &LineStart, vram: &[u8; 0x2000], pixels: &mut [u8; WIDTH]) {
    let registers = &start.registers;
    if !registers.lcdc_has(lcdc::BACKGROUND) {
        pixels.fill(if SHADES { registers.bgp & 3 } else { 0 });
        return;
    }
    let row = start.line.wrapping_add(registers.scy);
    let map = if registers.lcdc_has(lcdc::MAP) { 0x1C00 } else { 0x1800 };
    let fine = usize::from(registers.scx & 7);
    let tiles = strip::<SHADES>(start, vram, map, row, usize::from(registers.scx / 8), TILES);
    pixels.copy_from_slice(&tiles[fine..fine + WIDTH]);
    if start.has_window() && registers.wx < 166 {
        let map = if registers.lcdc_has(lcdc::WINDOW_MAP) { 0x1C00 } else { 0x1800 };
        let from = usize::from(registers.wx).saturating_sub(7);
        let cut = 7usize.saturating_sub(usize::from(registers.wx));
        let shown = WIDTH - from;
        let count = (shown + cut).div_ceil(8);
        let tiles = strip::<SHADES>(start, vram, map, start.window_line.wrapping_add(1), 0, count);
        pixels[from..].copy_from_slice(&tiles[cut..cut + shown]);
    }
}

/// The pixels of `tiles` tiles side by side, from column `first` of the row `row` of a map.
fn strip<const SHADES: bool>(
    start: &LineStart,
    vram: &[u8; 0x2000],
    map: usize,
    row: u8,
    first: usize,
    tiles: usize,
) -> [u8; 8 * TILES] {
    let mut strip = [0; 8 * TILES];
    let registers = &start.registers;
    let map_row = map + usize::from(row / 8) * 32;
    let in_tile = usize::from(row & 7) * 2;
    // Numbers below 80 lie at 8000 or, signed, at 9000.
    let low_base = if registers.lcdc_has(lcdc::TILES) { in_tile } else { 0x1000 + in_tile };
    for (place, pixels) in strip.chunks_exact_mut(8).take(tiles).enumerate() {
        let tile = vram[map_row + (first + place) % 32];
        let base = if tile >= 0x80 { in_tile } else { low_base };
        let planes = Planes::of(vram, base + usize::from(tile) * 16);
        let eight =
            if SHADES && registers.bgp != PLAIN_PALETTE { planes.shades(registers.bgp) } else { planes.colours() };
        pixels.copy_from_slice(&eight.to_le_bytes());
    }
    strip
}

/// Lays the objects over `pixels`; of several at one place the first in the list wins, even if it is behind. The colours of
/// the background matter only to objects behind it.
fn draw_objects(start: &LineStart, vram: &[u8; 0x2000], background: &[u8; WIDTH], pixels: &mut [u8; WIDTH]) {
    let registers = &start.registers;
    let mut is_taken = [false; WIDTH];
    for object in start.objects.as_slice() {
        let address = object.row_address(start.line, registers.lcdc_has(lcdc::TALL));
        let (mut low, mut high) = (vram[address], vram[address + 1]);
        if object.attributes & attribute::FLIP_X != 0 {
            (low, high) = (low.reverse_bits(), high.reverse_bits());
        }
        let palette = if object.attributes & attribute::PALETTE == 0 { registers.obp0 } else { registers.obp1 };
        for bit in 0..8 {
            let column = (usize::from(object.x) + bit).wrapping_sub(8);
            let colour = low << bit >> 7 | high << bit >> 7 << 1;
            if column >= WIDTH || colour == 0 || is_taken[column] {
                continue;
            }
            is_taken[column] = true;
            if object.attributes & attribute::BEHIND == 0 || background[column] == 0 {
                pixels[column] = palette >> (2 * colour) & 3;
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::super::mode3::{replay, LineStart};
    use super::super::objects::Objects;
    use super::super::registers::Registers;
    use super::{draw, WIDTH};
    use crate::testing::Random;

    #[test]
    fn the_line_is_the_one_that_the_fifo_draws() {
        let mut random = Random::new(1);
        let mut vram = Box::new([0; 0x2000]);
        for round in 0..20_000 {
            if round % 100 == 0 {
                random.fill(&mut vram[..]);
            }
            let mut oam = [0; 160];
            random.fill(&mut oam);
            for entry in oam.chunks_exact_mut(4) {
                entry[0] = 16 + (random.byte() & 31);
            }
            let mut byte = || random.byte();
            let registers = Registers {
                lcdc: byte(),
                scx: byte(),
                scy: byte(),
                bgp: byte(),
                obp0: byte(),
                obp1: byte(),
                wx: 7 + byte() % 160,
                ..Registers::default()
            };
            let line = byte() & 31;
            let objects = Objects::find(&oam, line, registers.lcdc & 4 != 0, |_| false);
            let start =
                LineStart { line, dot: 81, registers, objects, window_is_armed: byte() & 1 == 1, window_line: byte() };
            let (mut fast, mut exact) = ([0; WIDTH], [0; WIDTH]);
            draw(&start, &vram, &mut fast);
            replay(&start, &[], &vram, Some(&mut exact));
            assert_eq!(fast, exact, "{start:?}");
        }
    }
}
