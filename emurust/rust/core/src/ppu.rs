//! The picture processing unit: line timing, its registers and who may access VRAM and OAM when.
//!
//! Time within a line is counted in dots (1 dot = 1 T) from the first moment at which LY reads as the line's number. All
//! that software can see is a function of the line, the dot and where mode 3 ends; nothing is ticked. The constants
//! follow from what Mooneye's PPU tests describe of a DMG and from Pan Docs, "Rendering".

mod fifo;
mod line;
mod mode3;
mod objects;
pub mod registers;

use crate::clock::{NEVER, T_PER_FRAME};
use crate::interrupts::{STAT, VBLANK};
use mode3::{LineEnd, LineStart, LineWrite};
use objects::Objects;
use registers::{lcdc, stat, Register, Registers};

/// Pixels of a line.
pub const WIDTH: usize = 160;
/// Lines of a picture.
pub const HEIGHT: usize = 144;
/// Shades of a picture, row by row.
pub const PIXELS: usize = WIDTH * HEIGHT;
/// Dots of a line.
const DOTS_PER_LINE: u64 = 456;
const LINES: u8 = 154;
/// The first line of the vertical blank.
const VBLANK_LINE: u8 = 144;

/// Dot at which the mode changes from 2 to 3.
const MODE3_START: u64 = 81;
/// Dot at which mode 3 of a line without scroll, window and objects ends.
const MODE3_END: u64 = 253;
/// How much later the first line after switching the LCD on does the same.
const FIRST_LINE_DELAY: u64 = 2;
/// The first line has no dots before this one.
const FIRST_LINE_DOT: u64 = 4;
/// From this dot on VRAM cannot be read, though it is still mode 2.
const VRAM_READ_LOCK: u64 = 77;
/// Between these dots, the last of mode 2, OAM can be written.
const OAM_WRITE_GAP: std::ops::Range<u64> = 77..MODE3_START;

/// VRAM, OAM and the state of the picture.
#[derive(Clone, Debug)]
pub struct Ppu {
    /// 8000-9FFF.
    pub vram: Box<[u8; 0x2000]>,
    /// FE00-FE9F.
    pub oam: [u8; 160],
    pub(crate) registers: Registers,
    /// The line that [`Ppu::line_start`] belongs to, 0 to 153.
    line: u8,
    /// Clock of the line's dot 0; T. With the LCD off it is meaningless.
    line_start: u64,
    /// The LCD was switched on in this line.
    is_first_line: bool,
    /// Clock up to which line, STAT line and requests are right; T.
    synced: u64,
    /// Level of the STAT interrupt line.
    stat_level: bool,
    /// The coincidence bit as it was when the LCD was switched off.
    held_coincidence: bool,
    /// Pictures completed.
    pictures: u64,
    /// Draw from the next line on.
    draws: bool,
    frame: Box<[u8; PIXELS]>,
}

impl Ppu {
    /// The PPU as the boot ROM leaves it at clock 0: in line 153 of a picture, 60 dots before line 0.
    #[must_use]
    pub fn after_boot() -> Self {
        Self {
            vram: Box::new([0; 0x2000]),
            oam: [0; 160],
            registers: Registers { lcdc: 0x91, bgp: 0xFC, obp0: 0xFF, obp1: 0xFF, ..Registers::default() },
            line: 153,
            line_start: 0u64.wrapping_sub(396),
            is_first_line: false,
            synced: 0,
            stat_level: false,
            held_coincidence: false,
            pictures: 0,
            draws: false,
            frame: Box::new([0; PIXELS]),
        }
    }

    /// The picture: shades 0 to 3, row by row.
    #[must_use]
    pub fn frame(&self) -> &[u8; PIXELS] {
        &self.frame
    }

    /// Pictures completed since power-on: how often line 144 began.
    #[must_use]
    pub fn pictures(&self) -> u64 {
        self.pictures
    }

    /// Whether pictures are drawn from here on.
    pub fn set_drawing(&mut self, draws: bool) {
        self.draws = draws;
    }

    /// Whether the LCD runs.
    #[must_use]
    pub fn is_on(&self) -> bool {
        self.registers.lcdc_has(lcdc::ON)
    }

    /// The dot of the current line at `now`.
    fn dot(&self, now: u64) -> u64 {
        now.wrapping_sub(self.line_start)
    }

    fn delay(&self) -> u64 {
        if self.is_first_line {
            FIRST_LINE_DELAY
        } else {
            0
        }
    }

    fn mode3_start(&self) -> u64 {
        MODE3_START + self.delay()
    }

    /// Dot at which mode 3 of this line ends.
    fn mode3_end(&self) -> u64 {
        MODE3_END + self.delay() + u64::from(self.registers.scx & 7)
    }

