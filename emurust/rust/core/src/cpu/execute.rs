//! Decoding: an opcode is taken apart as x y z (bits 7-6, 5-3, 2-0), y as p q (bits 5-4, 3).
//!
//! Each opcode is a constant parameter, so that the compiler folds the decoding away and leaves one arm each.

use super::alu;
use super::{Cpu, Mode};
use crate::bus::Bus;
use crate::registers::{flag, Registers};

/// Number of the operand (HL) among the eight byte operands B C D E H L (HL) A.
const AT_HL: u8 = 6;

/// Whether condition `number` (NZ Z NC C) holds.
#[inline(always)]
fn condition(registers: Registers, number: u8) -> bool {
    let flag = if number < 2 { registers.zero() } else { registers.carry() };
    flag == (number & 1 == 1)
}

/// The register pair `number`: BC DE HL SP.
#[inline(always)]
fn pair(registers: Registers, number: u8) -> u16 {
    match number {
        0 => registers.bc(),
        1 => registers.de(),
        2 => registers.hl(),
        _ => registers.sp,
    }
}

/// Writes the register pair `number`.
#[inline(always)]
fn set_pair(registers: &mut Registers, number: u8, value: u16) {
    match number {
        0 => registers.set_bc(value),
        1 => registers.set_de(value),
        2 => registers.set_hl(value),
        _ => registers.sp = value,
    }
}

macro_rules! dispatch_all {
    ($cpu:expr, $bus:expr, $opcode:expr, $method:ident) => {
        dispatch_all!(@rows $cpu, $bus, $opcode, $method,
            [0x00 0x01 0x02 0x03 0x04 0x05 0x06 0x07 0x08 0x09 0x0A 0x0B 0x0C 0x0D 0x0E 0x0F]
            [0x10 0x11 0x12 0x13 0x14 0x15 0x16 0x17 0x18 0x19 0x1A 0x1B 0x1C 0x1D 0x1E 0x1F]
            [0x20 0x21 0x22 0x23 0x24 0x25 0x26 0x27 0x28 0x29 0x2A 0x2B 0x2C 0x2D 0x2E 0x2F]
            [0x30 0x31 0x32 0x33 0x34 0x35 0x36 0x37 0x38 0x39 0x3A 0x3B 0x3C 0x3D 0x3E 0x3F]
            [0x40 0x41 0x42 0x43 0x44 0x45 0x46 0x47 0x48 0x49 0x4A 0x4B 0x4C 0x4D 0x4E 0x4F]
            [0x50 0x51 0x52 0x53 0x54 0x55 0x56 0x57 0x58 0x59 0x5A 0x5B 0x5C 0x5D 0x5E 0x5F]
            [0x60 0x61 0x62 0x63 0x64 0x65 0x66 0x67 0x68 0x69 0x6A 0x6B 0x6C 0x6D 0x6E 0x6F]
            [0x70 0x71 0x72 0x73 0x74 0x75 0x76 0x77 0x78 0x79 0x7A 0x7B 0x7C 0x7D 0x7E 0x7F]
            [0x80 0x81 0x82 0x83 0x84 0x85 0x86 0x87 0x88 0x89 0x8A 0x8B 0x8C 0x8D 0x8E 0x8F]
            [0x90 0x91 0x92 0x93 0x94 0x95 0x96 0x97 0x98 0x99 0x9A 0x9B 0x9C 0x9D 0x9E 0x9F]
            [0xA0 0xA1 0xA2 0xA3 0xA4 0xA5 0xA6 0xA7 0xA8 0xA9 0xAA 0xAB 0xAC 0xAD 0xAE 0xAF]
            [0xB0 0xB1 0xB2 0xB3 0xB4 0xB5 0xB6 0xB7 0xB8 0xB9 0xBA 0xBB 0xBC 0xBD 0xBE 0xBF]
            [0xC0 0xC1 0xC2 0xC3 0xC4 0xC5 0xC6 0xC7 0xC8 0xC9 0xCA 0xCB 0xCC 0xCD 0xCE 0xCF]
            [0xD0 0xD1 0xD2 0xD3 0xD4 0xD5 0xD6 0xD7 0xD8 0xD9 0xDA 0xDB 0xDC 0xDD 0xDE 0xDF]
            [0xE0 0xE1 0xE2 0xE3 0xE4 0xE5 0xE6 0xE7 0xE8 0xE9 0xEA 0xEB 0xEC 0xED 0xEE 0xEF]
            [0xF0 0xF1 0xF2 0xF3 0xF4 0xF5 0xF6 0xF7 0xF8 0xF9 0xFA 0xFB 0xFC 0xFD 0xFE 0xFF])
    };
    (@rows $cpu:expr, $bus:expr, $opcode:expr, $method:ident, $([$($code:literal)*])*) => {
        match $opcode {
            $($($code => $cpu.$method::<$code, _>($bus),)*)*
        }
    };
}

