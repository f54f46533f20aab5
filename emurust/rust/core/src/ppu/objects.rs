//! The objects of a line: which ten are found and what they cost (Pan Docs, "OAM" and "Rendering").

/// Objects found in a line at most.
pub const PER_LINE: usize = 10;
/// X from which on an object lies right of the picture and costs nothing.
pub const FIRST_HIDDEN_X: u8 = 168;
/// Dots that fetching an object takes.
pub const FETCH_DOTS: u64 = 6;

/// Bits of an object's fourth byte.
pub mod attribute {
    /// Background colours 1 to 3 cover the object.
    pub const BEHIND: u8 = 0x80;
    /// Upside down.
    pub const FLIP_Y: u8 = 0x40;
    /// Left to right.
    pub const FLIP_X: u8 = 0x20;
    /// Uses OBP1.
    pub const PALETTE: u8 = 0x10;
}

/// An entry of OAM.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Object {
    /// First line plus 16.
    pub y: u8,
    /// First column plus 8.
    pub x: u8,
    /// Number of the tile.
    pub tile: u8,
    /// Bits of [`attribute`].
    pub attributes: u8,
}

crate::state::codec!(Object { y, x, tile, attributes });

impl Object {
    /// The address in VRAM of the object's row of pixels in `line`.
    #[must_use]
    pub fn row_address(self, line: u8, tall: bool) -> usize {
        let height = if tall { 16 } else { 8 };
        let mut row = line.wrapping_add(16).wrapping_sub(self.y) & (height - 1);
        if self.attributes & attribute::FLIP_Y != 0 {
            row = height - 1 - row;
        }
        let tile = if tall { self.tile & 0xFE } else { self.tile };
        usize::from(tile) * 16 + usize::from(row) * 2
    }
}

/// The objects of a line in the order in which they are fetched: by X, then by their place in OAM.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Objects {
    found: [Object; PER_LINE],
    count: u8,
}

/// Which entries of OAM cover each line, as bits; known until OAM or the objects' height changes.
#[derive(Clone, Debug)]
pub struct Cover {
    lines: Box<[u64; super::HEIGHT]>,
    is_known: bool,
    is_tall: bool,
}

impl Default for Cover {
    fn default() -> Self {
        Self { lines: Box::new([0; super::HEIGHT]), is_known: false, is_tall: false }
    }
}

impl Cover {
    /// OAM changed.
    pub fn forget(&mut self) {
        self.is_known = false;
    }

    /// The entries that cover `line`, entry 0 in bit 0.
    pub fn of(&mut self, oam: &[u8; 160], line: u8, tall: bool) -> u64 {
        if !self.is_known || self.is_tall != tall {
            self.learn(oam, tall);
        }
        self.lines.get(usize::from(line)).copied().unwrap_or(0)
    }

    fn learn(&mut self, oam: &[u8; 160], tall: bool) {
        (self.is_known, self.is_tall) = (true, tall);
        self.lines.fill(0);
        let height = if tall { 16 } else { 8 };
        for (index, entry) in oam.chunks_exact(4).enumerate() {
            let y = usize::from(entry[0]);
            let covered = y.max(16) - 16..(y + height).max(16) - 16;
            for line in self.lines.iter_mut().take(covered.end).skip(covered.start) {
                *line |= 1 << index;
            }
        }
    }
}

impl Objects {
    /// The first ten objects of those that `covering` names; `is_hidden` says which entries cannot be seen.
    #[must_use]
    pub fn among(oam: &[u8; 160], mut covering: u64, is_hidden: impl Fn(usize) -> bool) -> Self {
        let mut objects = Self::default();
        while covering != 0 && usize::from(objects.count) < PER_LINE {
            let index = covering.trailing_zeros() as usize;
            covering &= covering - 1;
            if !is_hidden(index) {
                let entry = &oam[4 * index..4 * index + 4];
                objects.insert(Object { y: entry[0], x: entry[1], tile: entry[2], attributes: entry[3] });
            }
        }
        objects
    }

    /// Searches OAM for the first ten objects that cover `line`; `is_hidden` says which entries cannot be seen.
    #[cfg(test)]
    #[must_use]
    pub fn find(oam: &[u8; 160], line: u8, tall: bool, is_hidden: impl Fn(usize) -> bool) -> Self {
        let mut objects = Self::default();
        let height = if tall { 16 } else { 8 };
        for (index, entry) in oam.chunks_exact(4).enumerate() {
            if line.wrapping_add(16).wrapping_sub(entry[0]) < height && !is_hidden(index) {
                let object = Object { y: entry[0], x: entry[1], tile: entry[2], attributes: entry[3] };
                objects.insert(object);
                if usize::from(objects.count) == PER_LINE {
                    break;
                }
            }
        }
        objects
    }

    /// Inserts behind all objects with the same or a smaller X.
    fn insert(&mut self, object: Object) {
        let mut place = usize::from(self.count);
        while place > 0 && self.found[place - 1].x > object.x {
            self.found[place] = self.found[place - 1];
            place -= 1;
        }
        self.found[place] = object;
        self.count += 1;
    }

