//! The SM83, the Game Boy's CPU: instructions only, one call an instruction.

mod alu;
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

    /// Executes instructions until the bus says that something is due; how many. HALT's bug must not be pending.
    #[inline(always)]
    pub fn run<B: Bus>(&mut self, bus: &mut B) -> u64 {
        // A copy that is not reachable from elsewhere can live in the host's registers.
        let mut cpu = self.clone();
        let mut executed = 0;
        while !bus.is_due() {
            executed += 1;
            let opcode = cpu.fetch(bus);
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
        let [high, low] = self.registers.pc.to_be_bytes();
        self.push_bytes(bus, high, low);
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
        let low = self.fetch(bus);
        let high = self.fetch(bus);
        u16::from_le_bytes([low, high])
    }

    /// One idle M-cycle, then two writes below SP.
    #[inline(always)]
    fn push_bytes<B: Bus>(&mut self, bus: &mut B, high: u8, low: u8) {
        let registers = &mut self.registers;
        bus.idle_stepping(registers.sp);
        registers.sp = registers.sp.wrapping_sub(1);
        bus.write(registers.sp, high);
        registers.sp = registers.sp.wrapping_sub(1);
        bus.write(registers.sp, low);
    }

    /// The word at SP, which advances.
    #[inline(always)]
    fn pop_word<B: Bus>(&mut self, bus: &mut B) -> u16 {
        let registers = &mut self.registers;
        let low = bus.read_stepping(registers.sp);
        registers.sp = registers.sp.wrapping_add(1);
        let high = bus.read(registers.sp);
        registers.sp = registers.sp.wrapping_add(1);
        u16::from_le_bytes([low, high])
    }
}
