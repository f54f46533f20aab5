//! The SM83, the Game Boy's CPU: instructions only, one call an instruction.

mod alu;
mod counted;
mod execute;

use crate::bus::Bus;
use crate::registers::Registers;

/// What the CPU is doing.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Mode {
    /// Executing instructions.
    #[default]
    Running,
    /// HALT was just executed; whether it waits is for the machine to see.
    Halting,
    /// Waiting for an interrupt request.
    Halted,
    /// STOP was just executed.
    Stopping,
    /// Waiting for a button, with the divider held at zero.
    Stopped,
    /// After one of the eleven opcodes that do not exist: nothing but a reset helps.
    LockedUp,
}

impl Mode {
    /// All, in the order in which states number them.
    pub const ALL: [Self; 6] =
        [Self::Running, Self::Halting, Self::Halted, Self::Stopping, Self::Stopped, Self::LockedUp];
}

/// The CPU's own state. Interrupt dispatch and HALT's waiting belong to the machine, which knows the time.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Cpu {
    /// The register file.
    pub registers: Registers,
    /// Interrupt master enable.
    pub ime: bool,
    /// EI was executed and takes effect after the next instruction.
    pub ime_pending: bool,
    /// The next opcode fetch does not advance PC: HALT with IME clear and a request pending.
    pub halt_bug: bool,
    /// Running, halted, stopped or locked up.
    pub mode: Mode,
}

impl Cpu {
    /// A CPU that runs from `registers` with interrupts disabled.
    #[must_use]
    pub fn new(registers: Registers) -> Self {
        Self { registers, ..Self::default() }
    }

    /// Executes instructions until the bus says that something is due or has no opcode; how many. HALT's bug must not be
    /// pending.
    #[inline(always)]
    pub fn run<B: Bus>(&mut self, bus: &mut B) -> u64 {
        // A copy that is not reachable from elsewhere can live in the host's registers.
        let mut cpu = self.clone();
        let mut executed = 0;
        while !bus.is_due() {
            let Some(opcode) = bus.fetch_opcode(cpu.registers.pc) else {
                break;
            };
            cpu.registers.pc = cpu.registers.pc.wrapping_add(1);
            executed += 1;
            cpu.dispatch(bus, opcode);
        }
        *self = cpu;
        executed
    }

    /// Fetches and executes one instruction.
    #[inline]
    pub fn step<B: Bus>(&mut self, bus: &mut B) {
        let opcode = self.fetch(bus);
        if self.halt_bug {
            self.halt_bug = false;
            self.registers.pc = self.registers.pc.wrapping_sub(1);
        }
        self.dispatch(bus, opcode);
    }

    /// Pushes PC and goes to `target`: the last three M-cycles of RST, and of CALL after its operand.
    #[inline(always)]
    fn call<B: Bus>(&mut self, bus: &mut B, target: u16) {
        self.push_word(bus, self.registers.pc);
        self.registers.pc = target;
    }

    /// The byte at PC, which advances.
    #[inline(always)]
    fn fetch<B: Bus>(&mut self, bus: &mut B) -> u8 {
        let value = bus.fetch(self.registers.pc);
        self.registers.pc = self.registers.pc.wrapping_add(1);
        value
    }

    /// The little-endian word at PC, which advances.
    #[inline(always)]
    fn fetch_word<B: Bus>(&mut self, bus: &mut B) -> u16 {
        let word = bus.fetch_word(self.registers.pc);
        self.registers.pc = self.registers.pc.wrapping_add(2);
        word
    }

    /// One idle M-cycle, then two writes below SP.
    #[inline(always)]
    fn push_word<B: Bus>(&mut self, bus: &mut B, word: u16) {
        bus.push(self.registers.sp, word);
        self.registers.sp = self.registers.sp.wrapping_sub(2);
    }

    /// The word at SP, which advances.
    #[inline(always)]
    fn pop_word<B: Bus>(&mut self, bus: &mut B) -> u16 {
        let word = bus.pop(self.registers.sp);
        self.registers.sp = self.registers.sp.wrapping_add(2);
        word
    }
}
