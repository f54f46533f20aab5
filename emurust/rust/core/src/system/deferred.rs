//! The bus of the fast machine. It keeps the clock and the ROM at hand for the length of a run, so that an ordinary access
//! touches nothing but its byte. It knows no OAM DMA: while one is engaged, the CPU runs on the ordinary bus.

use super::System;
use crate::bus::Bus;
use crate::cartridge::header::ROM_BANK;
use crate::cartridge::OPEN_BUS;
use crate::clock::T_PER_M;
use crate::cpu::Cpu;

/// The address lines that go to a ROM bank.
const IN_BANK: u16 = 0x3FFF;
/// What is read where the image has no bank.
static NO_BANK: [u8; ROM_BANK] = [OPEN_BUS; ROM_BANK];

struct Deferred<'a, const EXACT: bool> {
    system: &'a mut System<EXACT>,
    rom: &'a [u8],
    /// The banks at 0000-3FFF and 4000-7FFF.
    banks: [&'a [u8; ROM_BANK]; 2],
    clock: u64,
}

impl<const EXACT: bool> System<EXACT> {
    /// Lets `cpu` run until something is due; instructions executed.
    pub(crate) fn run(&mut self, cpu: &mut Cpu) -> u64 {
        if EXACT || self.dma_is_engaged {
            cpu.run(self)
        } else {
            self.run_deferred(cpu)
        }
    }

    fn run_deferred(&mut self, cpu: &mut Cpu) -> u64 {
        let rom = self.cartridge.rom().clone();
        let clock = self.clock;
        let banks = self.banks(&rom);
        let mut bus = Deferred { system: self, rom: &rom, banks, clock };
        let executed = cpu.run(&mut bus);
        let clock = bus.clock;
        self.clock = clock;
        executed
    }

    /// The banks of `rom` that are switched in.
    fn banks<'a>(&self, rom: &'a [u8]) -> [&'a [u8; ROM_BANK]; 2] {
        [0x0000, 0x4000].map(|address| {
            let bank = rom.get(self.cartridge.window(address)..).and_then(|rest| rest.first_chunk());
            bank.unwrap_or(&NO_BANK)
        })
    }

    #[inline(never)]
    fn read_at(&mut self, address: u16, now: u64) -> u8 {
        self.clock = now;
        self.read_now(address)
    }

    #[inline(never)]
    fn write_at(&mut self, address: u16, value: u8, now: u64) {
        self.clock = now;
        self.write_now(address, value);
    }

    #[cold]
    #[inline(never)]
    fn step_at(&mut self, value: u16, now: u64) {
        self.clock = now;
        self.show_to_oam(value, crate::ppu::Access::Write);
    }

    #[cold]
    #[inline(never)]
    fn read_stepping_at(&mut self, address: u16, now: u64) -> u8 {
        self.clock = now;
        self.read_oam(address, crate::ppu::Access::ReadAndCount)
    }
}

impl<const EXACT: bool> Deferred<'_, EXACT> {
    /// The byte of ROM that `address` below 8000 shows.
    #[inline(always)]
    fn rom_byte(&self, address: u16) -> u8 {
        self.banks[usize::from(address >> 14 & 1)][usize::from(address & IN_BANK)]
    }
}

impl<const EXACT: bool> Bus for Deferred<'_, EXACT> {
    #[inline(always)]
    fn read(&mut self, address: u16) -> u8 {
        let value = if address < 0x8000 {
            self.rom_byte(address)
        } else if address >> 13 == 6 {
            self.system.wram[usize::from(address & 0x1FFF)]
        } else {
            self.system.read_at(address, self.clock)
        };
        self.clock += T_PER_M;
        value
    }

    #[inline(always)]
    fn fetch(&mut self, address: u16) -> u8 {
        let value = if address < 0x8000 { self.rom_byte(address) } else { self.system.read_at(address, self.clock) };
        self.clock += T_PER_M;
        value
    }

    #[inline(always)]
    fn write(&mut self, address: u16, value: u8) {
        if address >> 13 == 6 {
            self.system.wram[usize::from(address & 0x1FFF)] = value;
        } else {
            self.system.write_at(address, value, self.clock);
            if address < 0x8000 {
                self.banks = self.system.banks(self.rom);
            }
        }
        self.clock += T_PER_M;
    }

    #[inline(always)]
    fn idle(&mut self) {
        self.clock += T_PER_M;
    }

    #[inline(always)]
    fn idle_stepping(&mut self, value: u16) {
        if value >> 8 == 0xFE {
            self.system.step_at(value, self.clock);
        }
        self.clock += T_PER_M;
    }

    #[inline(always)]
    fn read_stepping(&mut self, address: u16) -> u8 {
        if address >> 8 == 0xFE {
            let value = self.system.read_stepping_at(address, self.clock);
            self.clock += T_PER_M;
            return value;
        }
        self.read(address)
    }

    #[inline(always)]
    fn attention(&mut self) {
        self.system.look_soon();
    }

    #[inline(always)]
    fn jumped_back(&mut self, from: u16, to: u16) {
        if !self.system.skips || to >= 0x8000 {
            return;
        }
        let window = self.system.cartridge.window(to);
        if self.system.loops.jumped_back(to, from, window, self.rom) {
            self.system.look_soon();
        }
    }

    #[inline(always)]
    fn is_due(&self) -> bool {
        self.clock >= self.system.next_event
    }
}
