//! Everything but the CPU: the memory map, the clock and the peripherals behind it.
//!
//! Time is deferred. A bus access costs four additions to the clock; peripherals are brought up to it only where the CPU
//! looks at them or where an interrupt may be due.

use std::sync::Arc;

use crate::bus::Bus;
use crate::cartridge::header::RomError;
use crate::cartridge::{Cartridge, OPEN_BUS};
use crate::clock::{NEVER, T_PER_M};
use crate::dma::Dma;
use crate::interrupts::{self, JOYPAD};
use crate::joypad::Joypad;
use crate::ppu::Ppu;
use crate::serial::Serial;
use crate::timer::Timer;

/// The counter behind DIV as the DMG's boot ROM leaves it.
const COUNTER_AFTER_BOOT: u16 = 0xABCC;

/// Memory and peripherals. `EXACT` ticks them at every M-cycle instead of deferring: slow, and the proof of the fast way.
#[derive(Clone, Debug)]
pub struct System<const EXACT: bool> {
    /// T since power-on: the time of the next bus access.
    pub(crate) clock: u64,
    /// Clock at which something may have to be done before the next instruction; T.
    pub(crate) next_event: u64,
    /// OAM DMA is engaged, so that every access takes the slow way.
    dma_is_engaged: bool,
    pub(crate) cartridge: Cartridge,
    /// C000-DFFF.
    pub(crate) wram: Box<[u8; 0x2000]>,
    /// FF80-FFFE, and the unused byte FFFF.
    pub(crate) hram: [u8; 0x80],
    /// IE.
    pub(crate) enabled: u8,
    /// IF.
    pub(crate) requested: u8,
    pub(crate) timer: Timer,
    pub(crate) serial: Serial,
    /// The timer's counter up to which the serial port is right, in edges of its clock.
    serial_synced: u64,
    pub(crate) joypad: Joypad,
    pub(crate) dma: Dma,
    pub(crate) ppu: Ppu,
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
            dma_is_engaged: false,
            cartridge: Cartridge::new(rom)?,
            wram: Box::new([0; 0x2000]),
            hram: [0; 0x80],
            enabled: 0,
            requested: interrupts::VBLANK,
            timer: Timer::new(COUNTER_AFTER_BOOT),
            serial: Serial::default(),
            serial_synced: 0,
            joypad: Joypad::default(),
            dma: Dma::default(),
            ppu: Ppu::after_boot(),
        })
    }

    /// Brings every peripheral up to `now`.
    pub(crate) fn sync_all(&mut self, now: u64) {
        self.sync_dma(now);
        self.requested |= self.timer.sync(now) | self.ppu.sync(now);
        self.sync_serial(now);
        self.cartridge.sync(now);
    }

    /// Sets the time of the next look at the peripherals.
    pub(crate) fn schedule(&mut self) {
        let mut next = self.ppu.next_event(self.enabled);
        if self.enabled & interrupts::TIMER != 0 {
            next = next.min(self.timer.next_event());
        }
        if self.enabled & interrupts::SERIAL != 0 {
            next = next.min(self.serial.next_event(self.timer.counter(self.clock), self.clock));
        }
        self.next_event = next;
    }

    /// Looks at the peripherals before the next instruction.
    pub(crate) fn look_soon(&mut self) {
        self.next_event = 0;
    }

    fn sync_serial(&mut self, now: u64) {
        let _ = now;
    }

    fn sync_dma(&mut self, now: u64) {
        while let Some((address, place)) = self.dma.take(now) {
            let value = self.dma_source(address);
            self.dma.put(value);
            self.ppu.oam[usize::from(place)] = value;
        }
        self.dma_is_engaged = self.dma.is_engaged(now);
    }

    fn dma_source(&mut self, address: u16) -> u8 {
        match address >> 13 {
            0 | 1 => self.cartridge.read_rom_low(address),
            2 | 3 => self.cartridge.read_rom_high(address),
            4 => self.ppu.vram[usize::from(address & 0x1FFF)],
            5 => self.cartridge.read_ram(address, self.clock),
            _ => self.wram[usize::from(address & 0x1FFF)],
        }
    }

    /// Reads `address` at the present clock.
    #[inline(always)]
    fn read_now(&mut self, address: u16) -> u8 {
        if self.dma_is_engaged {
            return self.read_with_dma(address);
        }
        match address >> 13 {
            0 | 1 => self.cartridge.read_rom_low(address),
            2 | 3 => self.cartridge.read_rom_high(address),
            6 => self.wram[usize::from(address & 0x1FFF)],
            _ => self.read_slow(address),
        }
    }

    #[cold]
    fn read_with_dma(&mut self, address: u16) -> u8 {
        self.sync_dma(self.clock);
        if let Some(value) = self.dma.conflict(address, self.clock) {
            return value;
        }
        if matches!(address, 0xFE00..=0xFEFF) && self.dma.holds_oam(self.clock) {
            return OPEN_BUS;
        }
        match address >> 13 {
            0 | 1 => self.cartridge.read_rom_low(address),
            2 | 3 => self.cartridge.read_rom_high(address),
            _ => self.read_slow(address),
        }
    }

    /// Reads 8000-BFFF and C000-FFFF.
    fn read_slow(&mut self, address: u16) -> u8 {
        match address {
            0xFF80..=0xFFFE => self.hram[usize::from(address & 0x7F)],
            0xC000..=0xFDFF => self.wram[usize::from(address & 0x1FFF)],
            0x0000..=0x9FFF => {
                self.requested |= self.ppu.sync(self.clock);
                if self.ppu.vram_is_readable(self.clock) {
                    self.ppu.vram[usize::from(address & 0x1FFF)]
                } else {
                    OPEN_BUS
                }
            }
            0xA000..=0xBFFF => self.cartridge.read_ram(address, self.clock),
            0xFE00..=0xFEFF => {
                self.requested |= self.ppu.sync(self.clock);
                if !self.ppu.oam_is_readable(self.clock) {
                    OPEN_BUS
                } else {
                    self.ppu.oam.get(usize::from(address & 0xFF)).copied().unwrap_or(0)
                }
            }
            0xFF00..=0xFF7F => self.read_io(address),
            0xFFFF => self.enabled,
        }
    }

    /// Reads FF00-FF7F.
    fn read_io(&mut self, address: u16) -> u8 {
        let now = self.clock;
        match address {
            0xFF00 => self.joypad.read(),
            0xFF01 | 0xFF02 => {
                self.sync_serial(now);
                if address == 0xFF01 {
                    self.serial.data()
                } else {
                    self.serial.control()
                }
            }
            0xFF04..=0xFF07 => {
                self.requested |= self.timer.sync(now);
                self.timer.read(address - 0xFF04, now)
            }
            0xFF0F => {
                self.sync_all(now);
                self.requested | 0xE0
            }
            0xFF46 => self.dma.register,
            0xFF40..=0xFF4B => {
                self.requested |= self.ppu.sync(now);
                self.ppu.read(address - 0xFF40, now)
            }
            _ => OPEN_BUS,
        }
    }

    /// Writes `address` at the present clock.
    #[inline(always)]
    fn write_now(&mut self, address: u16, value: u8) {
        if address >> 13 == 6 && !self.dma_is_engaged {
            self.wram[usize::from(address & 0x1FFF)] = value;
        } else {
            self.write_slow(address, value);
        }
    }

    fn write_slow(&mut self, address: u16, value: u8) {
        let now = self.clock;
        if self.dma_is_engaged {
            self.sync_dma(now);
            if self.dma.conflict(address, now).is_some() {
                return;
            }
        }
        match address {
            0xFF80..=0xFFFE => self.hram[usize::from(address & 0x7F)] = value,
            0xC000..=0xFDFF => self.wram[usize::from(address & 0x1FFF)] = value,
            0x0000..=0x7FFF => self.cartridge.write_register(address, value, now),
            0x8000..=0x9FFF => {
                self.requested |= self.ppu.sync(now);
                if self.ppu.vram_is_writable(now) {
                    self.ppu.vram[usize::from(address & 0x1FFF)] = value;
                }
            }
            0xA000..=0xBFFF => self.cartridge.write_ram(address, value, now),
            0xFE00..=0xFEFF => {
                self.requested |= self.ppu.sync(now);
                if self.ppu.oam_is_writable(now) && !self.dma.holds_oam(now) {
                    if let Some(byte) = self.ppu.oam.get_mut(usize::from(address & 0xFF)) {
                        *byte = value;
                    }
                }
            }
            0xFF00..=0xFF7F => self.write_io(address, value),
            0xFFFF => {
                self.sync_all(now);
                self.enabled = value;
                self.look_soon();
            }
        }
    }

    /// Writes FF00-FF7F.
    fn write_io(&mut self, address: u16, value: u8) {
        let now = self.clock;
        match address {
            0xFF00 => {
                if self.joypad.write(value) {
                    self.requested |= JOYPAD;
                }
            }
            0xFF01 => {
                self.sync_serial(now);
                self.serial.set_data(value);
            }
            0xFF02 => {
                self.sync_serial(now);
                self.serial.set_control(value);
            }
            0xFF04..=0xFF07 => {
                self.sync_serial(now);
                self.requested |= self.timer.sync(now);
                self.timer.write(address - 0xFF04, value, now);
            }
            0xFF0F => {
                self.sync_all(now);
                self.requested = value & interrupts::ALL;
            }
            0xFF46 => {
                self.sync_dma(now);
                self.dma.request(value, now);
                self.dma_is_engaged = true;
                return;
            }
            0xFF40..=0xFF4B => {
                self.requested |= self.ppu.sync(now);
                self.requested |= self.ppu.write(address - 0xFF40, value, now);
            }
            _ => return,
        }
        self.look_soon();
    }

    /// Reads `address` as the CPU would now, without taking time and without the locks of PPU and DMA.
    pub(crate) fn peek(&mut self, address: u16) -> u8 {
        match address {
            0x8000..=0x9FFF => self.ppu.vram[usize::from(address & 0x1FFF)],
            0xFE00..=0xFEFF => self.ppu.oam.get(usize::from(address & 0xFF)).copied().unwrap_or(0),
            0x0000..=0x3FFF => self.cartridge.read_rom_low(address),
            0x4000..=0x7FFF => self.cartridge.read_rom_high(address),
            _ => self.read_slow(address),
        }
    }

    /// Writes `address` as the CPU would now, without taking time and without the locks of PPU and DMA.
    pub(crate) fn poke(&mut self, address: u16, value: u8) {
        match address {
            0x8000..=0x9FFF => self.ppu.vram[usize::from(address & 0x1FFF)] = value,
            0xFE00..=0xFEFF => {
                if let Some(byte) = self.ppu.oam.get_mut(usize::from(address & 0xFF)) {
                    *byte = value;
                }
            }
            _ => self.write_slow(address, value),
        }
    }

    #[inline(always)]
    fn pass(&mut self) {
        self.clock += T_PER_M;
        if EXACT {
            self.sync_all(self.clock);
        }
    }

    /// A clock that the next event does not come before, for waiting; [`NEVER`] if nothing will come.
    pub(crate) fn wake_at(&self) -> u64 {
        let _ = NEVER;
        self.next_event
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
    fn attention(&mut self) {
        self.look_soon();
    }
}