impl Cpu {
    /// Executes the instruction whose first byte, `opcode`, has been fetched.
    #[inline(always)]
    pub(super) fn dispatch<B: Bus>(&mut self, bus: &mut B, opcode: u8) {
        dispatch_all!(self, bus, opcode, execute);
    }

    #[inline(always)]
    fn dispatch_prefixed<B: Bus>(&mut self, bus: &mut B) {
        let opcode = self.fetch(bus);
        dispatch_all!(self, bus, opcode, execute_prefixed);
    }

    /// The byte operand `number`; (HL) takes an M-cycle.
    #[inline(always)]
    pub(super) fn operand<B: Bus>(&mut self, bus: &mut B, number: u8) -> u8 {
        let registers = &self.registers;
        match number {
            0 => registers.b,
            1 => registers.c,
            2 => registers.d,
            3 => registers.e,
            4 => registers.h,
            5 => registers.l,
            AT_HL => bus.read(registers.hl()),
            _ => registers.a,
        }
    }

    /// Writes the byte operand `number`; (HL) takes an M-cycle.
    #[inline(always)]
    pub(super) fn set_operand<B: Bus>(&mut self, bus: &mut B, number: u8, value: u8) {
        let registers = &mut self.registers;
        match number {
            0 => registers.b = value,
            1 => registers.c = value,
            2 => registers.d = value,
            3 => registers.e = value,
            4 => registers.h = value,
            5 => registers.l = value,
            AT_HL => bus.write(registers.hl(), value),
            _ => registers.a = value,
        }
    }

    #[inline(always)]
    fn execute<const OPCODE: u8, B: Bus>(&mut self, bus: &mut B) {
        let (y, z) = (OPCODE >> 3 & 7, OPCODE & 7);
        match OPCODE >> 6 {
            0 => self.execute_first_quarter::<OPCODE, B>(bus),
            1 if OPCODE == 0x76 => {
                self.mode = Mode::Halting;
                bus.attention();
            }
            1 => {
                let value = self.operand(bus, z);
                self.set_operand(bus, y, value);
            }
            2 => {
                let value = self.operand(bus, z);
                alu::arithmetic(&mut self.registers, y, value);
            }
            _ => self.execute_last_quarter::<OPCODE, B>(bus),
        }
    }

