//! Everything but the CPU: the clock, and the peripherals behind it.
//!
//! Time is deferred. A bus access adds four to the clock; peripherals are brought up to it only where the CPU looks at
//! them or where an interrupt may be due.

mod deferred;
mod io;
mod memory;
mod saved;

use std::sync::Arc;

use crate::apu::Apu;
use crate::bus::Bus;
use crate::cartridge::header::RomError;
use crate::cartridge::Cartridge;
use crate::clock::T_PER_M;
use crate::dma::{Dma, Transfer};
use crate::idle::{reads, Loops};
use crate::interrupts;
use crate::joypad::Joypad;
use crate::ppu::{Access, Ppu};
use crate::serial::Serial;
use crate::timer::Timer;

/// The counter behind DIV as the DMG's boot ROM leaves it.
const COUNTER_AFTER_BOOT: u16 = 0xABCC;

/// Memory and peripherals. With `EXACT` they are ticked at every T-cycle instead of deferred: slow, and the proof of the
/// fast way.
#[derive(Clone, Debug)]
pub struct System<const EXACT: bool> {
    /// T since power-on: the time of the next bus access.
    pub(crate) clock: u64,
    /// Clock at which something may have to be done before the next instruction; T.
    pub(crate) next_event: u64,
    /// Clock at which whoever runs the machine wants it back; T.
    pub(crate) limit: u64,
    /// Clock up to which the exact machine has ticked; T.
    ticked: u64,
    /// OAM DMA is engaged, so that every access takes the slow way.
    dma_is_engaged: bool,
    pub(crate) cartridge: Cartridge,
    /// C000-DFFF.
    pub(crate) wram: [u8; 0x2000],
    /// FF80-FFFE.
    pub(crate) hram: [u8; 0x80],
    /// IE.
    pub(crate) enabled: u8,
    /// IF.
    pub(crate) requested: u8,
    pub(crate) timer: Timer,
    pub(crate) serial: Serial,
    /// Clock up to which the serial port is right; T.
    serial_synced: u64,
    pub(crate) joypad: Joypad,
    pub(crate) dma: Dma,
    pub(crate) ppu: Ppu,
    pub(crate) apu: Apu,
    /// Idle loops are looked for.
    pub(crate) skips: bool,
    pub(crate) loops: Loops,
}

impl<const EXACT: bool> System<EXACT> {
    /// The machine as the DMG's boot ROM leaves it.
    ///
    /// # Errors
    /// The image is not a ROM that can be run.
    pub fn after_boot(rom: Arc<[u8]>) -> Result<Self, RomError> {
        Ok(Self {
            clock: 0,
            next_event: 0,
            limit: 0,
            ticked: 0,
            dma_is_engaged: false,
            cartridge: Cartridge::new(rom)?,
            wram: [0; 0x2000],
            hram: [0; 0x80],
            enabled: 0,
            requested: interrupts::VBLANK,
            timer: Timer::new(COUNTER_AFTER_BOOT),
            serial: Serial::default(),
            serial_synced: 0,
            joypad: Joypad::default(),
            dma: Dma::default(),
            ppu: Ppu::after_boot(EXACT),
            apu: Apu::after_boot(),
            skips: true,
            loops: Loops::default(),
        })
    }

    /// Brings every peripheral up to `now`, which is not before the last time.
    pub(crate) fn sync_all(&mut self, now: u64) {
        if EXACT {
            self.tick_to(now);
            return;
        }
        self.sync_dma(now);
        self.sync_ppu(now);
        self.sync_timer(now);
        self.sync_serial(now);
        self.sync_apu(now);
        self.cartridge.sync(now);
    }

    /// Brings up to `now` what may request an interrupt.
    pub(crate) fn sync_requests(&mut self, now: u64) {
        if EXACT {
            self.tick_to(now);
            return;
        }
        self.sync_dma(now);
        self.sync_ppu(now);
        self.requested |= self.timer.poll(now);
        if self.serial.is_running() {
            self.sync_serial(now);
        }
    }

    /// The exact machine's way: every T-cycle by itself.
    fn tick_to(&mut self, now: u64) {
        while self.ticked < now {
            self.tick(true);
        }
    }

    /// One T-cycle, with or without what hangs on the CPU's clock.
    fn tick(&mut self, with_cpu: bool) {
        self.ticked += 1;
        let now = self.ticked;
        self.requested |= self.ppu.tick(now);
        if now % T_PER_M != 0 {
            return;
        }
        if with_cpu {
            self.sync_serial(now);
            self.sync_apu(now);
            self.requested |= self.timer.tick(now);
        }
        self.sync_dma(now);
        self.cartridge.sync(now);
    }

    fn sync_ppu(&mut self, now: u64) {
        if !EXACT {
            self.requested |= self.ppu.sync(now);
        }
    }

    fn sync_timer(&mut self, now: u64) {
        if !EXACT {
            self.requested |= self.timer.sync(now);
        }
    }

    fn sync_apu(&mut self, now: u64) {
        self.apu.sync(now, self.timer.elapsed(now));
    }

    fn sync_serial(&mut self, now: u64) {
        let edges = self.timer.serial_edges(self.serial_synced, now);
        self.serial_synced = now;
        self.requested |= self.serial.shift(edges);
    }

