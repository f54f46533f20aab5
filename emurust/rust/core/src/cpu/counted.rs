//! Counted loops: DEC r; JR NZ with nothing or a store before them. How many turns they take is known where one begins, so
//! that all turns but the last can be done at once.

use super::{alu, Cpu};
use crate::bus::{Bus, Turns};

/// Offset of the jump in DEC r; JR NZ.
const DELAY: i8 = -3;
/// Offset of the jump in LD (HL+),A; DEC r; JR NZ.
const FILL: i8 = -4;
/// The opcode of LD (HL+),A.
const STORE: u8 = 0x22;
/// Number of the operand (HL).
const AT_HL: u8 = 6;

/// The number of r if `opcode` is DEC r.
const fn counter(opcode: u8) -> Option<u8> {
    let number = opcode >> 3 & 7;
    if opcode & 0xC7 == 0x05 && number != AT_HL {
        Some(number)
    } else {
        None
    }
}

impl Cpu {
    /// JR NZ jumped back by `offset`, to PC: whether it began a counted loop anew. Does the turns that end before anything
    /// is due, but never the last one.
    #[inline(always)]
    pub(super) fn pass_counted_loop<B: Bus>(&mut self, bus: &mut B, offset: i8) -> bool {
        if offset != DELAY && offset != FILL {
            return false;
        }
        let Some([first, second, ..]) = bus.code_to_pass(self.registers.pc) else {
            return false;
        };
        let (number, turns) = if offset == DELAY {
            let Some(number) = counter(first) else {
                return false;
            };
            let most = u64::from(self.operand(bus, number).wrapping_sub(1));
            (number, bus.pass_turns(Turns { most, cycles: 16, instructions: 2 }))
        } else {
            // The counter must be none of A, H and L.
            let Some(number @ 0..=3) = counter(second).filter(|_| first == STORE) else {
                return false;
            };
            let most = u64::from(self.operand(bus, number).wrapping_sub(1));
            let (address, value) = (self.registers.hl(), self.registers.a);
            let turns = bus.pass_stores(address, value, Turns { most, cycles: 24, instructions: 3 });
            self.registers.set_hl(address.wrapping_add(turns));
            (number, turns)
        };
        if let Some(before) = turns.checked_sub(1) {
            let value = self.operand(bus, number).wrapping_sub(before as u8);
            let value = alu::decrement(&mut self.registers, value);
            self.set_operand(bus, number, value);
        }
        true
    }
}