    /// LY at `dot` of the current line: line 153 reads as 0 from its fourth dot on.
    fn ly(&self, dot: u64) -> u8 {
        if self.line == LINES - 1 && dot >= 3 {
            0
        } else {
            self.line
        }
    }

    /// What LYC is compared with at `dot`; nothing at the moments between two lines.
    fn compared(&self, dot: u64) -> Option<u8> {
        match (self.line, dot) {
            (0, _) => Some(0),
            (_, 0) => None,
            (153, 1..=2 | 5..=8) => None,
            (153, 3..=4) => Some(153),
            (153, _) => Some(0),
            (line, _) => Some(line),
        }
    }

    /// Whether LY equals LYC at `dot`.
    fn coincides(&self, dot: u64) -> bool {
        self.compared(dot) == Some(self.registers.lyc)
    }

    /// The mode at `dot`, as STAT shows it.
    fn mode(&self, dot: u64) -> u8 {
        if self.line >= VBLANK_LINE {
            return u8::from(self.line > VBLANK_LINE || dot >= 1);
        }
        if dot < self.mode3_start() {
            if self.is_first_line || dot == 0 {
                0
            } else {
                2
            }
        } else if dot < self.mode3_end() {
            3
        } else {
            0
        }
    }

    /// The level of the STAT line at `dot` with the sources `enabled`.
    fn level(&self, dot: u64, enabled: u8) -> bool {
        let lyc = enabled & stat::LYC != 0 && self.coincides(dot);
        let in_blank = self.line > VBLANK_LINE
            || (self.line == VBLANK_LINE && dot >= 1)
            || (self.line == 0 && dot == 0 && !self.is_first_line);
        let mode1 = enabled & stat::MODE1 != 0 && in_blank;
        // The mode 2 source is a pulse, a dot later on line 0; line 144 has one, too.
        let at = u64::from(self.line == 0);
        let mode2 = enabled & stat::MODE2 != 0 && self.line <= VBLANK_LINE && dot == at && !self.is_first_line;
        let mode0 = enabled & stat::MODE0 != 0 && self.line < VBLANK_LINE && dot > self.mode3_end();
        lyc || mode1 || mode2 || mode0
    }

    /// The dots of the current line at which the level may change, in order.
    fn edges(&self) -> [u64; 6] {
        let far = DOTS_PER_LINE;
        if self.line < VBLANK_LINE {
            [0, 1, 2, self.mode3_end() + 1, far, far]
        } else if self.line == LINES - 1 {
            [0, 1, 3, 5, 9, far]
        } else {
            [0, 1, far, far, far, far]
        }
    }

    /// Brings the picture up to `now`; bits of IF.
    pub fn sync(&mut self, now: u64) -> u8 {
        let mut request = 0;
        if !self.is_on() {
            self.synced = now;
            return 0;
        }
        while self.synced < now {
            let line_end = self.line_start.wrapping_add(DOTS_PER_LINE);
            let until = now.min(line_end.wrapping_sub(1));
            request |= self.sync_within_line(until);
            if now < line_end {
                break;
            }
            self.next_line(line_end);
            request |= self.at_dot(0);
            self.synced = line_end;
        }
        request
    }

    fn next_line(&mut self, line_end: u64) {
        self.line_start = line_end;
        self.is_first_line = false;
        self.line = if self.line == LINES - 1 { 0 } else { self.line + 1 };
    }

    /// What happens at `dot`; bits of IF.
    fn at_dot(&mut self, dot: u64) -> u8 {
        let mut request = 0;
        if self.line == VBLANK_LINE && dot == 1 {
            self.pictures += 1;
            request |= VBLANK;
        }
        let level = self.level(dot, self.registers.stat);
        if level && !self.stat_level {
            request |= STAT;
        }
        self.stat_level = level;
        request
    }

    /// Brings the current line up to the clock `until`, which lies in it; bits of IF.
    fn sync_within_line(&mut self, until: u64) -> u8 {
        let mut request = 0;
        let (from, to) = (self.dot(self.synced), self.dot(until));
        for dot in self.edges() {
            if dot > from && dot <= to {
                request |= self.at_dot(dot);
            }
        }
        self.synced = until;
        request
    }

    /// Clock at which the next picture is complete, or [`NEVER`] with the LCD off; T.
    #[must_use]
    pub fn next_picture(&self) -> u64 {
        if !self.is_on() {
            return NEVER;
        }
        let to_blank =
            ((u64::from(LINES) + u64::from(VBLANK_LINE)) - u64::from(self.line)) % u64::from(LINES) * DOTS_PER_LINE + 1;
        let at = self.line_start.wrapping_add(to_blank);
        if at > self.synced {
            at
        } else {
            at + T_PER_FRAME
        }
    }

