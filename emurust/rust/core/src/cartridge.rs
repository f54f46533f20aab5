//! The cartridge: ROM, RAM and the memory bank controller between them and the bus (Pan Docs, "MBCs").

pub mod header;
mod rtc;

use std::sync::Arc;

use header::{Controller, Header, RomError, ROM_BANK};
use rtc::Rtc;

use crate::state::{Codec, Reader, StateError};

/// Bytes of a bank of cartridge RAM.
const RAM_BANK: usize = 0x2000;
/// What an address reads at which nothing answers.
pub const OPEN_BUS: u8 = 0xFF;
/// The value in RAMG's low nibble that opens the RAM.
const RAM_ENABLE: u8 = 0x0A;

/// ROM, RAM and the registers of the controller.
#[derive(Clone, Debug)]
pub struct Cartridge {
    rom: Arc<[u8]>,
    controller: Controller,
    has_battery: bool,
    /// Where in the ROM 0000-3FFF and 4000-7FFF begin; bytes. Follow from the registers.
    windows: [usize; 2],
    /// Where in the RAM A000-BFFF begins; bytes. Follows from the registers.
    ram_window: usize,
    ram: Vec<u8>,
    ram_enabled: bool,
    /// MBC1 BANK1, MBC2 ROMB, MBC3 ROM bank, MBC5 ROMB0 and bit 8 of ROMB1.
    bank1: u16,
    /// MBC1 BANK2, MBC3 and MBC5 RAM bank or clock register.
    bank2: u8,
    /// MBC1 MODE.
    mode: bool,
    rtc: Option<Rtc>,
}

impl Cartridge {
    /// The cartridge with this image, as after power-on, its RAM filled with FF.
    ///
    /// # Errors
    /// The image is not a ROM that can be run.
    pub fn new(rom: Arc<[u8]>) -> Result<Self, RomError> {
        let header = Header::parse(&rom)?;
        let rom = if rom.len() == header.rom_bytes { rom } else { Arc::from(&rom[..header.rom_bytes]) };
        let mut cartridge = Self {
            rom,
            controller: header.controller,
            has_battery: header.has_battery,
            windows: [0, ROM_BANK],
            ram_window: 0,
            ram: vec![0xFF; header.ram_bytes],
            ram_enabled: header.controller == Controller::None,
            bank1: u16::from(header.controller != Controller::None),
            bank2: 0,
            mode: false,
            rtc: header.has_clock.then(Rtc::default),
        };
        cartridge.map();
        Ok(cartridge)
    }

    /// The image.
    #[must_use]
    pub fn rom(&self) -> &Arc<[u8]> {
        &self.rom
    }

    /// The RAM that a battery would keep; empty without one.
    #[must_use]
    pub fn battery_ram(&self) -> &[u8] {
        if self.has_battery {
            &self.ram
        } else {
            &[]
        }
    }

    /// Replaces the battery RAM; `false` and no change if the length differs.
    pub fn set_battery_ram(&mut self, ram: &[u8]) -> bool {
        let fits = self.has_battery && ram.len() == self.ram.len();
        if fits {
            self.ram.copy_from_slice(ram);
        }
        fits
    }

    /// The number of the ROM bank at 4000-7FFF, or at 0000-3FFF for an address below.
    #[must_use]
    pub fn bank_at(&self, address: u16) -> u16 {
        (self.windows[usize::from(address >> 14 & 1)] / ROM_BANK) as u16
    }

    /// Where in the ROM the 16 KiB begin that are seen at `address`, below 8000; bytes.
    #[inline(always)]
    #[must_use]
    pub fn window(&self, address: u16) -> usize {
        self.windows[usize::from(address >> 14 & 1)]
    }

    /// Reads 0000-3FFF.
    #[inline(always)]
    #[must_use]
    pub fn read_rom_low(&self, address: u16) -> u8 {
        self.rom.get(self.windows[0] | usize::from(address & 0x3FFF)).copied().unwrap_or(OPEN_BUS)
    }

    /// Reads 4000-7FFF.
    #[inline(always)]
    #[must_use]
    pub fn read_rom_high(&self, address: u16) -> u8 {
        self.rom.get(self.windows[1] | usize::from(address & 0x3FFF)).copied().unwrap_or(OPEN_BUS)
    }

    /// Reads A000-BFFF at time `now` (T).
    #[must_use]
    pub fn read_ram(&mut self, address: u16, now: u64) -> u8 {
        if !self.ram_enabled {
            return OPEN_BUS;
        }
        match (self.controller, &mut self.rtc) {
            (Controller::Mbc2, _) => self.ram[usize::from(address & 0x1FF)] | 0xF0,
            (Controller::Mbc3, Some(rtc)) if self.bank2 >= 8 => {
                rtc.sync(now);
                rtc.read(self.bank2)
            }
            (Controller::Mbc3, _) if self.bank2 >= 8 => OPEN_BUS,
            _ => self.ram_index(address).map_or(OPEN_BUS, |index| self.ram[index]),
        }
    }

