//! Running: instructions, interrupts and waiting.

use super::Machine;
use crate::bus::Bus;
use crate::clock::{T_PER_FRAME, T_PER_M};
use crate::cpu::Mode;
use crate::interrupts;

/// HALT looks at the requests in the middle of an M-cycle: one that comes later wakes the CPU an M-cycle later.
const HALT_LOOKS_AHEAD: u64 = 2;
/// The opcode of HALT.
const HALT: u8 = 0x76;

impl<const EXACT: bool> Machine<EXACT> {
    /// Runs to the next start of the vertical blank, or for 70,224 T if none comes until then.
    ///
    /// Draws the picture that ends there only if `draw`; [`Machine::frame`] keeps the last drawn one otherwise.
    pub fn run_frame(&mut self, draw: bool) {
        self.system.ppu.set_drawing(draw);
        let pictures = self.system.ppu.pictures();
        self.pictures_seen = pictures;
        let limit = self.system.clock + T_PER_FRAME;
        while self.system.clock < limit && self.pictures_seen == pictures {
            self.run_slice(limit);
        }
        self.rest();
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
        self.rest();
    }

    /// Brings everything up to the present clock, as it is between two calls.
    fn rest(&mut self) {
        let now = self.system.clock;
        self.system.sync_all(now);
        self.system.ppu.complete(now);
        // What the caller changes between two calls must be noticed.
        self.system.look_soon();
    }

    /// Runs to the next event or to `limit` and deals with what is due.
    fn run_slice(&mut self, limit: u64) {
        self.system.limit = limit;
        self.system.next_event = self.system.next_event.min(limit);
        self.skip_idle_loop();
        if self.hooks.is_empty() {
            let counts = self.system.run(&mut self.cpu, &self.rom);
            self.instructions += counts.executed;
            self.skipped += counts.skipped;
        } else {
            while self.system.clock < self.system.next_event {
                self.count_hooks();
                self.step();
            }
        }
        self.attend();
    }

    #[inline(always)]
    pub(super) fn step(&mut self) {
        self.instructions += 1;
        self.cpu.step(&mut self.system);
    }

    /// Counts the instruction at PC if there is a hook on it.
    fn count_hooks(&mut self) {
        let pc = self.cpu.registers.pc;
        if !self.hook_bytes[usize::from(pc & 0xFF)] {
            return;
        }
        for (hook, count) in self.hooks.iter().zip(&mut self.hook_counts) {
            if hook.address == pc && (pc >= 0x8000 || self.system.cartridge.bank_at(pc) == hook.bank) {
                *count += 1;
            }
        }
    }

    /// Enabled and requested interrupts.
    fn due(&self) -> u8 {
        self.system.enabled & self.system.requested & interrupts::ALL
    }

    /// Between two instructions: brings peripherals up to now, then dispatches an interrupt or waits, if it is time.
    #[cold]
    fn attend(&mut self) {
        let now = self.system.clock;
        self.system.sync_requests(now);
        let pictures = self.system.ppu.pictures();
        let is_new_picture = std::mem::replace(&mut self.pictures_seen, pictures) != pictures;
        let waits = match self.cpu.mode {
            Mode::Halted => self.due() == 0,
            Mode::Stopped | Mode::LockedUp => true,
            Mode::Running | Mode::Halting | Mode::Stopping => false,
        };
        if waits && is_new_picture {
            // A frame ends here; whoever runs on comes back.
            return;
        }
        match self.cpu.mode {
            Mode::Running => {}
            Mode::Halting => return self.enter_halt(),
            Mode::Halted => return self.wait_halted(),
            Mode::Stopping => return self.enter_stop(),
            Mode::Stopped => return self.wait_stopped(),
            Mode::LockedUp => {
                self.system.schedule();
                self.wait_until(self.system.next_event);
                return;
            }
        }
        if self.cpu.ime && self.due() != 0 {
            self.dispatch_interrupt();
            return;
        }
        self.system.schedule();
        // At the limit nothing more is executed, or a run cut in pieces would not be the same run.
        if now >= self.system.limit {
            return;
        }
        if self.cpu.ime_pending {
            self.enable_interrupts();
        } else if self.cpu.halt_bug {
            self.step();
        }
    }

