//! Counted loops: DEC r; JR NZ with nothing or a store before them. How many turns they take is known where one
//! begins, so that all turns but the last can be done at once.

use super::{alu, Cpu};
use crate::bus::{Bus, Turns};

/// Offset of the jump in DEC r; JR NZ.
const DELAY: i8 = -3;
/// Offset of the jump in LD (HL+),A; DEC r; JR NZ.
const FILL: i8 = -4;
/// Number of the operand (HL).
const AT_HL: u8 = 6;
/// The opcode of LD (HL+),A.
const STORE: u8 = 0x22;

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
        let passed = match offset {
            DELAY => self.pass_delay(bus),
            // A store may change code that is not in ROM.
            FILL if self.registers.pc < 0x8000 => self.pass_fill(bus),
            _ => None,
        };
        let Some((number, turns)) = passed else {
            return false;
        };
        if let Some(before) = turns.checked_sub(1) {
            let value = self.operand(bus, number).wrapping_sub(before as u8);
            let value = alu::decrement(&mut self.registers, value);
            self.set_operand(bus, number, value);
        }
        true
    }

    /// Turns left if the register `number` counts them, but the last.
    #[inline(always)]
    fn turns<B: Bus>(&mut self, bus: &mut B, number: u8, cycles: u64, instructions: u64) -> Turns {
        Turns { most: u64::from(self.operand(bus, number).wrapping_sub(1)), cycles, instructions }
    }

    /// The register that counts and the turns done, if a delay begins at PC.
    #[inline(always)]
    fn pass_delay<B: Bus>(&mut self, bus: &mut B) -> Option<(u8, u16)> {
        let [opcode, ..] = bus.code_to_pass(self.registers.pc)?;
        let number = counter(opcode)?;
        let turns = self.turns(bus, number, 16, 2);
        Some((number, bus.pass_turns(turns)))
    }

    /// The same of a fill.
    #[inline(always)]
    fn pass_fill<B: Bus>(&mut self, bus: &mut B) -> Option<(u8, u16)> {
        let [store, count, ..] = bus.code_to_pass(self.registers.pc)?;
        let number = counter(count).filter(|number| store == STORE && *number < 4)?;
        let turns = self.turns(bus, number, 24, 3);
        let address = self.registers.hl();
        let done = bus.pass_stores(address, self.registers.a, turns);
        self.registers.set_hl(address.wrapping_add(done));
        Some((number, done))
    }
}
