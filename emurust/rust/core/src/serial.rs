//! The serial port with nothing plugged in: what is shifted in are ones (Pan Docs, "Serial data transfer").
//!
//! The internal clock is the falling edge of bit 8 of the timer's counter, 8,192 Hz.

use crate::clock::NEVER;
use crate::interrupts::SERIAL;

/// T between two shifts.
const T_PER_BIT: u64 = 512;
/// SC: a transfer runs.
const RUNNING: u8 = 0x80;
/// SC: this side gives the clock.
const INTERNAL: u8 = 0x01;
/// Bytes kept of what was sent.
const LOG_LIMIT: usize = 1 << 16;

/// SB, SC and what was sent.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Serial {
    data: u8,
    control: u8,
    /// Shifts left of the running transfer.
    bits_left: u8,
    /// The first bytes sent with the internal clock; for programs that report by serial. No part of a state.
    log: Vec<u8>,
}

crate::state::codec!(Serial { data, control, bits_left });

impl Serial {
    /// The first 64 KiB of the bytes sent with the internal clock.
    #[must_use]
    pub fn log(&self) -> &[u8] {
        &self.log
    }

    /// Whether shifts are left to do.
    #[must_use]
    pub fn is_running(&self) -> bool {
        self.bits_left > 0
    }

    /// T until the transfer ends, if the next shift is `to_edge` T away.
    #[must_use]
    pub fn ends_in(&self, to_edge: u64) -> u64 {
        if self.bits_left == 0 {
            return NEVER;
        }
        to_edge + T_PER_BIT * u64::from(self.bits_left - 1)
    }

    /// Does `edges` shifts; bits of IF.
    pub fn shift(&mut self, edges: u64) -> u8 {
        for _ in 0..edges.min(u64::from(self.bits_left)) {
            self.data = self.data << 1 | 1;
            self.bits_left -= 1;
            if self.bits_left == 0 {
                self.control &= !RUNNING;
                return SERIAL;
            }
        }
        0
    }

    /// Reads SB.
    #[must_use]
    pub fn data(&self) -> u8 {
        self.data
    }

    /// Reads SC.
    #[must_use]
    pub fn control(&self) -> u8 {
        self.control | 0x7E
    }

    /// Writes SB.
    pub fn set_data(&mut self, value: u8) {
        self.data = value;
    }

    /// Writes SC: with both bits set, starts a transfer. With the other side's clock it never ends.
    pub fn set_control(&mut self, value: u8) {
        self.control = value & (RUNNING | INTERNAL);
        self.bits_left = 0;
        if self.control == RUNNING | INTERNAL {
            self.bits_left = 8;
            if self.log.len() < LOG_LIMIT {
                self.log.push(self.data);
            }
        }
    }

    /// Whether the state is one that [`Serial::set_control`] and [`Serial::shift`] can make.
    pub(crate) fn is_possible(&self) -> bool {
        self.control & !(RUNNING | INTERNAL) == 0
            && self.bits_left <= 8
            && (self.bits_left == 0 || self.control == RUNNING | INTERNAL)
    }
}