    fn sync_dma(&mut self, now: u64) {
        if !self.dma_is_engaged {
            return;
        }
        let is_blank = !EXACT && self.ppu.is_blank_until(now);
        while let Some(transfer) = self.next_transfer(now, is_blank) {
            if transfer.place == 0 {
                self.ppu.take_oam(transfer.at, transfer.at + u64::from(crate::dma::LENGTH) * T_PER_M);
            }
            let value = self.dma_source(transfer.address);
            self.dma.put(value);
            if is_blank {
                self.ppu.set_oam_in_blank(usize::from(transfer.place), value);
            } else {
                self.sync_ppu(transfer.at);
                self.ppu.set_oam(usize::from(transfer.place), value, transfer.at);
            }
        }
        self.dma_is_engaged = self.dma.is_engaged(now);
    }

    /// The next byte of OAM DMA to be copied. In the blank, where the PPU takes no notice, copies those that come from work
    /// RAM all at once instead.
    fn next_transfer(&mut self, now: u64, is_blank: bool) -> Option<Transfer> {
        if is_blank && self.dma.reads_work_ram() {
            if let Some((address, place, count)) = self.dma.take_all(now) {
                let from = usize::from(address & 0x1FFF);
                let bytes = &self.wram[from..from + count];
                self.ppu.copy_to_oam_in_blank(place, bytes);
                self.dma.put(bytes[count - 1]);
            }
        }
        self.dma.take(now)
    }

    /// Lets `span` T pass with the clock of CPU and timer stopped.
    pub(crate) fn stand_still(&mut self, span: u64) {
        self.clock += span;
        self.timer.pause(span);
        self.serial_synced += span;
        self.apu.pause(span);
        while EXACT && self.ticked < self.clock {
            self.tick(false);
        }
    }

    /// STOP and writes to DIV: the counter behind DIV goes to zero.
    pub(crate) fn reset_counter(&mut self, now: u64) {
        self.sync_serial(now);
        self.sync_apu(now);
        self.sync_timer(now);
        let counter = self.timer.counter(now);
        self.apu.before_counter_reset(counter);
        if counter & 0x100 != 0 {
            self.requested |= self.serial.shift(1);
        }
        self.timer.reset_counter(now);
    }

    /// Sets the time of the next look at the peripherals, which are up to date.
    pub(crate) fn schedule(&mut self) {
        let mut next = self.ppu.next_event(self.enabled);
        if self.enabled & interrupts::TIMER != 0 {
            next = next.min(self.timer.next_event());
        }
        if self.enabled & interrupts::SERIAL != 0 {
            let ends_in = self.serial.ends_in(self.timer.to_serial_edge(self.clock));
            next = next.min(self.clock.saturating_add(ends_in));
        }
        if self.dma_is_engaged {
            next = next.min(self.dma.ends_at().max(self.clock + 1));
        }
        self.next_event = next.min(self.limit);
    }

    /// A clock not after the next change of what a loop reads, bits of [`reads`]; the peripherals are up to date; T.
    pub(crate) fn next_change(&mut self, read: u8) -> u64 {
        let now = self.clock;
        let mut next = crate::clock::NEVER;
        if read & (reads::LY | reads::STAT) != 0 {
            self.sync_ppu(now);
            next = next.min(self.ppu.next_change(read & reads::STAT != 0));
        }
        if read & reads::REQUESTS != 0 {
            self.sync_requests(now);
            let ends_in = self.serial.ends_in(self.timer.to_serial_edge(now));
            next = next
                .min(self.ppu.next_event(interrupts::ALL))
                .min(self.timer.next_event())
                .min(now.saturating_add(ends_in));
        }
        next
    }

    /// Looks at the peripherals before the next instruction.
    #[inline(always)]
    pub(crate) fn look_soon(&mut self) {
        self.next_event = 0;
    }

    #[inline(always)]
    fn pass(&mut self) {
        self.clock += T_PER_M;
        if EXACT {
            self.tick_to(self.clock);
        }
    }

    /// The last M-cycle of an interrupt's dispatch: writes `low` to `address`, withdraws the request with the highest
    /// priority among those `enabled`, and returns its handler's address; 0 if the pushes have removed all.
    pub(crate) fn push_and_take_interrupt(&mut self, address: u16, low: u8, enabled: u8) -> u16 {
        self.write_now(address, low);
        self.sync_all(self.clock);
        let due = enabled & self.requested & interrupts::ALL;
        self.requested &= !(due & due.wrapping_neg());
        self.pass();
        interrupts::vector(due)
    }

    /// Where the CPU shows `address` to OAM while the PPU searches it, OAM is corrupted.
    #[inline(always)]
    fn show_to_oam(&mut self, address: u16, access: Access) {
        if address >> 8 == 0xFE {
            self.corrupt_oam(access);
        }
    }

    #[cold]
    fn corrupt_oam(&mut self, access: Access) {
        self.sync_ppu(self.clock);
        self.ppu.corrupt_oam(access, self.clock);
    }
}

impl<const EXACT: bool> Bus for System<EXACT> {
    #[inline(always)]
    fn read(&mut self, address: u16) -> u8 {
        let value = self.read_now(address);
        self.pass();
        value
    }

    #[inline(always)]
    fn write(&mut self, address: u16, value: u8) {
        self.write_now(address, value);
        self.pass();
    }

    #[inline(always)]
    fn idle(&mut self) {
        self.pass();
    }

    #[inline(always)]
    fn idle_stepping(&mut self, value: u16) {
        self.show_to_oam(value, Access::Write);
        self.pass();
    }

    #[inline(always)]
    fn read_stepping(&mut self, address: u16) -> u8 {
        if address >> 8 == 0xFE {
            let value = self.read_oam(address, Access::ReadAndCount);
            self.pass();
            return value;
        }
        self.read(address)
    }

    #[inline(always)]
    fn attention(&mut self) {
        self.look_soon();
    }

    #[inline(always)]
    fn is_due(&self) -> bool {
        self.clock >= self.next_event
    }
}
