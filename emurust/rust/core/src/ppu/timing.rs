//! What holds at a dot of a line: LY, mode, coincidence, the STAT line and the locks of VRAM and OAM.

use super::registers::stat;
use super::{Ppu, DOTS_PER_LINE, LINES, VBLANK_LINE};

/// Dot at which the mode changes from 2 to 3.
const MODE3_START: u64 = 81;
/// Dots of mode 3 in a line without scroll, window and objects.
const SHORTEST_MODE3: u64 = 172;
/// How much later the first line after switching the LCD on does the same.
const FIRST_LINE_DELAY: u64 = 2;
/// From this dot on VRAM cannot be read, though it is still mode 2.
const VRAM_READ_LOCK: u64 = 77;
/// Between these dots, the last of mode 2, OAM can be written.
const OAM_WRITE_GAP: std::ops::Range<u64> = 77..MODE3_START;

impl Ppu {
    /// The dot of the current line at `now`.
    pub(super) fn dot(&self, now: u64) -> u64 {
        now.wrapping_sub(self.line_start)
    }

    pub(super) fn mode3_start(&self) -> u64 {
        MODE3_START + if self.is_first_line { FIRST_LINE_DELAY } else { 0 }
    }

    /// The first dot at which mode 3 can end.
    pub(super) fn earliest_end(&self) -> u64 {
        self.mode3_start() + SHORTEST_MODE3
    }

    /// LY at `dot`: line 153 reads as 0 from its third dot on.
    pub(super) fn ly(&self, dot: u64) -> u8 {
        if self.line == LINES - 1 && dot >= 3 {
            0
        } else {
            self.line
        }
    }

    /// Whether LY equals LYC at `dot`. Between two lines nothing is compared.
    pub(super) fn coincides(&self, dot: u64) -> bool {
        let compared = match (self.line, dot) {
            (0, _) => Some(0),
            (_, 0) | (153, 1..=2 | 5..=8) => None,
            (153, 3..=4) => Some(153),
            (153, _) => Some(0),
            (line, _) => Some(line),
        };
        compared == Some(self.registers.lyc)
    }

    /// The mode at `dot`, as STAT shows it.
    pub(super) fn mode(&mut self, dot: u64) -> u8 {
        if self.line >= VBLANK_LINE {
            return u8::from(self.line > VBLANK_LINE || dot >= 1);
        }
        if dot < self.mode3_start() {
            return if self.is_first_line || dot == 0 { 0 } else { 2 };
        }
        if dot < self.earliest_end() || dot < self.mode3_end() {
            3
        } else {
            0
        }
    }

    /// The level of the STAT line at `dot` with the sources `enabled`.
    pub(super) fn level(&mut self, dot: u64, enabled: u8) -> bool {
        if enabled & stat::LYC != 0 && self.coincides(dot) {
            return true;
        }
        if enabled & stat::MODE1 != 0 {
            let ends = self.line == 0 && dot == 0 && !self.is_first_line;
            if self.line > VBLANK_LINE || (self.line == VBLANK_LINE && dot >= 1) || ends {
                return true;
            }
        }
        // The mode 2 source is a pulse, a dot later on line 0; line 144 has one, too.
        let pulse = u64::from(self.line == 0);
        if enabled & stat::MODE2 != 0 && self.line <= VBLANK_LINE && dot == pulse && !self.is_first_line {
            return true;
        }
        enabled & stat::MODE0 != 0 && self.line < VBLANK_LINE && dot > self.earliest_end() && dot > self.mode3_end()
    }

    /// The dots of the current line at which the level may change, in order.
    pub(super) fn edges(&mut self) -> [u64; 6] {
        const FAR: u64 = DOTS_PER_LINE;
        if self.line < VBLANK_LINE {
            let mode0 = if self.registers.stat & stat::MODE0 == 0 { FAR } else { self.mode3_end() + 1 };
            [0, 1, 2, mode0, FAR, FAR]
        } else if self.line == LINES - 1 {
            [0, 1, 3, 5, 9, FAR]
        } else {
            [0, 1, FAR, FAR, FAR, FAR]
        }
    }

    /// Whether the CPU can read VRAM at `now`, to which the PPU is synced.
    #[must_use]
    pub fn vram_is_readable(&mut self, now: u64) -> bool {
        let from = if self.is_first_line { self.mode3_start() } else { VRAM_READ_LOCK };
        !self.locks(from, now)
    }

    /// Whether the CPU can write VRAM at `now`, to which the PPU is synced.
    #[must_use]
    pub fn vram_is_writable(&mut self, now: u64) -> bool {
        !self.locks(self.mode3_start(), now)
    }

    /// Whether the CPU can read OAM at `now`, to which the PPU is synced.
    #[must_use]
    pub fn oam_is_readable(&mut self, now: u64) -> bool {
        let from = if self.is_first_line { self.mode3_start() } else { 0 };
        !self.locks(from, now)
    }

    /// Whether the CPU can write OAM at `now`, to which the PPU is synced.
    #[must_use]
    pub fn oam_is_writable(&mut self, now: u64) -> bool {
        if self.is_first_line {
            return !self.locks(self.mode3_start(), now);
        }
        OAM_WRITE_GAP.contains(&self.dot(now)) || !self.locks(1, now)
    }

    /// Whether `now` is, in a visible line, between dot `from` and the end of mode 3.
    fn locks(&mut self, from: u64, now: u64) -> bool {
        let dot = self.dot(now);
        self.is_on() && self.line < VBLANK_LINE && dot >= from && (dot < self.earliest_end() || dot < self.mode3_end())
    }

    /// The row of OAM that the PPU reads at `now`, 0 to 19, if it searches OAM.
    #[must_use]
    pub fn searched_row(&self, now: u64) -> Option<usize> {
        let dot = self.dot(now);
        let searches = self.is_on() && self.line < VBLANK_LINE && !self.is_first_line && dot < MODE3_START;
        searches.then_some((dot / 4) as usize).filter(|row| *row < 20)
    }
}
