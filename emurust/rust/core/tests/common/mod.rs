//! What the tests share: a generator of random numbers and of ROMs.
#![allow(dead_code, reason = "each test binary uses a part")]

#[path = "../../src/testing.rs"]
mod testing;

use std::sync::Arc;

use emurust_core::GameBoy;

pub use testing::Random;

/// Work a test does by default, times `EMURUST_FUZZ_SCALE`.
pub fn scaled(count: usize) -> usize {
    let scale = std::env::var("EMURUST_FUZZ_SCALE").map_or(1, |text| {
        text.parse().unwrap_or_else(|_| panic!("EMURUST_FUZZ_SCALE={text} is not a whole number; give for example 10"))
    });
    count * scale
}

/// The opcodes that do not exist.
pub const ILLEGAL: [u8; 11] = [0xD3, 0xDB, 0xDD, 0xE3, 0xE4, 0xEB, 0xEC, 0xED, 0xF4, 0xFC, 0xFD];
/// Where programs begin.
pub const START: usize = 0x150;

/// A ROM of 32 KiB with `program` at 0150, which the entry point jumps to; nothing else but zeros.
pub fn rom(program: &[u8]) -> Vec<u8> {
    let mut image = vec![0; 0x8000];
    image[0x100..0x104].copy_from_slice(&[0x00, 0xC3, 0x50, 0x01]);
    image[START..START + program.len()].copy_from_slice(program);
    image
}

/// A ROM of random but sensible instructions: it writes all registers, waits, halts, calls, copies and never stops.
pub fn random_rom(random: &mut Random) -> Arc<[u8]> {
    const REGISTERS: [u8; 24] = [
        0x00, 0x02, 0x04, 0x05, 0x06, 0x07, 0x0F, 0x10, 0x14, 0x1A, 0x1E, 0x26, 0x40, 0x40, 0x41, 0x41, 0x42, 0x43,
        0x45, 0x45, 0x47, 0x4A, 0x4B, 0xFF,
    ];
    let mut program = vec![0x31, 0x00, 0xE0, 0x3E, 0x1F, 0xE0, 0xFF, 0xFB]; // SP = E000, IE = 1F, EI
    while program.len() < 0x3000 {
        let value = random.byte();
        match random.below(28) {
            0..=4 => {
                // LD A,value; LDH (register),A
                let register = random.pick(&REGISTERS);
                let value = if register == 0x40 {
                    if random.below(8) == 0 {
                        value
                    } else {
                        value | 0x80
                    }
                } else {
                    value
                };
                program.extend([0x3E, value, 0xE0, register]);
            }
            5..=7 => program.extend([0xF0, random.pick(&REGISTERS), 0x22]), // LDH A,(register); LD (HL+),A
            8 => {
                // A pointer to VRAM, work RAM, OAM or HRAM, and a few writes through it
                let high = random.pick(&[0x80, 0x8F, 0x98, 0x9C, 0xC0, 0xD3, 0xFE, 0xFE, 0xA0]);
                program.extend([0x21, value, high, 0x3E, random.byte(), 0x22, 0x22, 0x32]);
            }
            9 => program.extend([0xFB, 0x76, 0x00]),        // EI; HALT
            10 => program.extend([0xF3, 0x76, 0x3C, 0xFB]), // DI; HALT; INC A; EI
            11 => program.extend([0x06, value & 0x3F | 1, 0x05, 0x20, 0xFD]), // a delay
            26 | 27 => {
                // A fill: HL = a pointer near an end of memory that is one, B, C, D, E or L counts
                let (low, high) = random.pick(&[(value, 0xC1), (value | 0xE0, 0xDF), (value, 0x9A), (0x80, 0xFF)]);
                let (load, count) =
                    random.pick(&[(0x06, 0x05), (0x0E, 0x0D), (0x16, 0x15), (0x1E, 0x1D), (0x2E, 0x2D)]);
                let turns = random.byte() & 0x3F;
                program.extend([0x21, low, high, load, turns, 0x3E, random.byte(), 0x22, count, 0x20, 0xFC]);
            }
            12 => program.extend([0x3E, random.pick(&[0xC0, 0x80, 0x10, 0xFE]), 0xE0, 0x46, 0x7E, 0x2A]), // DMA
            13 => program.extend([0xFB, 0xF3]),
            14 => program.extend([0xF5, 0xC5, 0xC1, 0xF1]),
            15 => program.extend([0xE8, random.pick(&[0xFE, 0x02, 0x00])]),
            16 => program.extend([0x2A, 0xA8, 0x3A, 0x23, 0x2B]),
            17 => {
                // Wait for a mode: LDH A,(STAT); AND 3; CP mode; JR NZ — at most until B is 0
                program.extend([0x06, 0x60, 0xF0, 0x41, 0xE6, 0x03, 0xFE, value & 3, 0x28, 0x03, 0x05, 0x20, 0xF5]);
            }
            20 => {
                // LCD on; wait for a line: LDH A,(LY); CP line; JR NZ
                program.extend([0x3E, 0x91, 0xE0, 0x40, 0xF0, 0x44, 0xFE, value % 150, 0x20, 0xFA]);
            }
            21 => {
                // LCD on; HL = STAT; wait for a mode by BIT on it
                program.extend([0x3E, 0x83, 0xE0, 0x40, 0x21, 0x41, 0xFF, 0xCB, 0x46 | (value & 1) << 3, 0x28, 0xFC]);
            }
            22 => {
                // Timer on, IF = 0; wait for its request: LDH A,(IF); AND 4; JR Z, with interrupts off
                program.extend([0xF3, 0x3E, 0x04 | value & 3, 0xE0, 0x07, 0xAF, 0xE0, 0x0F]);
                program.extend([0xF0, 0x0F, 0xE6, 0x04, 0x28, 0xFA, 0xFB]);
            }
            18 => program.extend([0x31, value & 0xFE, random.pick(&[0xDF, 0xD0, 0xC8])]),
            19 => program.extend([0xEA, value, random.pick(&[0x00, 0x20, 0x40, 0x60])]), // a write to the cartridge
            _ => {
                let opcode = random.byte();
                let jumps = matches!(opcode & 0xE7, 0x20) || opcode >= 0xC0 || opcode == 0x18 || opcode == 0x10;
                let special = ILLEGAL.contains(&opcode) || jumps || opcode == 0x76 || opcode == 0x31;
                program.push(if special { 0x3C } else { opcode });
                program.extend([random.byte() & 0x3F, random.byte() & 0x3F]);
            }
        }
    }
    // The operands of the last case are opcodes below 0x40 at worst; STOP and jumps among them are made harmless.
    program.extend([0xC3, 0x50, 0x01]);
    let mut image = rom(&program);
    for vector in [0x40, 0x48, 0x50, 0x58, 0x60] {
        // PUSH AF; LDH A,(LY); LDH (C0),A; POP AF; RETI
        image[vector..vector + 8].copy_from_slice(&[0xF5, 0xF0, 0x44, 0xE0, 0xC0, 0xF1, 0xD9, 0x00]);
    }
    for rst in 0..8 {
        image[8 * rst] = 0xC9;
    }
    image.into()
}

