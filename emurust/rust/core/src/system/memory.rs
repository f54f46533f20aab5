//! The memory map (Pan Docs, "Memory map") and the conflicts on it.

use super::System;
use crate::cartridge::OPEN_BUS;
use crate::interrupts;
use crate::ppu::Access;

impl<const EXACT: bool> System<EXACT> {
    /// Reads `address` at the present clock.
    #[inline(always)]
    pub(super) fn read_now(&mut self, address: u16) -> u8 {
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

    /// While OAM DMA runs, its source's bus carries its byte, and OAM is out of reach.
    #[cold]
    fn read_with_dma(&mut self, address: u16) -> u8 {
        if address >= 0xFF80 {
            return self.read_slow(address);
        }
        self.sync_dma(self.clock);
        if let Some(value) = self.dma.conflict(address, self.clock) {
            return value;
        }
        if address >> 8 == 0xFE && self.dma.holds_oam(self.clock) {
            return OPEN_BUS;
        }
        self.read_slow(address)
    }

    /// Reads any address.
    pub(super) fn read_slow(&mut self, address: u16) -> u8 {
        match address {
            0xFF80..=0xFFFE => self.hram[usize::from(address & 0x7F)],
            0xC000..=0xFDFF => self.wram[usize::from(address & 0x1FFF)],
            0x0000..=0x3FFF => self.cartridge.read_rom_low(address),
            0x4000..=0x7FFF => self.cartridge.read_rom_high(address),
            0x8000..=0x9FFF => {
                self.sync_ppu(self.clock);
                if self.ppu.vram_is_readable(self.clock) {
                    self.ppu.vram[usize::from(address & 0x1FFF)]
                } else {
                    OPEN_BUS
                }
            }
            0xA000..=0xBFFF => self.cartridge.read_ram(address, self.clock),
            0xFE00..=0xFEFF => self.read_oam(address, Access::Read),
            0xFF00..=0xFF7F => self.read_io(address),
            0xFFFF => self.enabled,
        }
    }

    /// Reads FE00-FEFF.
    pub(super) fn read_oam(&mut self, address: u16, access: Access) -> u8 {
        self.sync_dma(self.clock);
        self.sync_ppu(self.clock);
        self.ppu.corrupt_oam(access, self.clock);
        if !self.ppu.oam_is_readable(self.clock) || self.dma.holds_oam(self.clock) {
            return OPEN_BUS;
        }
        self.ppu.oam().get(usize::from(address & 0xFF)).copied().unwrap_or(0)
    }

    /// Writes `address` at the present clock.
    #[inline(always)]
    pub(super) fn write_now(&mut self, address: u16, value: u8) {
        if address >> 13 == 6 && !self.dma_is_engaged {
            self.wram[usize::from(address & 0x1FFF)] = value;
        } else {
            self.write_slow(address, value);
        }
    }

    /// Writes any address.
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
                self.sync_ppu(now);
                if self.ppu.vram_is_writable(now) {
                    self.ppu.before_vram_changes(now);
                    self.ppu.vram[usize::from(address & 0x1FFF)] = value;
                }
            }
            0xA000..=0xBFFF => self.cartridge.write_ram(address, value, now),
            0xFE00..=0xFEFF => {
                self.sync_ppu(now);
                self.ppu.corrupt_oam(Access::Write, now);
                if self.ppu.oam_is_writable(now) && !self.dma.holds_oam(now) {
                    self.set_oam(address, value);
                }
            }
            0xFF00..=0xFF7F => self.write_io(address, value),
            0xFFFF => self.enable(value),
        }
    }

    /// Writes IE.
    fn enable(&mut self, value: u8) {
        self.sync_all(self.clock);
        self.enabled = value;
        self.look_soon();
    }

    fn set_oam(&mut self, address: u16, value: u8) {
        self.ppu.set_oam(usize::from(address & 0xFF), value, self.clock);
    }

    /// What OAM DMA reads at `address`.
    pub(super) fn dma_source(&mut self, address: u16) -> u8 {
        match address >> 13 {
            0 | 1 => self.cartridge.read_rom_low(address),
            2 | 3 => self.cartridge.read_rom_high(address),
            4 => self.ppu.vram[usize::from(address & 0x1FFF)],
            5 => self.cartridge.read_ram(address, self.clock),
            _ => self.wram[usize::from(address & 0x1FFF)],
        }
    }

    /// Reads `address` as the CPU would, but without taking time and without the locks of PPU and DMA.
    pub(crate) fn peek(&mut self, address: u16) -> u8 {
        match address {
            0x8000..=0x9FFF => self.ppu.vram[usize::from(address & 0x1FFF)],
            0xFE00..=0xFEFF => self.ppu.oam().get(usize::from(address & 0xFF)).copied().unwrap_or(0),
            0xFF0F => self.requested & interrupts::ALL | 0xE0,
            _ => self.read_slow(address),
        }
    }

    /// Writes `address` as the CPU would, but without taking time and without the locks of PPU and DMA.
    pub(crate) fn poke(&mut self, address: u16, value: u8) {
        match address {
            0x8000..=0x9FFF => {
                self.ppu.before_vram_changes(self.clock);
                self.ppu.vram[usize::from(address & 0x1FFF)] = value;
            }
            0xFE00..=0xFEFF => self.set_oam(address, value),
            _ => self.write_slow(address, value),
        }
    }
}
