//! What the CPU sees of the rest of the machine.

/// The bus of the SM83. Accesses and idle cycles take one M-cycle (4 T) each, the other calls no time.
///
/// The CPU is generic over it, so that the single-step vectors drive the very code that runs games.
pub trait Bus {
    /// Reads the byte at `address`.
    fn read(&mut self, address: u16) -> u8;

    /// Reads the byte at `address` as a part of an instruction.
    fn fetch(&mut self, address: u16) -> u8 {
        self.read(address)
    }

    /// Writes `value` to `address`.
    fn write(&mut self, address: u16, value: u8);

    /// An M-cycle without an access.
    fn idle(&mut self);

    /// An M-cycle without an access in which the CPU increments or decrements the 16-bit `value`, as INC BC does. The
    /// value shows on the address bus, which matters to the DMG's OAM.
    fn idle_stepping(&mut self, value: u16) {
        let _ = value;
        self.idle();
    }

    /// A read in whose M-cycle the CPU also increments or decrements `address`, as LD A,(HL+) and POP do.
    fn read_stepping(&mut self, address: u16) -> u8 {
        self.read(address)
    }

    /// The CPU's interrupt state changed: look at it before the next instruction.
    fn attention(&mut self) {}

    /// Whether something is to be done before the next instruction; ends [`Cpu::run`](crate::cpu::Cpu::run).
    fn is_due(&self) -> bool {
        true
    }

    /// A relative or absolute jump went from the instruction that ends before `from` back to `to`.
    fn jumped_back(&mut self, from: u16, to: u16) {
        let _ = (from, to);
    }
}