/// Where short programs are put.
pub const WRAM: u16 = 0xC000;
/// Where programs leave what they saw.
pub const RESULT: u16 = 0xDF00;
/// The memory that OAM DMA leaves alone.
pub const HRAM: u16 = 0xFF80;

/// A machine with a blank ROM that is about to run `program` at `at`.
pub fn machine_at(at: u16, program: &[u8]) -> GameBoy {
    let mut machine = GameBoy::new(rom(&[]).into()).unwrap();
    for (address, byte) in (at..).zip(program) {
        machine.poke(address, *byte);
    }
    let mut registers = machine.registers();
    registers.pc = at;
    registers.sp = 0xDFF0;
    machine.set_registers(registers);
    machine
}

pub fn machine(program: &[u8]) -> GameBoy {
    machine_at(WRAM, program)
}

/// A machine whose ROM holds `program` at 0150 and `handler` at the interrupt vector `vector`.
pub fn with_handler(program: &[u8], vector: usize, handler: &[u8]) -> GameBoy {
    let mut image = rom(program);
    image[vector..vector + handler.len()].copy_from_slice(handler);
    GameBoy::new(image.into()).unwrap()
}

/// Runs for `frames` pictures' worth of time and reads what the program left at DF00.
pub fn result(machine: &mut GameBoy, frames: u64) -> u8 {
    machine.run_until_cycles(machine.cycles() + frames * 70_224);
    machine.peek(RESULT)
}

pub fn nops(count: usize) -> Vec<u8> {
    vec![0; count]
}

/// LD (DF00),A and an endless loop.
pub const REPORT: [u8; 5] = [0xEA, 0x00, 0xDF, 0x18, 0xFE];
