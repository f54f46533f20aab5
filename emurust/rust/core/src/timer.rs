//! DIV and TIMA, computed from the clock when somebody looks (Pan Docs, "Timer and divider registers" and "Timer
//! obscure behaviour").
//!
//! One 16-bit counter counts every T-cycle. DIV is its high byte; TIMA counts the falling edges of one of its bits, gated
//! by TAC's enable bit. Where TIMA overflows it reads 0 for one M-cycle and is then loaded from TMA, with the interrupt.

use crate::clock::NEVER;
use crate::interrupts::TIMER;

/// DIV, TIMA, TMA and TAC.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Timer {
    /// Clock at which the counter was zero, modulo 2^64; T.
    origin: u64,
    /// Clock up to which `tima` is right; T.
    synced: u64,
    /// Clock before which no interrupt is requested if nothing is written; T.
    quiet_before: u64,
    /// Clock at which TIMA is loaded after an overflow, or [`NEVER`]; T.
    reload_at: u64,
    /// Clock of the last load, or [`NEVER`]: TIMA cannot be written in that M-cycle; T.
    reloaded_at: u64,
    tima: u8,
    tma: u8,
    tac: u8,
}

/// What a saved state holds of the timer, with times relative to the moment of saving.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct TimerState {
    /// The 16-bit counter.
    pub counter: u16,
    /// TIMA, TMA and TAC.
    pub registers: [u8; 3],
    /// T until the load after an overflow, 0 for none.
    pub reload_in: u8,
    /// Whether TIMA was loaded at this very moment.
    pub just_reloaded: bool,
}

crate::state::codec!(TimerState { counter, registers, reload_in, just_reloaded });

const ENABLED: u8 = 0x04;
/// T from the overflow to the load of TMA.
const RELOAD_DELAY: u64 = 4;

impl Timer {
    /// A stopped timer whose counter holds `counter` at clock 0.
    #[must_use]
    pub fn new(counter: u16) -> Self {
        Self {
            origin: 0u64.wrapping_sub(u64::from(counter)),
            synced: 0,
            quiet_before: 0,
            reload_at: NEVER,
            reloaded_at: NEVER,
            tima: 0,
            tma: 0,
            tac: 0,
        }
    }

    /// T since the counter was last zero, not wrapped at 16 bits.
    #[must_use]
    pub fn elapsed(&self, now: u64) -> u64 {
        now.wrapping_sub(self.origin)
    }

    /// The 16-bit counter.
    #[must_use]
    pub fn counter(&self, now: u64) -> u16 {
        (self.elapsed(now) & 0xFFFF) as u16
    }

    /// log2 of TIMA's period in T.
    fn shift(&self) -> u32 {
        [10, 4, 6, 8][usize::from(self.tac & 3)]
    }

    /// The signal whose falling edges TIMA counts.
    fn signal(&self, now: u64) -> bool {
        self.tac & ENABLED != 0 && self.elapsed(now) >> (self.shift() - 1) & 1 == 1
    }

    /// Whether the interrupt was requested up to `now`, as bits of IF; leaves TIMA behind where it can.
    #[inline(always)]
    pub fn poll(&mut self, now: u64) -> u8 {
        if now < self.quiet_before {
            0
        } else {
            self.sync(now)
        }
    }

    /// Brings TIMA up to `now`; whether it requested its interrupt on the way, as bits of IF.
    pub fn sync(&mut self, now: u64) -> u8 {
        let mut request = 0;
        loop {
            if self.reload_at != NEVER {
                if self.reload_at > now {
                    break;
                }
                self.tima = self.tma;
                self.reloaded_at = self.reload_at;
                self.reload_at = NEVER;
                request = TIMER;
            }
            if self.tac & ENABLED == 0 {
                break;
            }
            let shift = self.shift();
            let edges_before = self.elapsed(self.synced) >> shift;
            let edges = (self.elapsed(now) >> shift) - edges_before;
            let to_overflow = 0x100 - u64::from(self.tima);
            if edges < to_overflow {
                self.tima += edges as u8;
                break;
            }
            self.synced = self.origin.wrapping_add((edges_before + to_overflow) << shift);
            self.tima = 0;
            self.reload_at = self.synced + RELOAD_DELAY;
        }
        self.synced = now;
        self.quiet_before = self.next_event();
        request
    }

