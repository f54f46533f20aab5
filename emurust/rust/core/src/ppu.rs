//! The picture processing unit: line timing, its registers, and who may access VRAM and OAM when.
//!
//! Time within a line is counted in dots (1 dot = 1 T) from the first moment at which LY reads as the line's number. All
//! that software can see is a function of the line, the dot and where mode 3 ends; nothing is ticked. The constants
//! follow from what Mooneye's PPU tests describe of a DMG and from Pan Docs, "Rendering".

mod fifo;
mod io;
mod line;
mod mode3;
mod oam_bug;
mod objects;
pub mod registers;
mod saved;
mod schedule;
mod timing;

use crate::clock::NEVER;
use crate::interrupts::{STAT, VBLANK};
pub use io::moves_no_interrupt;
use mode3::{LineEnd, LineStart, LineWrite};
pub use oam_bug::Access;
use objects::{Cover, Objects};
use registers::{lcdc, stat, Registers};

/// Pixels of a line.
pub const WIDTH: usize = 160;
/// Lines of a picture.
pub const HEIGHT: usize = 144;
/// Shades of a picture, row by row.
pub const PIXELS: usize = WIDTH * HEIGHT;
/// Dots of a line.
const DOTS_PER_LINE: u64 = 456;
/// Lines of a frame, the vertical blank included.
const LINES: u8 = 154;
/// The first line of the vertical blank.
const VBLANK_LINE: u8 = 144;
/// The first line after switching the LCD on has no dots before this one.
const FIRST_LINE_DOT: u64 = 4;
/// The window's line counter before its first line.
const NO_WINDOW_LINE: u8 = 255;

/// VRAM, OAM and the state of the picture.
#[derive(Clone, Debug)]
pub struct Ppu {
    /// 8000-9FFF.
    pub vram: Box<[u8; 0x2000]>,
    /// FE00-FE9F; changed by [`Ppu::set_oam`] alone.
    oam: [u8; 160],
    cover: Cover,
    pub(crate) registers: Registers,
    /// The line that `line_start` belongs to, 0 to 153.
    line: u8,
    /// Clock of the line's dot 0, modulo 2^64; T. With the LCD off it is meaningless.
    line_start: u64,
    /// The LCD was switched on in this line.
    is_first_line: bool,
    /// Clock up to which line, STAT line and requests are right; T.
    synced: u64,
    /// Clock before which nothing happens, if only that much is known; T.
    quiet_before: u64,
    /// Level of the STAT interrupt line.
    stat_level: bool,
    /// The coincidence bit as it was when the LCD was switched off.
    held_coincidence: bool,
    /// WY matched LY in this picture while the window was enabled.
    window_is_armed: bool,
    /// The window's last shown line; 255 for none.
    window_line: u8,
    /// What this line's mode 3 depends on, once something that it depends on is about to change.
    start: Option<Box<LineStart>>,
    /// Registers written in this line's mode 3.
    writes: Vec<LineWrite>,
    /// This line's mode 3 is over and its effects are done.
    is_finished: bool,
    /// Dot at which this line's mode 3 ends, where it is known.
    end: Option<u64>,
    /// OAM DMA kept the PPU from OAM from the first clock to before the second; T.
    oam_is_taken: [u64; 2],
    /// Pictures completed since power-on.
    pictures: u64,
    /// Pictures are to be drawn.
    draws: bool,
    /// This line is drawn.
    draws_line: bool,
    frame: Box<[u8; PIXELS]>,
    /// Always replay lines through the FIFO: the exact machine's way.
    always_replays: bool,
}

