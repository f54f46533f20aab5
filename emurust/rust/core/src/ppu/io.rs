//! The registers FF40-FF4B as the CPU reads and writes them.

use super::registers::{lcdc, stat, Register};
use super::{mode3, Ppu, FIRST_LINE_DOT, NO_WINDOW_LINE};
use crate::interrupts::STAT;

impl Ppu {
    /// Reads the register FF40 + `index` (FF46 apart) at `now`, to which the PPU is synced.
    #[must_use]
    pub fn read(&mut self, index: u16, now: u64) -> u8 {
        let dot = self.dot(now);
        let registers = self.registers;
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
        match (index, Register::at(index)) {
            (0x1, _) => {
                // A DMG has all sources enabled for a moment.
                let request = self.update_level(now, stat::ALL);
                self.registers.stat = value & stat::ALL;
                self.quiet_before = 0;
                request | self.update_level(now, self.registers.stat)
            }
            (0x5, _) => {
                self.registers.lyc = value;
                self.quiet_before = 0;
                self.update_level(now, self.registers.stat)
            }
            (_, Some(Register::Lcdc)) if (self.registers.lcdc ^ value) & lcdc::ON != 0 => self.switch(value, now),
            (_, Some(register)) => {
                self.write_in_line(register, value, now);
                0
            }
            _ => 0,
        }
    }

    /// Writes a register that a line's drawing depends on.
    fn write_in_line(&mut self, register: Register, value: u8, now: u64) {
        let old = self.registers.get(register);
        if old == value && register != Register::Wx {
            return;
        }
        if self.settle(now) && (self.draws_line || self.always_replays || moves_end(register, old ^ value)) {
            self.keep_start();
            let dot = self.dot(now);
            self.writes.extend(mode3::changes(register, old, value, dot));
            self.end = None;
            let end = self.mode3_end().max(dot + 1);
            self.end = Some(end);
        }
        self.registers.set(register, value);
        if matches!(register, Register::Lcdc | Register::Wy) && self.is_on() {
            self.arm_window();
        }
    }

    /// Switches the LCD on or off by a write to LCDC; bits of IF.
    fn switch(&mut self, value: u8, now: u64) -> u8 {
        self.quiet_before = 0;
        if self.is_on() {
            self.held_coincidence = self.coincides(self.dot(now));
            self.registers.lcdc = value;
            self.start = None;
            self.writes.clear();
            self.end = None;
            self.is_finished = true;
            self.window_line = NO_WINDOW_LINE;
            self.window_is_armed = false;
            self.frame.fill(0);
            return 0;
        }
        self.registers.lcdc = value;
        self.line_start = now.wrapping_sub(FIRST_LINE_DOT);
        self.synced = now;
        self.begin_line(0);
        self.is_first_line = true;
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

/// Whether a write to FF40 + `index` moves no interrupt: while STAT's mode 0 source, whose time depends on the line's
/// length, is off, only LCDC, STAT and LYC do.
#[must_use]
pub const fn moves_no_interrupt(index: u16, enabled: u8) -> bool {
    enabled & stat::MODE0 == 0 && !matches!(index, 0x0 | 0x1 | 0x5)
}

/// Whether changing the bits `changed` of `register` may move the end of mode 3 or the window's lines.
fn moves_end(register: Register, changed: u8) -> bool {
    match register {
        Register::Lcdc => changed & (lcdc::WINDOW | lcdc::OBJECTS) != 0,
        Register::Scx | Register::Wx | Register::Wy => true,
        _ => false,
    }
}