    /// Writes A000-BFFF at time `now` (T).
    pub fn write_ram(&mut self, address: u16, value: u8, now: u64) {
        if !self.ram_enabled {
            return;
        }
        match (self.controller, &mut self.rtc) {
            (Controller::Mbc2, _) => self.ram[usize::from(address & 0x1FF)] = value & 0x0F,
            (Controller::Mbc3, Some(rtc)) if self.bank2 >= 8 => {
                rtc.sync(now);
                rtc.write(self.bank2, value);
            }
            (Controller::Mbc3, _) if self.bank2 >= 8 => {}
            _ => {
                if let Some(index) = self.ram_index(address) {
                    self.ram[index] = value;
                }
            }
        }
    }

    /// Writes to 0000-7FFF at time `now` (T): the controller's registers.
    pub fn write_register(&mut self, address: u16, value: u8, now: u64) {
        match self.controller {
            Controller::None => return,
            Controller::Mbc1 | Controller::Mbc1Multicart => match address >> 13 {
                0 => self.ram_enabled = value & 0x0F == RAM_ENABLE,
                1 => self.bank1 = u16::from(value & 0x1F).max(1),
                2 => self.bank2 = value & 3,
                _ => self.mode = value & 1 == 1,
            },
            Controller::Mbc2 => {
                if address >= 0x4000 {
                    return;
                }
                if address & 0x100 == 0 {
                    self.ram_enabled = value & 0x0F == RAM_ENABLE;
                } else {
                    self.bank1 = u16::from(value & 0x0F).max(1);
                }
            }
            Controller::Mbc3 => match address >> 13 {
                0 => self.ram_enabled = value & 0x0F == RAM_ENABLE,
                1 => self.bank1 = u16::from(value & 0x7F).max(1),
                2 => self.bank2 = value & 0x0F,
                _ => {
                    if let Some(rtc) = &mut self.rtc {
                        rtc.sync(now);
                        rtc.latch(value);
                    }
                }
            },
            Controller::Mbc5 => match address >> 12 {
                0 | 1 => self.ram_enabled = value == RAM_ENABLE,
                2 => self.bank1 = self.bank1 & 0x100 | u16::from(value),
                3 => self.bank1 = self.bank1 & 0xFF | u16::from(value & 1) << 8,
                4 | 5 => self.bank2 = value & 0x0F,
                _ => {}
            },
        }
        self.map();
    }

    /// Brings the clock up to `now` (T).
    pub fn sync(&mut self, now: u64) {
        if let Some(rtc) = &mut self.rtc {
            rtc.sync(now);
        }
    }

    /// Where in the RAM `address` lies; none where there is no RAM.
    fn ram_index(&self, address: u16) -> Option<usize> {
        if self.ram.is_empty() {
            return None;
        }
        // All sizes are powers of two, so that the mirrors of a small RAM are a mask.
        Some((self.ram_window + usize::from(address & 0x1FFF)) & (self.ram.len() - 1))
    }

    /// Derives the windows from the registers. The ROM's size is a power of two: higher bank bits are not wired.
    fn map(&mut self) {
        let (low, high) = match self.controller {
            Controller::None => (0, 1),
            Controller::Mbc1 | Controller::Mbc1Multicart => {
                let shift = if self.controller == Controller::Mbc1 { 5 } else { 4 };
                let upper = u16::from(self.bank2) << shift;
                (if self.mode { upper } else { 0 }, upper | self.bank1 & ((1 << shift) - 1))
            }
            _ => (0, self.bank1),
        };
        let mask = self.rom.len() - 1;
        self.windows = [low, high].map(|bank| (usize::from(bank) * ROM_BANK) & mask);
        let ram_bank = match self.controller {
            Controller::Mbc1 | Controller::Mbc1Multicart if !self.mode => 0,
            Controller::Mbc3 => self.bank2 & 7,
            _ => self.bank2,
        };
        self.ram_window = usize::from(ram_bank) * RAM_BANK;
    }

    /// Appends the cartridge's state: everything but the ROM. The cartridge is synced.
    pub(crate) fn save(&self, out: &mut Vec<u8>) {
        self.ram_enabled.save(out);
        self.bank1.save(out);
        self.bank2.save(out);
        self.mode.save(out);
        if let Some(rtc) = &self.rtc {
            rtc.save(out);
        }
        out.extend_from_slice(&self.ram);
    }

    /// Reads what [`Cartridge::save`] wrote, at time `now` (T).
    pub(crate) fn load(&mut self, reader: &mut Reader<'_>, now: u64) -> Result<(), StateError> {
        self.ram_enabled.load(reader)?;
        self.bank1.load(reader)?;
        self.bank2.load(reader)?;
        self.mode.load(reader)?;
        if let Some(rtc) = &mut self.rtc {
            rtc.load(reader, now)?;
        }
        reader.fill(&mut self.ram)?;
        self.map();
        Ok(())
    }
}