    /// EI takes effect after the instruction that follows it.
    fn enable_interrupts(&mut self) {
        self.cpu.ime_pending = false;
        self.cpu.ime = true;
        let pc = self.cpu.registers.pc;
        if self.due() != 0 && self.system.peek(pc) == HALT {
            // HALT ends at once, and the handler returns to it.
            self.system.look_soon();
            return;
        }
        if !self.hooks.is_empty() {
            self.count_hooks();
        }
        self.step();
        self.system.look_soon();
    }

    /// HALT was executed: it waits, unless a request is there already.
    fn enter_halt(&mut self) {
        if self.due() == 0 {
            self.cpu.mode = Mode::Halted;
            return;
        }
        self.cpu.mode = Mode::Running;
        self.cpu.halt_bug = !self.cpu.ime;
    }

    /// Waits in HALT for a request, at most until about `limit`.
    fn wait_halted(&mut self) {
        let now = self.system.clock;
        if self.due() != 0 {
            // It came after the last look.
            self.system.clock = now + T_PER_M;
            self.cpu.mode = Mode::Running;
            self.system.look_soon();
            return;
        }
        self.system.schedule();
        let event = self.system.next_event;
        let wanted = if EXACT { 0 } else { self.system.limit.min(event.saturating_add(HALT_LOOKS_AHEAD)) };
        let resume = wanted.max(now + T_PER_M).next_multiple_of(T_PER_M);
        self.system.clock = resume;
        self.system.sync_requests(resume - HALT_LOOKS_AHEAD);
        if self.due() != 0 {
            self.cpu.mode = Mode::Running;
        }
        self.system.look_soon();
    }

    /// STOP was executed (Pan Docs, "Using the STOP instruction").
    fn enter_stop(&mut self) {
        let has_request = self.due() != 0;
        let has_button = self.system.joypad.any_low();
        if !has_request {
            self.cpu.registers.pc = self.cpu.registers.pc.wrapping_add(1);
        }
        self.cpu.mode = match (has_button, has_request) {
            (true, true) => Mode::Running,
            (true, false) => Mode::Halted,
            (false, _) => {
                self.system.reset_counter(self.system.clock);
                Mode::Stopped
            }
        };
        self.system.look_soon();
    }

    /// Waits in STOP for a button, at most until `limit`. The picture goes on, which on a DMG it would not.
    fn wait_stopped(&mut self) {
        if self.system.joypad.any_low() {
            self.cpu.mode = Mode::Running;
            self.system.look_soon();
            return;
        }
        self.system.schedule();
        let now = self.system.clock;
        let until = if EXACT { now + T_PER_M } else { self.system.next_event.max(now + 1) };
        self.system.stand_still(until.next_multiple_of(T_PER_M) - now);
        self.system.look_soon();
    }

    /// Lets time pass to `event`, at least an M-cycle.
    fn wait_until(&mut self, event: u64) {
        let now = self.system.clock;
        let until = if EXACT { now + T_PER_M } else { event.max(now + 1).next_multiple_of(T_PER_M) };
        self.system.clock = until;
        self.system.sync_requests(until);
        self.system.look_soon();
    }

    /// Five M-cycles: the discarded fetch, two idle ones, two pushes.
    fn dispatch_interrupt(&mut self) {
        let system = &mut self.system;
        let registers = &mut self.cpu.registers;
        self.cpu.ime = false;
        self.cpu.ime_pending = false;
        let [high, low] = registers.pc.to_be_bytes();
        system.idle();
        system.idle();
        system.idle_stepping(registers.sp);
        registers.sp = registers.sp.wrapping_sub(1);
        system.write(registers.sp, high);
        // The push may have overwritten IE: what is enabled counts from here, what is requested after the next push.
        let enabled = system.enabled;
        registers.sp = registers.sp.wrapping_sub(1);
        registers.pc = system.push_and_take_interrupt(registers.sp, low, enabled);
        system.look_soon();
    }
}