    /// Clock of the next interrupt request if nothing is written until then; T.
    #[must_use]
    pub fn next_event(&self) -> u64 {
        if self.reload_at != NEVER {
            return self.reload_at;
        }
        if self.tac & ENABLED == 0 {
            return NEVER;
        }
        let shift = self.shift();
        let edges = (self.elapsed(self.synced) >> shift) + 0x100 - u64::from(self.tima);
        self.origin.wrapping_add(edges << shift) + RELOAD_DELAY
    }

    /// The exact machine's way of keeping time: one M-cycle, looking at the signal before and after it.
    ///
    /// `now` is the M-cycle's end; returns bits of IF.
    pub fn tick(&mut self, now: u64) -> u8 {
        let mut request = 0;
        if self.reload_at == now {
            self.tima = self.tma;
            self.reload_at = NEVER;
            self.reloaded_at = now;
            request = TIMER;
        }
        if self.signal(now - RELOAD_DELAY) && !self.signal(now) {
            self.count(now);
        }
        self.synced = now;
        request
    }

    /// One falling edge.
    fn count(&mut self, now: u64) {
        self.tima = self.tima.wrapping_add(1);
        if self.tima == 0 {
            self.reload_at = now + RELOAD_DELAY;
        }
    }

    /// Reads DIV, TIMA, TMA or TAC, `index` 0 to 3; the timer is synced to `now`.
    #[must_use]
    pub fn read(&self, index: u16, now: u64) -> u8 {
        match index {
            0 => self.counter(now).to_be_bytes()[0],
            1 => self.tima,
            2 => self.tma,
            _ => self.tac | 0xF8,
        }
    }

    /// Writes DIV, TIMA, TMA or TAC, `index` 0 to 3; the timer is synced to `now`.
    pub fn write(&mut self, index: u16, value: u8, now: u64) {
        self.quiet_before = 0;
        match index {
            0 => self.reset_counter(now),
            1 if self.reloaded_at == now => {}
            1 => {
                self.tima = value;
                self.reload_at = NEVER;
            }
            2 => {
                self.tma = value;
                if self.reloaded_at == now {
                    self.tima = value;
                }
            }
            _ => {
                let before = self.signal(now);
                self.tac = value & 7;
                if before && !self.signal(now) {
                    self.count(now);
                }
            }
        }
    }

    /// Sets the counter to zero, as a write to DIV and STOP do.
    pub fn reset_counter(&mut self, now: u64) {
        self.quiet_before = 0;
        if self.signal(now) {
            self.count(now);
        }
        self.origin = now;
    }

    /// Falling edges of bit 8 of the counter, the serial port's clock, after `from` and up to `to`.
    #[must_use]
    pub fn serial_edges(&self, from: u64, to: u64) -> u64 {
        (self.elapsed(to) >> 9) - (self.elapsed(from) >> 9)
    }

    /// T to the next falling edge of bit 8.
    #[must_use]
    pub fn to_serial_edge(&self, now: u64) -> u64 {
        0x200 - (self.elapsed(now) & 0x1FF)
    }

    /// Lets `span` T pass for which the timer stands still; it is synced to their beginning.
    pub fn pause(&mut self, span: u64) {
        self.quiet_before = 0;
        self.origin = self.origin.wrapping_add(span);
        self.synced += span;
        for clock in [&mut self.reload_at, &mut self.reloaded_at] {
            if *clock != NEVER {
                *clock += span;
            }
        }
    }

    /// The timer as a saved state keeps it; the timer is synced to `now`.
    #[must_use]
    pub fn state(&self, now: u64) -> TimerState {
        TimerState {
            counter: self.counter(now),
            registers: [self.tima, self.tma, self.tac],
            reload_in: if self.reload_at == NEVER { 0 } else { (self.reload_at - now) as u8 },
            just_reloaded: self.reloaded_at == now,
        }
    }

    /// The timer that `state` describes, synced to `now`; none if no timer can be so.
    #[must_use]
    pub fn from_state(state: TimerState, now: u64) -> Option<Self> {
        let TimerState { registers: [tima, modulo, tac], .. } = state;
        if tac > 7 || u64::from(state.reload_in) > RELOAD_DELAY {
            return None;
        }
        Some(Self {
            origin: now.wrapping_sub(u64::from(state.counter)),
            synced: now,
            quiet_before: 0,
            reload_at: if state.reload_in == 0 { NEVER } else { now + u64::from(state.reload_in) },
            reloaded_at: if state.just_reloaded { now } else { NEVER },
            tima,
            tma: modulo,
            tac,
        })
    }
}