    /// Opcodes 00 to 3F.
    #[inline(always)]
    fn execute_first_quarter<const OPCODE: u8, B: Bus>(&mut self, bus: &mut B) {
        let (y, z) = (OPCODE >> 3 & 7, OPCODE & 7);
        let (p, q) = (y >> 1, y & 1);
        match (z, q) {
            (0, _) => self.execute_column_0::<OPCODE, B>(bus),
            (1, 0) => {
                let value = self.fetch_word(bus);
                set_pair(&mut self.registers, p, value);
            }
            (1, _) => {
                bus.idle();
                let value = pair(self.registers, p);
                alu::add_to_hl(&mut self.registers, value);
            }
            (2, _) => {
                let address = match p {
                    0 => self.registers.bc(),
                    1 => self.registers.de(),
                    _ => self.registers.hl(),
                };
                if q == 0 {
                    bus.write(address, self.registers.a);
                } else if p < 2 {
                    self.registers.a = bus.read(address);
                } else {
                    self.registers.a = bus.read_stepping(address);
                }
                match p {
                    2 => self.registers.set_hl(address.wrapping_add(1)),
                    3 => self.registers.set_hl(address.wrapping_sub(1)),
                    _ => {}
                }
            }
            (3, _) => {
                let value = pair(self.registers, p);
                bus.idle_stepping(value);
                let step = if q == 0 { 1 } else { u16::MAX };
                set_pair(&mut self.registers, p, value.wrapping_add(step));
            }
            (4, _) => {
                let value = self.operand(bus, y);
                let result = alu::increment(&mut self.registers, value);
                self.set_operand(bus, y, result);
            }
            (5, _) => {
                let value = self.operand(bus, y);
                let result = alu::decrement(&mut self.registers, value);
                self.set_operand(bus, y, result);
            }
            (6, _) => {
                let value = self.fetch(bus);
                self.set_operand(bus, y, value);
            }
            _ => self.execute_column_7::<OPCODE>(),
        }
    }

    /// NOP, LD (nn),SP, STOP and the relative jumps.
    #[inline(always)]
    fn execute_column_0<const OPCODE: u8, B: Bus>(&mut self, bus: &mut B) {
        match OPCODE >> 3 {
            0 => {}
            1 => {
                let address = self.fetch_word(bus);
                let [high, low] = self.registers.sp.to_be_bytes();
                bus.write(address, low);
                bus.write(address.wrapping_add(1), high);
            }
            2 => {
                self.mode = Mode::Stopping;
                bus.attention();
            }
            number => {
                let offset = i8::from_ne_bytes([self.fetch(bus)]);
                if number == 3 || condition(self.registers, number & 3) {
                    bus.idle();
                    let from = self.registers.pc;
                    self.registers.pc = from.wrapping_add_signed(i16::from(offset));
                    if offset < 0 && !(number == 4 && self.pass_counted_loop(bus, offset)) {
                        bus.jumped_back(from, self.registers.pc);
                    }
                }
            }
        }
    }

    /// The rotations of A, DAA, CPL, SCF and CCF.
    #[inline(always)]
    fn execute_column_7<const OPCODE: u8>(&mut self) {
        let registers = &mut self.registers;
        match OPCODE >> 3 {
            number @ 0..=3 => {
                registers.a = alu::rotate(registers, number, registers.a);
                // Unlike their prefixed forms these clear Z.
                registers.set_flags(1, false, 0, registers.carry());
            }
            4 => alu::decimal_adjust(registers),
            5 => {
                registers.a = !registers.a;
                registers.set_flags_but_zero(true, flag::INTO_BIT_4, registers.carry());
            }
            6 => registers.set_flags_but_zero(false, 0, true),
            _ => registers.set_flags_but_zero(false, 0, !registers.carry()),
        }
    }

