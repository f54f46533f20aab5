//! The CPU against the SM83 single-step vectors: registers, memory and the bus in every M-cycle.
//!
//! 50 vectors an opcode lie beside this file; all 1,000 are run from the file named by `EMURUST_SM83_VECTORS`.

use std::collections::BTreeMap;

use emurust_core::bus::Bus;
use emurust_core::cpu::{Cpu, Mode};
use emurust_core::registers::Registers;

const FEW: &[u8] = include_bytes!("data/sm83_50.bin");
const OPCODES: usize = 500;
const READ: u8 = 1;
const WRITE: u8 = 2;
const ABSENT: u8 = 255;
/// STOP and HALT: how long they wait is particular to the emulator that made the vectors.
const WAITING: [u8; 2] = [0x10, 0x76];

#[derive(Debug, Default)]
struct State {
    registers: Registers,
    ime: u8,
    ime_pending: u8,
    memory: Vec<(u16, u8)>,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Cycle {
    Idle,
    Read(u16, u8),
    Write(u16, u8),
}

struct Vectors<'a> {
    rest: &'a [u8],
}

impl Vectors<'_> {
    fn byte(&mut self) -> u8 {
        let (first, rest) = self.rest.split_first().expect("the vectors end in the middle of one");
        self.rest = rest;
        *first
    }

    fn word(&mut self) -> u16 {
        u16::from_le_bytes([self.byte(), self.byte()])
    }

    fn state(&mut self) -> State {
        let mut registers = Registers::default();
        registers.pc = self.word();
        registers.sp = self.word();
        for field in [&mut registers.a, &mut registers.b, &mut registers.c, &mut registers.d, &mut registers.e] {
            *field = self.byte();
        }
        registers.set_f(self.byte());
        registers.h = self.byte();
        registers.l = self.byte();
        let ime = self.byte();
        let _ie = self.byte();
        let ime_pending = self.byte();
        let count = self.byte();
        State { registers, ime, ime_pending, memory: (0..count).map(|_| (self.word(), self.byte())).collect() }
    }

    fn cycles(&mut self) -> Vec<Cycle> {
        let count = self.byte();
        let mut one = || {
            let (address, data, flags) = (self.word(), self.byte(), self.byte());
            match flags & (READ | WRITE) {
                READ => Cycle::Read(address, data),
                WRITE => Cycle::Write(address, data),
                _ => Cycle::Idle,
            }
        };
        (0..count).map(|_| one()).collect()
    }
}

struct FlatBus {
    memory: Vec<u8>,
    cycles: Vec<Cycle>,
}

impl Bus for FlatBus {
    fn read(&mut self, address: u16) -> u8 {
        let value = self.memory[usize::from(address)];
        self.cycles.push(Cycle::Read(address, value));
        value
    }

    fn write(&mut self, address: u16, value: u8) {
        self.memory[usize::from(address)] = value;
        self.cycles.push(Cycle::Write(address, value));
    }

    fn idle(&mut self) {
        self.cycles.push(Cycle::Idle);
    }
}

/// Runs all vectors in `bytes`; vectors an opcode, with prefixed opcodes from 0x100 on.
fn run(bytes: &[u8]) -> BTreeMap<u16, u32> {
    let mut vectors = Vectors { rest: bytes };
    let mut bus = FlatBus { memory: vec![0; 0x10000], cycles: Vec::new() };
    let mut counts = BTreeMap::new();
    while !vectors.rest.is_empty() {
        let (before, after, cycles) = (vectors.state(), vectors.state(), vectors.cycles());
        for (address, value) in &before.memory {
            bus.memory[usize::from(*address)] = *value;
        }
        bus.cycles.clear();
        let mut cpu = Cpu::new(before.registers);
        cpu.ime = before.ime == 1;
        cpu.step(&mut bus);

        let pc = before.registers.pc;
        let value_at = |address: u16| before.memory.iter().find(|(a, _)| *a == address).map_or(0, |(_, value)| *value);
        let first = value_at(pc);
        let opcode = if first == 0xCB { 0x100 | u16::from(value_at(pc.wrapping_add(1))) } else { u16::from(first) };
        assert_eq!(cpu.registers, after.registers, "registers after opcode {opcode:03x}, from {before:02x?}");
        assert_eq!(cpu.ime, after.ime == 1, "IME after opcode {opcode:03x}, from {before:02x?}");
        assert_eq!(cpu.ime_pending, after.ime_pending != ABSENT, "EI's delay after opcode {opcode:03x}");
        for (address, value) in &after.memory {
            let found = bus.memory[usize::from(*address)];
            assert_eq!(found, *value, "memory at {address:04x} after opcode {opcode:03x}, from {before:02x?}");
        }
        if WAITING.contains(&first) {
            assert_ne!(cpu.mode, Mode::Running, "opcode {opcode:03x} waits");
            assert_eq!(bus.cycles[0], cycles[0], "the fetch of opcode {opcode:03x}");
        } else {
            assert_eq!(bus.cycles, cycles, "the bus in opcode {opcode:03x}, from {before:02x?}");
        }
        *counts.entry(opcode).or_default() += 1;
    }
    counts
}

#[test]
fn fifty_vectors_an_opcode_match() {
    let counts = run(FEW);
    assert_eq!(counts.len(), OPCODES);
    assert!(counts.values().all(|count| *count == 50));
}

#[test]
fn all_vectors_of_the_named_file_match() {
    let Ok(path) = std::env::var("EMURUST_SM83_VECTORS") else {
        println!("skipped: EMURUST_SM83_VECTORS names no file with all vectors");
        return;
    };
    let bytes = std::fs::read(&path).unwrap_or_else(|error| panic!("EMURUST_SM83_VECTORS={path}: {error}"));
    let counts = run(&bytes);
    assert_eq!(counts.len(), OPCODES);
    println!("{} opcodes, {} vectors", counts.len(), counts.values().sum::<u32>());
}
