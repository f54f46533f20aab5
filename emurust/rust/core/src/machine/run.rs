//! Running: instructions, interrupts and waiting.

use super::Machine;
use crate::bus::Bus;
use crate::clock::{T_PER_FRAME, T_PER_M};
use crate::cpu::Mode;
use crate::interrupts;

impl<const EXACT: bool> Machine<EXACT> {
    /// Runs to the next start of the vertical blank, or for 70,224 T if none comes until then.
    ///
    /// Draws the picture that ends there only if `draw`; [`Machine::frame`] keeps the last drawn one otherwise.
    pub fn run_frame(&mut self, draw: bool) {
        self.system.ppu.set_drawing(draw);
        let pictures = self.system.ppu.pictures();
        let limit = self.system.clock + T_PER_FRAME;
        while self.system.clock < limit && self.system.ppu.pictures() == pictures {
            self.run_slice(limit);
        }
        self.system.sync_all(self.system.clock);
    }

    /// Runs `count` frames and draws the last if `draw_last`.
    pub fn run_frames(&mut self, count: u32, draw_last: bool) {
        for index in 0..count {
            self.run_frame(draw_last && index + 1 == count);
        }
    }

    /// Runs until the clock reaches `cycles` (T since power-on), by less than an instruction more.
    pub fn run_until_cycles(&mut self, cycles: u64) {
        while self.system.clock < cycles {
            self.run_slice(cycles);
        }
        self.system.sync_all(self.system.clock);
    }

    /// Runs to `limit`, or to the next event if that comes first, and deals with it.
    fn run_slice(&mut self, limit: u64) {
        let until = self.system.next_event.min(limit);
        while self.system.clock < until.min(self.system.next_event) {
            self.instructions += 1;
            self.cpu.step(&mut self.system);
        }
        if self.system.clock >= self.system.next_event {
            self.attend(limit);
        }
    }

    /// Between two instructions: brings peripherals up to now, then dispatches an interrupt or waits, if it is time.
    #[cold]
    fn attend(&mut self, limit: u64) {
        let system = &mut self.system;
        system.sync_all(system.clock);
        let due = system.enabled & system.requested & interrupts::ALL;
        match self.cpu.mode {
            Mode::Running => {}
            Mode::Halted if due == 0 => {
                system.schedule();
                let wake = system.wake_at().min(limit).max(system.clock + 1);
                system.clock = system.clock + (wake - system.clock).div_ceil(T_PER_M) * T_PER_M;
                return;
            }
            Mode::Halted => self.cpu.mode = Mode::Running,
            Mode::Stopped | Mode::LockedUp => {
                system.clock = limit.max(system.clock);
                return;
            }
        }
        if self.cpu.ime && due != 0 {
            self.dispatch_interrupt();
            return;
        }
        if self.cpu.ime_pending {
            self.cpu.ime_pending = false;
            self.cpu.ime = true;
            self.instructions += 1;
            self.cpu.step(system);
            system.look_soon();
            return;
        }
        system.schedule();
    }

    /// Five M-cycles: the discarded fetch, an idle one, two pushes, the jump.
    fn dispatch_interrupt(&mut self) {
        let system = &mut self.system;
        let registers = &mut self.cpu.registers;
        self.cpu.ime = false;
        let [high, low] = registers.pc.to_be_bytes();
        system.idle();
        system.idle();
        registers.sp = registers.sp.wrapping_sub(1);
        system.write(registers.sp, high);
        // The push may have overwritten IE: what is enabled counts from here, what is requested after the next push.
        let enabled = system.enabled;
        registers.sp = registers.sp.wrapping_sub(1);
        system.write(registers.sp, low);
        system.sync_all(system.clock);
        let due = enabled & system.requested & interrupts::ALL;
        registers.pc = interrupts::vector(due);
        system.requested &= !(due & due.wrapping_neg());
        system.idle();
        system.look_soon();
    }
}