impl Ppu {
    /// The PPU as the boot ROM leaves it at clock 0: in line 153 of a picture, 60 dots before line 0.
    #[must_use]
    pub fn after_boot(always_replays: bool) -> Self {
        Self {
            vram: Box::new([0; 0x2000]),
            oam: [0; 160],
            cover: Cover::default(),
            registers: Registers { lcdc: 0x91, bgp: 0xFC, obp0: 0xFF, obp1: 0xFF, ..Registers::default() },
            line: 153,
            line_start: 0u64.wrapping_sub(396),
            is_first_line: false,
            synced: 0,
            quiet_before: 0,
            stat_level: false,
            held_coincidence: false,
            window_is_armed: false,
            window_line: NO_WINDOW_LINE,
            start: None,
            writes: Vec::new(),
            is_finished: false,
            end: None,
            oam_is_taken: [NEVER; 2],
            pictures: 0,
            draws: false,
            draws_line: false,
            frame: blank_frame(),
            always_replays,
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

    /// Whether lines are drawn, from the next one on.
    pub fn set_drawing(&mut self, draws: bool) {
        self.draws = draws;
    }

    /// Whether the LCD runs.
    #[must_use]
    pub fn is_on(&self) -> bool {
        self.registers.lcdc_has(lcdc::ON)
    }

    /// Brings the picture up to `now`; bits of IF.
    #[inline(always)]
    pub fn sync(&mut self, now: u64) -> u8 {
        if now < self.quiet_before {
            self.synced = now;
            0
        } else {
            self.catch_up(now)
        }
    }

    #[inline(never)]
    fn catch_up(&mut self, now: u64) -> u8 {
        let mut request = 0;
        if !self.is_on() {
            self.synced = now;
            return 0;
        }
        while self.synced < now {
            self.skip_quiet_lines(now);
            let line_end = self.line_start.wrapping_add(DOTS_PER_LINE);
            if now < line_end {
                request |= self.sync_within_line(now);
                break;
            }
            request |= self.sync_within_line(line_end - 1);
            self.finish_line();
            self.line_start = line_end;
            self.begin_line(if self.line == LINES - 1 { 0 } else { self.line + 1 });
            self.synced = line_end;
            request |= self.at_dot(0);
        }
        self.quiet_before = self.next_edge();
        request
    }

    /// Clock of the next dot of this line at which the level of the STAT line may change, or of the next line; 0 if a
    /// write may change that clock; T.
    fn next_edge(&mut self) -> u64 {
        if self.registers.stat & stat::MODE0 != 0 {
            return 0;
        }
        let from = self.dot(self.synced);
        let edge = self.edges().into_iter().find(|dot| *dot > from && self.is_level_of_interest());
        self.line_start.wrapping_add(edge.unwrap_or(DOTS_PER_LINE))
    }

    /// Whether anything can come of looking at the STAT line's level within this line, if neither STAT nor LYC is written.
    fn is_level_of_interest(&self) -> bool {
        let (enabled, line) = (self.registers.stat, self.line);
        // Line 153 is compared as line 0, too.
        let coincides = enabled & stat::LYC != 0 && (line == self.registers.lyc || line == 0 || line == LINES - 1);
        coincides || enabled & !stat::LYC != 0 || line == VBLANK_LINE || self.stat_level
    }

    /// Passes over whole lines up to `now` in which nothing happens: none is drawn, and no source of the STAT line that
    /// could rise is enabled.
    fn skip_quiet_lines(&mut self, now: u64) {
        let whole = now.wrapping_sub(self.line_start) / DOTS_PER_LINE;
        if whole < 2 || self.stat_level || self.registers.stat & !stat::LYC != 0 {
            return;
        }
        let is_drawn = self.draws || self.draws_line;
        // The line before the vertical blank and its last line are not passed over: something may happen there.
        let last = match self.line {
            0..=142 if is_drawn => return,
            0..=142 => 142,
            144..=151 => 151,
            _ => return,
        };
        let mut lines = whole.min(u64::from(last - self.line));
        if self.registers.stat != 0 && self.registers.lyc >= self.line {
            let to_lyc = u64::from(self.registers.lyc - self.line);
            if to_lyc <= lines {
                lines = to_lyc.saturating_sub(1);
            }
        }
        // The current line is completed in the ordinary way, unless it has only begun.
        if lines == 0 || self.line == VBLANK_LINE && self.dot(self.synced) < 1 {
            return;
        }
        self.finish_line();
        let next = self.line + lines as u8;
        let (wy, shows) = (self.registers.wy, self.registers.lcdc_has(lcdc::WINDOW));
        if shows && next < VBLANK_LINE {
            let first = if self.window_is_armed || wy <= self.line { self.line + 1 } else { wy };
            self.window_is_armed |= (self.line + 1..next).contains(&wy);
            if self.window_is_armed && self.registers.wx <= 166 {
                self.window_line = self.window_line.wrapping_add(next.saturating_sub(first));
            }
        }
        self.line_start = self.line_start.wrapping_add(lines * DOTS_PER_LINE);
        self.begin_line(next);
        self.synced = self.line_start;
    }

    /// Whether no line is drawn up to `now`, which is not before the clock to which the PPU is synced.
    #[must_use]
    pub fn is_blank_until(&self, now: u64) -> bool {
        let left = u64::from(LINES - self.line) * DOTS_PER_LINE;
        !self.is_on() || (self.line >= VBLANK_LINE && self.dot(now) < left)
    }

    /// The exact machine's way: one dot, at which everything is looked at; bits of IF.
    pub fn tick(&mut self, now: u64) -> u8 {
        self.synced = now;
        if !self.is_on() {
            return 0;
        }
        if self.dot(now) == DOTS_PER_LINE {
            self.finish_line();
            self.line_start = now;
            self.begin_line(if self.line == LINES - 1 { 0 } else { self.line + 1 });
        }
        let dot = self.dot(now);
        if dot >= self.mode3_start() && self.line < VBLANK_LINE && dot >= self.mode3_end() {
            self.finish_line();
        }
        self.at_dot(dot)
    }

    /// Brings the current line up to the clock `until`, which lies in it; bits of IF.
    fn sync_within_line(&mut self, until: u64) -> u8 {
        let mut request = 0;
        let (from, to) = (self.dot(self.synced), self.dot(until));
        if !self.is_level_of_interest() {
            self.synced = until;
            return 0;
        }
        for dot in self.edges() {
            if dot > from && dot <= to {
                request |= self.at_dot(dot);
            }
        }
        self.synced = until;
        request
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

    /// Makes `line` the current one.
    fn begin_line(&mut self, line: u8) {
        self.line = line;
        self.is_first_line = false;
        self.is_finished = line >= VBLANK_LINE;
        self.end = None;
        self.draws_line = self.draws;
        if line == VBLANK_LINE {
            self.window_line = NO_WINDOW_LINE;
            self.window_is_armed = false;
        }
        self.arm_window();
    }

    /// Notes whether WY matches this line.
    fn arm_window(&mut self) {
        self.window_is_armed |=
            self.line < VBLANK_LINE && self.registers.lcdc_has(lcdc::WINDOW) && self.registers.wy == self.line;
    }

    /// What this line's mode 3 depends on, as long as nothing of it has changed since mode 3 began.
    fn line_start_now(&mut self) -> LineStart {
        let [taken_from, taken_until] = self.oam_is_taken;
        let objects = if self.is_first_line {
            Objects::default()
        } else {
            let covering = self.cover.of(&self.oam, self.line, self.registers.lcdc_has(lcdc::TALL));
            Objects::among(&self.oam, covering, |index| {
                let at = self.line_start.wrapping_add(1 + 2 * index as u64);
                (taken_from..taken_until).contains(&at)
            })
        };
        LineStart {
            line: self.line,
            dot: self.mode3_start(),
            registers: self.registers,
            objects,
            window_is_armed: self.window_is_armed,
            window_line: self.window_line,
        }
    }

    /// Dot at which mode 3 of this line ends, if nothing is written until then.
    fn mode3_end(&mut self) -> u64 {
        if let Some(end) = self.end {
            return end;
        }
        let start = self.start.as_deref().copied();
        let start = start.unwrap_or_else(|| self.line_start_now());
        let end = self.end_of(&start);
        // Before mode 3 the registers that it depends on may still change.
        if self.dot(self.synced) >= self.mode3_start() {
            self.end = Some(end);
        }
        end
    }

    fn end_of(&self, start: &LineStart) -> u64 {
        let formula = if self.writes.is_empty() && !self.always_replays { start.end_by_formula() } else { None };
        formula.unwrap_or_else(|| mode3::replay(start, &self.writes, &self.vram, None).dot)
    }

    /// Does what the end of mode 3 does: counts the window's line and draws.
    fn finish_line(&mut self) {
        if self.is_finished {
            return;
        }
        self.is_finished = true;
        let start = self.start.take();
        if start.is_none() && !self.draws_line && !self.always_replays {
            let shows_window =
                self.window_is_armed && self.registers.lcdc_has(lcdc::WINDOW) && self.registers.wx <= 166;
            self.window_line = self.window_line.wrapping_add(u8::from(shows_window));
            return;
        }
        let start = start.map_or_else(|| self.line_start_now(), |start| *start);
        let at = usize::from(self.line) * WIDTH;
        let row: Option<&mut [u8; WIDTH]> =
            if self.draws_line { self.frame[at..at + WIDTH].first_chunk_mut() } else { None };
        let fast_way = self.writes.is_empty() && start.is_plain() && !self.always_replays;
        if fast_way {
            if let Some(row) = row {
                line::draw(&start, &self.vram, row);
            }
            self.window_line = self.window_line.wrapping_add(u8::from(start.has_window()));
        } else {
            let LineEnd { window_line, window_is_armed, .. } = mode3::replay(&start, &self.writes, &self.vram, row);
            self.window_line = window_line;
            self.window_is_armed |= window_is_armed;
        }
        self.writes.clear();
    }

    /// Called before VRAM, OAM or a register changes at `now`, to which the PPU is synced: completes this line if its
    /// mode 3 is over; whether it is under way instead.
    fn settle(&mut self, now: u64) -> bool {
        if self.is_finished || !self.is_on() {
            return false;
        }
        let dot = self.dot(now);
        if dot < self.mode3_start() {
            return false;
        }
        if dot < self.earliest_end() || dot < self.mode3_end() {
            return true;
        }
        self.finish_line();
        false
    }

    /// OAM.
    #[must_use]
    pub fn oam(&self) -> &[u8; 160] {
        &self.oam
    }

    /// Writes the byte `place` of OAM at `now`, to which the PPU is synced; beyond its 160 bytes nothing.
    pub fn set_oam(&mut self, place: usize, value: u8, now: u64) {
        if self.settle(now) {
            self.keep_start();
        }
        self.set_oam_in_blank(place, value);
    }

    /// Writes `bytes` from the byte `place` of OAM on, where no line is under way.
    pub fn copy_to_oam_in_blank(&mut self, place: usize, bytes: &[u8]) {
        self.oam[place..place + bytes.len()].copy_from_slice(bytes);
        self.cover.forget();
    }

    /// Writes the byte `place` of OAM where no line is under way.
    pub fn set_oam_in_blank(&mut self, place: usize, value: u8) {
        if let Some(byte) = self.oam.get_mut(place) {
            *byte = value;
            self.cover.forget();
        }
    }

    /// Called before VRAM changes at `now`, to which the PPU is synced.
    pub fn before_vram_changes(&mut self, now: u64) {
        if self.draws_line || self.start.is_some() {
            self.settle(now);
        }
    }

    /// Keeps what this line's mode 3 depends on before it changes.
    fn keep_start(&mut self) {
        if self.start.is_none() {
            self.start = Some(Box::new(self.line_start_now()));
        }
    }

    /// OAM DMA keeps the PPU from OAM from clock `from` to before `until`; T.
    pub fn take_oam(&mut self, from: u64, until: u64) {
        self.oam_is_taken = [from, until];
    }
}

/// A picture of the lightest shade.
fn blank_frame() -> Box<[u8; PIXELS]> {
    match vec![0; PIXELS].into_boxed_slice().try_into() {
        Ok(frame) => frame,
        Err(_) => unreachable!("the slice has the array's length"),
    }
}
