//! The bits of IE and IF; the lowest has the highest priority.

/// The picture is complete.
pub const VBLANK: u8 = 0x01;
/// The PPU's STAT line rose.
pub const STAT: u8 = 0x02;
/// TIMA overflowed.
pub const TIMER: u8 = 0x04;
/// A serial transfer is complete.
pub const SERIAL: u8 = 0x08;
/// A selected button line fell.
pub const JOYPAD: u8 = 0x10;
/// The bits that exist.
pub const ALL: u8 = 0x1F;

/// Address of the handler of the highest-priority bit in `requests`, or 0 where there is none.
#[must_use]
pub fn vector(requests: u8) -> u16 {
    if requests & ALL == 0 {
        return 0;
    }
    0x40 + 8 * requests.trailing_zeros() as u16
}
