//! Idle loops: short loops that only read and compare. Once the registers are equal after a turn, every further turn is the
//! same until something that the loop reads changes, and whole turns can be passed over.
//!
//! Here is what is known of a loop from its bytes alone; whether it stands still is for the machine to see.

/// The longest loop that is looked at, bytes.
pub const LONGEST: u16 = 24;
/// Loops remembered; a power of two.
const REMEMBERED: usize = 16;
/// A loop that was found changing this often in a row is left alone.
const MOST_FAILURES: u8 = 16;

/// What a loop reads beyond constant memory, as bits.
pub mod reads {
    /// LY.
    pub const LY: u8 = 1;
    /// STAT.
    pub const STAT: u8 = 8;
    /// IF.
    pub const REQUESTS: u8 = 2;
    /// The byte at HL.
    pub const AT_HL: u8 = 4;
}

/// A loop, from the target of the jump back to the byte behind it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Loop {
    /// Address of the first instruction.
    pub from: u16,
    /// Address behind the jump.
    pub to: u16,
    /// Where its ROM window begins; bytes.
    window: usize,
    /// What it reads, bits of [`reads`]; none if it does more than read.
    pub reads: Option<u8>,
    failures: u8,
}

/// The loops met lately, and the one that a jump back just began anew.
#[derive(Clone, Debug)]
pub struct Loops {
    known: [Loop; REMEMBERED],
    pending: Option<u16>,
}

impl Default for Loops {
    fn default() -> Self {
        let none = Loop { from: 0, to: 0, window: 0, reads: None, failures: 0 };
        Self { known: [none; REMEMBERED], pending: None }
    }
}

impl Loops {
    /// Notes a jump back to `from`; whether the loop is one to be looked at. `rom` is the image, `window` where in it the
    /// bytes at `from` lie.
    #[inline(always)]
    pub fn jumped_back(&mut self, from: u16, to: u16, window: usize, rom: &[u8]) -> bool {
        let known = &self.known[usize::from(from) % REMEMBERED];
        let known = if known.from == from && known.to == to && known.window == window {
            known
        } else {
            self.meet(from, to, window, rom)
        };
        let is_idle = known.reads.is_some() && known.failures < MOST_FAILURES;
        if is_idle {
            self.pending = Some(from);
        }
        is_idle
    }

    #[cold]
    #[inline(never)]
    fn meet(&mut self, from: u16, to: u16, window: usize, rom: &[u8]) -> &Loop {
        let place = &mut self.known[usize::from(from) % REMEMBERED];
        let reads = if to - from > LONGEST || to >= 0x8000 || from >> 14 != (to - 1) >> 14 {
            None
        } else {
            let at = |address: u16| window | usize::from(address & 0x3FFF);
            rom.get(at(from)..=at(to - 1)).and_then(loop_reads)
        };
        *place = Loop { from, to, window, reads, failures: 0 };
        place
    }

    /// The loop that the last jump back began anew.
    pub fn take(&mut self) -> Option<Loop> {
        let from = self.pending.take()?;
        let known = self.known[usize::from(from) % REMEMBERED];
        (known.from == from).then_some(known)
    }

    /// Notes whether the loop at `from` stood still.
    pub fn note(&mut self, from: u16, stood_still: bool) {
        let known = &mut self.known[usize::from(from) % REMEMBERED];
        known.failures = if stood_still { 0 } else { known.failures.saturating_add(1) };
    }
}

/// What a loop of these bytes reads; none if it may write, count, call or wait.
fn loop_reads(bytes: &[u8]) -> Option<u8> {
    let mut reads = 0;
    let mut rest = bytes;
    while let [opcode, tail @ ..] = rest {
        let operands = match opcode {
            0x00 | 0x37 | 0x3F | 0x2F => 0,
            // LD r,n
            0x06 | 0x0E | 0x16 | 0x1E | 0x3E
            // The byte operations on numbers
            | 0xC6 | 0xCE | 0xD6 | 0xDE | 0xE6 | 0xEE | 0xF6 | 0xFE
            // Jumps: those within and out of the loop, the one at its end among them
            | 0x18 | 0x20 | 0x28 | 0x30 | 0x38 => 1,
            0xC2 | 0xC3 | 0xCA | 0xD2 | 0xDA => 2,
            // The byte operations on registers and (HL), and the loads between registers but those of H and L
            0x40..=0x5F | 0x78..=0xBF => {
                if opcode & 7 == 6 {
                    reads |= reads::AT_HL;
                }
                0
            }
            // BIT
            0xCB if matches!(tail.first(), Some(0x40..=0x7F)) => {
                if tail[0] & 7 == 6 {
                    reads |= reads::AT_HL;
                }
                1
            }
            0xF0 => {
                reads |= address_reads(0xFF00 | u16::from(*tail.first()?))?;
                1
            }
            0xFA => {
                reads |= address_reads(u16::from_le_bytes([*tail.first()?, *tail.get(1)?]))?;
                2
            }
            _ => return None,
        };
        rest = tail.get(operands..)?;
    }
    Some(reads)
}

/// What a read of `address` depends on; none if it changes by itself.
pub fn address_reads(address: u16) -> Option<u8> {
    match address {
        0xFF41 => Some(reads::STAT),
        0xFF44 => Some(reads::LY),
        0xFF0F => Some(reads::REQUESTS),
        0x0000..=0x7FFF | 0xC000..=0xFDFF | 0xFF00 | 0xFF40..=0xFF4B | 0xFF80..=0xFFFF => Some(0),
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use super::{loop_reads, reads};

    #[test]
    fn loops_that_only_read_are_known_by_what_they_read() {
        // LDH A,(LY); CP 144; JR NZ
        assert_eq!(loop_reads(&[0xF0, 0x44, 0xFE, 0x90, 0x20, 0xFA]), Some(reads::LY));
        // LD A,(C000); AND A; JR Z
        assert_eq!(loop_reads(&[0xFA, 0x00, 0xC0, 0xA7, 0x28, 0xFA]), Some(0));
        // BIT 0,(HL); JR Z
        assert_eq!(loop_reads(&[0xCB, 0x46, 0x28, 0xFC]), Some(reads::AT_HL));
        assert_eq!(loop_reads(&[0x18, 0xFE]), Some(0));
    }

    #[test]
    fn loops_that_do_more_are_left_alone() {
        for bytes in [
            &[0x05, 0x20, 0xFD][..],      // DEC B
            &[0x22, 0x18, 0xFD],          // LD (HL+),A
            &[0xF0, 0x04, 0x18, 0xFC],    // DIV runs
            &[0xFA, 0x00, 0xA0, 0x18, 0], // cartridge RAM may be a clock
            &[0x76, 0x18, 0xFD],          // HALT
            &[0xCD, 0x00, 0x40, 0x18, 0], // CALL
            &[0xCB, 0xC7, 0x18, 0xFC],    // SET
            &[0x2A, 0x18, 0xFD],          // LD A,(HL+)
            &[0xF0],                      // cut off
        ] {
            assert_eq!(loop_reads(bytes), None, "{bytes:02x?}");
        }
    }
}