    /// Opcodes C0 to FF.
    #[inline(always)]
    fn execute_last_quarter<const OPCODE: u8, B: Bus>(&mut self, bus: &mut B) {
        let (y, z) = (OPCODE >> 3 & 7, OPCODE & 7);
        match OPCODE {
            0xC3 => {
                let target = self.fetch_word(bus);
                bus.idle();
                self.jump(bus, target);
            }
            0xC9 | 0xD9 => {
                let target = self.pop_word(bus);
                bus.idle();
                self.registers.pc = target;
                if OPCODE == 0xD9 {
                    self.ime = true;
                    bus.attention();
                }
            }
            0xCB => self.dispatch_prefixed(bus),
            0xCD => {
                let target = self.fetch_word(bus);
                self.call(bus, target);
            }
            0xE0 | 0xF0 | 0xE2 | 0xF2 | 0xEA | 0xFA => self.load_a_absolute::<OPCODE, B>(bus),
            0xE8 => {
                let offset = self.fetch(bus);
                bus.idle();
                bus.idle();
                self.registers.sp = alu::sp_plus(&mut self.registers, offset);
            }
            0xE9 => self.registers.pc = self.registers.hl(),
            0xF3 => {
                self.ime = false;
                self.ime_pending = false;
            }
            0xF8 => {
                let offset = self.fetch(bus);
                bus.idle();
                let result = alu::sp_plus(&mut self.registers, offset);
                self.registers.set_hl(result);
            }
            0xF9 => {
                bus.idle_stepping(self.registers.hl());
                self.registers.sp = self.registers.hl();
            }
            0xFB => {
                self.ime_pending = true;
                bus.attention();
            }
            0xD3 | 0xDB | 0xDD | 0xE3 | 0xE4 | 0xEB | 0xEC | 0xED | 0xF4 | 0xFC | 0xFD => {
                self.mode = Mode::LockedUp;
                bus.attention();
            }
            _ => match z {
                0 => {
                    bus.idle();
                    if condition(self.registers, y) {
                        let target = self.pop_word(bus);
                        bus.idle();
                        self.registers.pc = target;
                    }
                }
                1 => {
                    let value = self.pop_word(bus);
                    if y == 6 {
                        self.registers.set_af(value);
                    } else {
                        set_pair(&mut self.registers, y >> 1, value);
                    }
                }
                2 => {
                    let target = self.fetch_word(bus);
                    if condition(self.registers, y) {
                        bus.idle();
                        self.jump(bus, target);
                    }
                }
                4 => {
                    let target = self.fetch_word(bus);
                    if condition(self.registers, y) {
                        self.call(bus, target);
                    }
                }
                5 => {
                    let value = if y == 6 { self.registers.af() } else { pair(self.registers, y >> 1) };
                    self.push_word(bus, value);
                }
                6 => {
                    let value = self.fetch(bus);
                    alu::arithmetic(&mut self.registers, y, value);
                }
                _ => self.call(bus, u16::from(y << 3)),
            },
        }
    }

    #[inline(always)]
    fn jump<B: Bus>(&mut self, bus: &mut B, target: u16) {
        let from = self.registers.pc;
        self.registers.pc = target;
        if target < from {
            bus.jumped_back(from, target);
        }
    }

    /// LDH and LD between A and (n), (C) and (nn): bit 4 of the opcode is the direction.
    #[inline(always)]
    fn load_a_absolute<const OPCODE: u8, B: Bus>(&mut self, bus: &mut B) {
        let address = match OPCODE & 0x0F {
            0x0 => 0xFF00 | u16::from(self.fetch(bus)),
            0x2 => 0xFF00 | u16::from(self.registers.c),
            _ => self.fetch_word(bus),
        };
        if OPCODE & 0x10 == 0 {
            bus.write(address, self.registers.a);
        } else {
            self.registers.a = bus.read(address);
        }
    }

    /// The instructions behind the prefix CB.
    #[inline(always)]
    fn execute_prefixed<const OPCODE: u8, B: Bus>(&mut self, bus: &mut B) {
        let (y, z) = (OPCODE >> 3 & 7, OPCODE & 7);
        let value = self.operand(bus, z);
        match OPCODE >> 6 {
            0 => {
                let result = alu::rotate(&mut self.registers, y, value);
                self.set_operand(bus, z, result);
            }
            1 => alu::test_bit(&mut self.registers, y, value),
            2 => self.set_operand(bus, z, value & !(1 << y)),
            _ => self.set_operand(bus, z, value | 1 << y),
        }
    }
}
