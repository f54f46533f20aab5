//! When something will happen next, if nothing is written until then.

use super::registers::stat;
use super::{Ppu, DOTS_PER_LINE, LINES, VBLANK_LINE};
use crate::clock::{NEVER, T_PER_FRAME};
use crate::interrupts::STAT;

impl Ppu {
    /// Clock at which the next picture is complete, or [`NEVER`] with the LCD off; T.
    #[must_use]
    pub fn next_picture(&self) -> u64 {
        if !self.is_on() {
            return NEVER;
        }
        let lines = (u64::from(LINES) + u64::from(VBLANK_LINE) - u64::from(self.line)) % u64::from(LINES);
        let at = self.line_start.wrapping_add(lines * DOTS_PER_LINE + 1);
        if at > self.synced {
            at
        } else {
            at + T_PER_FRAME
        }
    }

    /// A clock after the present one and not after the next request among `wanted` (bits of IE); T.
    #[must_use]
    pub fn next_event(&mut self, wanted: u8) -> u64 {
        if !self.is_on() {
            return NEVER;
        }
        let picture = self.next_picture();
        if wanted & STAT == 0 || self.registers.stat == 0 {
            return picture;
        }
        if self.registers.stat & (stat::MODE0 | stat::MODE2) == 0 {
            return picture.min(self.next_coincidence());
        }
        let from = self.dot(self.synced);
        let edge = self.edges().into_iter().find(|dot| *dot > from).unwrap_or(DOTS_PER_LINE);
        picture.min(self.line_start.wrapping_add(edge))
    }

    /// A clock after the present one and not after the next change of LY and, if `with_stat`, of STAT; T.
    #[must_use]
    pub fn next_change(&mut self, with_stat: bool) -> u64 {
        if !self.is_on() {
            return NEVER;
        }
        let from = self.dot(self.synced);
        if !with_stat && self.line < LINES - 1 {
            return self.line_start.wrapping_add(DOTS_PER_LINE);
        }
        let mode3 = if self.line < VBLANK_LINE { self.mode3_start() } else { DOTS_PER_LINE };
        // The end of mode 3 is not known before its beginning.
        let end = if (mode3..DOTS_PER_LINE).contains(&from) { self.mode3_end() } else { DOTS_PER_LINE };
        let dots = self.edges().into_iter().chain([mode3, end, DOTS_PER_LINE]);
        let next = dots.filter(|dot| *dot > from).min().unwrap_or(DOTS_PER_LINE);
        self.line_start.wrapping_add(next)
    }

    /// A clock after the present one and not after LY next begins to equal LYC; T.
    fn next_coincidence(&self) -> u64 {
        let lyc = self.registers.lyc;
        if self.registers.stat & stat::LYC == 0 || lyc >= LINES {
            return NEVER;
        }
        // Line 153 is compared as line 0, too.
        let target = if lyc == 0 { LINES - 1 } else { lyc };
        let lines = (u64::from(LINES) + u64::from(target) - u64::from(self.line)) % u64::from(LINES);
        if lines > 0 {
            return self.line_start.wrapping_add(lines * DOTS_PER_LINE);
        }
        let from = self.dot(self.synced);
        let last_edge = if target == LINES - 1 { 9 } else { 1 };
        if from < last_edge {
            return self.synced + 1;
        }
        self.line_start.wrapping_add(u64::from(LINES) * DOTS_PER_LINE)
    }
}
