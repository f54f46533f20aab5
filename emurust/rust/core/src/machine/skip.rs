//! Passing over the turns of an idle loop.

use super::Machine;
use crate::cpu::Mode;
use crate::idle::{address_reads, reads};

/// Instructions of a turn at most.
const LONGEST_TURN: u64 = 12;

impl<const EXACT: bool> Machine<EXACT> {
    /// If the loop that the last jump began anew stands still, passes over whole turns up to the next event or change of
    /// what it reads.
    ///
    /// A turn that leaves all registers as they were, with nothing written, is followed by equal turns for as long as its
    /// reads give the same: the machine goes through the very states that it would go through turn by turn.
    pub(super) fn skip_idle_loop(&mut self) {
        let Some(idle) = self.system.loops.take() else {
            return;
        };
        let waits = self.cpu.mode != Mode::Running || self.cpu.ime_pending || self.cpu.halt_bug;
        if waits || self.cpu.registers.pc != idle.from || self.system.clock >= self.system.next_event {
            return;
        }
        let mut read = idle.reads.unwrap_or(0);
        if read & reads::AT_HL != 0 {
            match address_reads(self.cpu.registers.hl()) {
                Some(more) => read |= more,
                None => return self.system.loops.note(idle.from, false),
            }
        }
        // As of the turn's beginning: what changes during it does not count as standing still.
        let until = self.system.next_event.min(self.system.next_change(read));
        let (registers, start, executed) = (self.cpu.registers, self.system.clock, self.instructions);
        loop {
            self.step();
            let pc = self.cpu.registers.pc;
            let turn = self.instructions - executed;
            if self.system.clock >= self.system.next_event || !(idle.from..idle.to).contains(&pc) || turn > LONGEST_TURN
            {
                return;
            }
            if pc == idle.from {
                break;
            }
        }
        let now = self.system.clock;
        let stands_still = self.cpu.registers == registers;
        self.system.loops.note(idle.from, stands_still);
        if !stands_still {
            return;
        }
        let turn = now - start;
        let turns = until.saturating_sub(now) / turn;
        self.system.clock += turns * turn;
        self.skipped += turns * (self.instructions - executed);
    }
}
