//! OAM DMA: 160 bytes, one an M-cycle, from the second M-cycle after the write (Pan Docs, "OAM DMA transfer").

use crate::clock::{NEVER, T_PER_M};

/// Bytes of a transfer, all of OAM.
pub const LENGTH: u8 = 160;

/// One byte's way.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Transfer {
    /// Where it is read.
    pub address: u16,
    /// Its place in OAM, 0 to 159.
    pub place: u8,
    /// Its clock; T.
    pub at: u64,
}

/// The DMA register and the running transfer.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Dma {
    /// FF46 as written.
    pub register: u8,
    /// Address of the running transfer's first byte.
    source: u16,
    /// The running transfer's next byte, [`LENGTH`] when none runs.
    index: u8,
    /// Clock of that byte; T.
    next_at: u64,
    /// Clock of the first byte of a requested transfer, or [`NEVER`]; T.
    requested_at: u64,
    /// The byte last put on the bus, and when; T.
    last: u8,
    last_at: u64,
}

/// What a saved state holds of the transfer, with times relative to the moment of saving.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct DmaState {
    /// FF46.
    pub register: u8,
    /// Address of the running transfer's first byte.
    pub source: u16,
    /// Its next byte, 160 for none.
    pub index: u8,
    /// T until that byte.
    pub next_in: u8,
    /// T until the first byte of a requested transfer, 0 for none.
    pub requested_in: u8,
    /// Whether a byte is on the bus now.
    pub is_on_bus: bool,
    /// That byte.
    pub on_bus: u8,
}

crate::state::codec!(DmaState { register, source, index, next_in, requested_in, is_on_bus, on_bus });

impl Default for Dma {
    fn default() -> Self {
        Self { register: 0xFF, source: 0, index: LENGTH, next_at: NEVER, requested_at: NEVER, last: 0, last_at: NEVER }
    }
}

impl Dma {
    /// A write of `value` to FF46 at `now`: requests a transfer, while a running one goes on for an M-cycle.
    pub fn request(&mut self, value: u8, now: u64) {
        self.register = value;
        self.requested_at = now + 2 * T_PER_M;
    }

    /// Whether a transfer runs or is requested.
    #[must_use]
    pub fn is_engaged(&self, now: u64) -> bool {
        self.index < LENGTH || self.requested_at != NEVER || self.last_at == now
    }

    /// The next byte, if its time is `now` or before.
    pub fn take(&mut self, now: u64) -> Option<Transfer> {
        if self.requested_at <= self.next_at && self.requested_at <= now {
            // Above DFFF the DMA sees the echo of work RAM: its address lines do not reach OAM and I/O.
            let page = if self.register >= 0xE0 { self.register & 0xDF } else { self.register };
            self.source = u16::from(page) << 8;
            self.index = 0;
            self.next_at = self.requested_at;
            self.requested_at = NEVER;
        }
        if self.next_at > now {
            return None;
        }
        let taken = Transfer { address: self.source + u16::from(self.index), place: self.index, at: self.next_at };
        self.last_at = self.next_at;
        self.index += 1;
        self.next_at = if self.index == LENGTH { NEVER } else { self.next_at + T_PER_M };
        Some(taken)
    }

    /// The bytes that are due up to `now`, if all come from one transfer: the first one's address and place, and how many.
    /// They count as taken; the last is to be put.
    pub fn take_all(&mut self, now: u64) -> Option<(u16, usize, usize)> {
        if self.requested_at <= now || self.next_at > now {
            return None;
        }
        let place = usize::from(self.index);
        let count = (1 + (now - self.next_at) / T_PER_M).min(u64::from(LENGTH - self.index));
        self.index += count as u8;
        self.last_at = self.next_at + (count - 1) * T_PER_M;
        self.next_at = if self.index == LENGTH { NEVER } else { self.last_at + T_PER_M };
        Some((self.source + place as u16, place, count as usize))
    }

    /// Whether the running transfer reads work RAM.
    #[must_use]
    pub fn reads_work_ram(&self) -> bool {
        self.source >= 0xC000 && self.index > 0
    }

    /// Clock at which the CPU has OAM again; T.
    #[must_use]
    pub fn ends_at(&self) -> u64 {
        let ends = |first: u64, left: u8| {
            if first == NEVER {
                0
            } else {
                first + u64::from(left) * T_PER_M
            }
        };
        ends(self.requested_at, LENGTH).max(ends(self.next_at, LENGTH - self.index.min(LENGTH)))
    }

    /// Notes the byte that the transfer put on the bus.
    pub fn put(&mut self, value: u8) {
        self.last = value;
    }

    /// Whether the transfer keeps the CPU from OAM at `now`.
    #[must_use]
    pub fn holds_oam(&self, now: u64) -> bool {
        self.last_at == now
    }

    /// The byte that the CPU sees where it reads `address` at `now` on the bus that the transfer uses.
    #[must_use]
    pub fn conflict(&self, address: u16, now: u64) -> Option<u8> {
        let is_video = |address: u16| matches!(address >> 13, 4);
        (self.last_at == now && address < 0xFE00 && is_video(address) == is_video(self.source)).then_some(self.last)
    }

    /// The transfer as a saved state keeps it, synced to `now`.
    #[must_use]
    pub fn state(&self, now: u64) -> DmaState {
        let until = |clock: u64| if clock == NEVER { 0 } else { (clock - now) as u8 };
        DmaState {
            register: self.register,
            source: self.source,
            index: self.index,
            next_in: until(self.next_at),
            requested_in: until(self.requested_at),
            is_on_bus: self.last_at == now,
            on_bus: if self.last_at == now { self.last } else { 0 },
        }
    }

    /// The transfer that `state` describes, at `now`; none if no machine can be in it.
    #[must_use]
    pub fn from_state(state: DmaState, now: u64) -> Option<Self> {
        let DmaState { register, source, index, next_in, requested_in, is_on_bus, on_bus } = state;
        let runs = index < LENGTH;
        if index > LENGTH
            || source & 0xFF != 0
            || source >= 0xE000
            || requested_in > 8
            || runs != (next_in > 0)
            || next_in > 4
        {
            return None;
        }
        let at = |delay: u8| if delay == 0 { NEVER } else { now + u64::from(delay) };
        Some(Self {
            register,
            source,
            index,
            next_at: at(next_in),
            requested_at: at(requested_in),
            last: on_bus,
            last_at: if is_on_bus { now } else { NEVER },
        })
    }
}