    /// The objects.
    #[must_use]
    pub fn as_slice(&self) -> &[Object] {
        &self.found[..usize::from(self.count)]
    }

    /// Dots by which the objects lengthen mode 3 of a line with SCX `scx` and, if a window begins in it, WX `window`.
    ///
    /// Each costs six dots; the first over a background or window tile also waits for that tile's fetch.
    #[must_use]
    pub fn penalty(&self, scx: u8, window: Option<u8>) -> u64 {
        let mut dots = 0;
        let mut last_tile = None;
        for object in self.as_slice().iter().filter(|object| object.x < FIRST_HIDDEN_X) {
            // An object at X = 0 is fetched before the scroll's pixels are dropped.
            let (place, in_window) = match window {
                Some(wx) if object.x > wx => (u64::from(object.x - wx - 1), true),
                _ if object.x == 0 => (0, false),
                _ => (u64::from(object.x) + u64::from(scx & 7), false),
            };
            let tile = (place / 8, in_window);
            if last_tile != Some(tile) {
                dots += 5u64.saturating_sub(place % 8);
                last_tile = Some(tile);
            }
            dots += FETCH_DOTS;
        }
        dots
    }
}

impl crate::state::Codec for Objects {
    fn save(&self, out: &mut Vec<u8>) {
        self.count.save(out);
        for object in &self.found {
            object.save(out);
        }
    }

    fn load(&mut self, reader: &mut crate::state::Reader<'_>) -> Result<(), crate::state::StateError> {
        self.count.load(reader)?;
        for object in &mut self.found {
            object.load(reader)?;
        }
        if usize::from(self.count) > PER_LINE || !self.as_slice().is_sorted_by_key(|object| object.x) {
            return Err(crate::state::StateError::Impossible("the list of a line's objects"));
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::Objects;

    /// M-cycles by which mode 0 is seen later, as `intr_2_mode0_timing_sprites` of Mooneye counts them.
    fn extra_m_cycles(xs: &[u8]) -> u64 {
        let mut oam = [0; 160];
        for (entry, x) in oam.chunks_exact_mut(4).zip(xs) {
            entry[..2].copy_from_slice(&[0x52, *x]);
        }
        let dots = Objects::find(&oam, 0x42, false, |_| false).penalty(0, None);
        (253 + dots).div_ceil(4) - 253u64.div_ceil(4)
    }

    #[test]
    fn objects_delay_mode_0_as_measured() {
        for (count, extra) in [(1, 2), (2, 4), (3, 5), (4, 7), (5, 8), (6, 10), (7, 11), (8, 13), (9, 14), (10, 16)] {
            assert_eq!(extra_m_cycles(&vec![0; count]), extra, "{count} objects at X = 0");
        }
        for (x, extra) in
            [(1, 16), (2, 15), (7, 15), (8, 16), (9, 16), (10, 15), (160, 16), (167, 15), (168, 0), (169, 0)]
        {
            assert_eq!(extra_m_cycles(&[x; 10]), extra, "10 objects at X = {x}");
        }
        for (x, extra) in [(0, 17), (1, 17), (2, 16), (3, 16), (4, 15), (7, 15)] {
            let xs: Vec<u8> = (0..10).map(|index| if index < 5 { x } else { x + 160 }).collect();
            assert_eq!(extra_m_cycles(&xs), extra, "5 objects each at X = {x} and {}", x + 160);
        }
        for (x, extra) in [(0, 27), (1, 25), (2, 22), (3, 20), (4, 17), (5, 15), (6, 15), (7, 15)] {
            let mut xs: Vec<u8> = (0..10).map(|index| x + 8 * index).collect();
            assert_eq!(extra_m_cycles(&xs), extra, "10 objects from X = {x} on, 8 apart");
            xs.reverse();
            assert_eq!(extra_m_cycles(&xs), extra, "the same in reverse");
        }
    }

    #[test]
    fn covered_lines_are_those_of_a_search() {
        let mut random = crate::testing::Random::new(3);
        let (mut oam, mut cover) = ([0; 160], super::Cover::default());
        for round in 0..200 {
            random.fill(&mut oam);
            cover.forget();
            for line in 0..144 {
                let tall = round % 2 == 0;
                let hides = |index: usize| index % 7 == 0;
                let quick = Objects::among(&oam, cover.of(&oam, line, tall), hides);
                assert_eq!(quick, Objects::find(&oam, line, tall, hides), "line {line}, tall {tall}");
            }
        }
    }

    #[test]
    fn the_first_ten_of_oam_are_found_and_sorted_by_x() {
        let mut oam = [0; 160];
        for (index, entry) in oam.chunks_exact_mut(4).enumerate() {
            entry.copy_from_slice(&[16, 100 - index as u8 / 2, index as u8, 0]);
        }
        let tiles: Vec<u8> = Objects::find(&oam, 7, false, |_| false).as_slice().iter().map(|o| o.tile).collect();
        assert_eq!(tiles, [8, 9, 6, 7, 4, 5, 2, 3, 0, 1]);
        assert!(Objects::find(&oam, 8, false, |_| false).as_slice().is_empty());
        assert_eq!(Objects::find(&oam, 8, true, |_| false).as_slice().len(), 10);
    }
}
