//! What the CPU sees of the rest of the machine.

/// Equal turns of a loop.
#[derive(Clone, Copy, Debug)]
pub struct Turns {
    /// How many at most.
    pub most: u64,
    /// Duration of each; T.
    pub cycles: u64,
    /// Instructions of each.
    pub instructions: u64,
}

impl Turns {
    /// How many of them end from the clock `now` on and not after `event`.
    #[inline(always)]
    #[must_use]
    pub const fn before(self, now: u64, event: u64) -> u64 {
        let fit = event.saturating_sub(now) / self.cycles;
        if fit < self.most {
            fit
        } else {
            self.most
        }
    }
}

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

    /// Reads the opcode at `address` as [`Bus::fetch`] does; none, and no time passes, if [`Cpu::run`] is to stop there.
    ///
    /// [`Cpu::run`]: crate::cpu::Cpu::run
    fn fetch_opcode(&mut self, address: u16) -> Option<u8> {
        Some(self.fetch(address))
    }

    /// Reads the little-endian word at `address` as a part of an instruction, in two M-cycles.
    fn fetch_word(&mut self, address: u16) -> u16 {
        let low = self.fetch(address);
        let high = self.fetch(address.wrapping_add(1));
        u16::from_le_bytes([low, high])
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

    /// One idle M-cycle, then two writes below the stack pointer `address`.
    fn push(&mut self, address: u16, word: u16) {
        let [high, low] = word.to_be_bytes();
        self.idle_stepping(address);
        self.write(address.wrapping_sub(1), high);
        self.write(address.wrapping_sub(2), low);
    }

    /// Reads the word at the stack pointer `address`, in two M-cycles.
    fn pop(&mut self, address: u16) -> u16 {
        let low = self.read_stepping(address);
        let high = self.read(address.wrapping_add(1));
        u16::from_le_bytes([low, high])
    }

    /// The CPU's interrupt state changed: look at it before the next instruction.
    fn attention(&mut self) {}

    /// Whether something is to be done before the next instruction; ends [`Cpu::run`](crate::cpu::Cpu::run).
    fn is_due(&self) -> bool {
        true
    }

    /// The code at `address`, if turns of the loop that begins there may be done at once; takes no time. At least the
    /// first three bytes count.
    fn code_to_pass(&self, address: u16) -> Option<[u8; 4]> {
        let _ = address;
        None
    }

    /// Lets the time of turns pass that end before anything is due; of how many.
    fn pass_turns(&mut self, turns: Turns) -> u16 {
        let _ = turns;
        0
    }

    /// Does turns that end before anything is due and each store `value`, the first at `address`, the others behind it;
    /// how many.
    fn pass_stores(&mut self, address: u16, value: u8, turns: Turns) -> u16 {
        let _ = (address, value, turns);
        0
    }

    /// A relative or absolute jump went from the instruction that ends before `from` back to `to`.
    fn jumped_back(&mut self, from: u16, to: u16) {
        let _ = (from, to);
    }
}