    /// A clock not after the next request that `wanted` (bits of IE) lets through; T.
    #[must_use]
    pub fn next_event(&self, wanted: u8) -> u64 {
        if !self.is_on() {
            return NEVER;
        }
        let picture = self.next_picture();
        if wanted & STAT == 0 || self.registers.stat & stat::ALL == 0 {
            return picture;
        }
        let from = self.dot(self.synced);
        let edge = self.edges().into_iter().find(|dot| *dot > from).unwrap_or(DOTS_PER_LINE);
        picture.min(self.line_start.wrapping_add(edge))
    }

    /// Whether the CPU reads VRAM at `now`.
    #[must_use]
    pub fn vram_is_readable(&self, now: u64) -> bool {
        let from = if self.is_first_line { self.mode3_start() } else { VRAM_READ_LOCK };
        !self.locks(from, self.dot(now))
    }

    /// Whether the CPU writes VRAM at `now`.
    #[must_use]
    pub fn vram_is_writable(&self, now: u64) -> bool {
        !self.locks(self.mode3_start(), self.dot(now))
    }

    /// Whether the CPU reads OAM at `now`.
    #[must_use]
    pub fn oam_is_readable(&self, now: u64) -> bool {
        let from = if self.is_first_line { self.mode3_start() } else { 0 };
        !self.locks(from, self.dot(now))
    }

    /// Whether the CPU writes OAM at `now`.
    #[must_use]
    pub fn oam_is_writable(&self, now: u64) -> bool {
        let dot = self.dot(now);
        let from = if self.is_first_line { self.mode3_start() } else { 1 };
        (OAM_WRITE_GAP.contains(&dot) && !self.is_first_line) || !self.locks(from, dot)
    }

    /// Whether the PPU, in a visible line, is between dot `from` and the end of mode 3.
    fn locks(&self, from: u64, dot: u64) -> bool {
        self.is_on() && self.line < VBLANK_LINE && dot >= from && dot < self.mode3_end()
    }

    /// Reads the register FF40 + `index` (FF46 apart) at `now`, to which the PPU is synced.
    #[must_use]
    pub fn read(&self, index: u16, now: u64) -> u8 {
        let registers = &self.registers;
        let dot = self.dot(now);
        match index {
            0x0 => registers.lcdc,
            0x1 if self.is_on() => {
                let coincidence = if self.coincides(dot) { stat::COINCIDENCE } else { 0 };
                0x80 | registers.stat | coincidence | self.mode(dot)
            }
            0x1 => 0x80 | registers.stat | if self.held_coincidence { stat::COINCIDENCE } else { 0 },
            0x2 => registers.scy,
            0x3 => registers.scx,
            0x4 if self.is_on() => self.ly(dot),
            0x4 => 0,
            0x5 => registers.lyc,
            0x7 => registers.bgp,
            0x8 => registers.obp0,
            0x9 => registers.obp1,
            0xA => registers.wy,
            _ => registers.wx,
        }
    }

    /// Writes the register FF40 + `index` (FF46 apart) at `now`, to which the PPU is synced; bits of IF.
    pub fn write(&mut self, index: u16, value: u8, now: u64) -> u8 {
        match index {
            0x0 => return self.write_lcdc(value, now),
            0x1 => {
                // A DMG has all sources enabled for a moment.
                let request = self.update_level(now, stat::ALL);
                self.registers.stat = value & stat::ALL;
                return request | self.update_level(now, self.registers.stat);
            }
            0x2 => self.registers.scy = value,
            0x3 => self.registers.scx = value,
            0x5 => {
                self.registers.lyc = value;
                return self.update_level(now, self.registers.stat);
            }
            0x7 => self.registers.bgp = value,
            0x8 => self.registers.obp0 = value,
            0x9 => self.registers.obp1 = value,
            0xA => self.registers.wy = value,
            0xB => self.registers.wx = value,
            _ => {}
        }
        0
    }

    fn write_lcdc(&mut self, value: u8, now: u64) -> u8 {
        let was_on = self.is_on();
        let dot = self.dot(now);
        if was_on && value & lcdc::ON == 0 {
            self.held_coincidence = self.coincides(dot);
        }
        self.registers.lcdc = value;
        if was_on || value & lcdc::ON == 0 {
            return 0;
        }
        self.line = 0;
        self.line_start = now.wrapping_sub(FIRST_LINE_DOT);
        self.is_first_line = true;
        self.synced = now;
        self.update_level(now, self.registers.stat)
    }

    /// Sets the STAT line to its level with the sources `enabled`; bits of IF. With the LCD off it stays.
    fn update_level(&mut self, now: u64, enabled: u8) -> u8 {
        if !self.is_on() {
            return 0;
        }
        let level = self.level(self.dot(now), enabled);
        let rises = level && !self.stat_level;
        self.stat_level = level;
        if rises {
            STAT
        } else {
            0
        }
    }
}
