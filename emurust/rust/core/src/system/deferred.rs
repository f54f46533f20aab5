//! The bus of the fast machine. It keeps the clock, the ROM and the instruction under way at hand for the length of a run,
//! so that an ordinary access touches nothing but its byte.

use super::System;
use crate::bus::{Bus, Turns};
use crate::cartridge::header::ROM_BANK;
use crate::cartridge::OPEN_BUS;
use crate::clock::T_PER_M;
use crate::cpu::Cpu;
use crate::idle::LONGEST;

/// The address lines that go to a ROM bank.
const IN_BANK: u16 = 0x3FFF;
/// Bytes of FF80-FFFE.
const HIGH_BYTES: usize = 0x7F;
/// What is read where the image has no bank.
static NO_BANK: [u8; ROM_BANK] = [OPEN_BUS; ROM_BANK];

/// Instructions of a run.
#[derive(Clone, Copy, Debug, Default)]
pub(crate) struct Counts {
    /// Executed.
    pub executed: u64,
    /// Of loops that were passed over.
    pub skipped: u64,
}

/// The ROM that is switched in.
#[derive(Clone, Copy)]
struct Banks<'rom> {
    /// From 0000 on: both banks where they are neighbours in the image, else the lower one.
    low: &'rom [u8],
    /// 4000-7FFF.
    high: &'rom [u8; ROM_BANK],
}

impl Banks<'_> {
    /// The byte at `address`, below 8000.
    #[inline(always)]
    fn get(&self, address: u16) -> u8 {
        self.low.get(usize::from(address)).copied().unwrap_or_else(|| self.high[usize::from(address & IN_BANK)])
    }

    /// Three bytes of code from `address` on and one that does not count, if they lie in one bank.
    #[inline(always)]
    fn code(&self, address: u16) -> Option<u32> {
        let at = usize::from(address);
        let bytes = match self.low.get(at..at + 4) {
            Some(bytes) => bytes,
            None => self.high.get(at.checked_sub(ROM_BANK)?..at + 4 - ROM_BANK)?,
        };
        bytes.first_chunk().map(|bytes| u32::from_le_bytes(*bytes))
    }
}

/// With `DMA` an OAM DMA may be engaged: only high memory is out of its reach.
struct Deferred<'a, 'rom, const EXACT: bool, const DMA: bool> {
    system: &'a mut System<EXACT>,
    rom: &'rom [u8],
    banks: Banks<'rom>,
    clock: u64,
    /// What is left of the instruction under way, its next byte in bits 8 to 15. Reading ahead is seen by nobody where an
    /// opcode is given out.
    code: u32,
    skipped: u64,
}

impl<const EXACT: bool> System<EXACT> {
    /// Lets `cpu` run the cartridge, whose image is `rom`, until something is due.
    pub(crate) fn run(&mut self, cpu: &mut Cpu, rom: &[u8]) -> Counts {
        if EXACT {
            return Counts { executed: cpu.run(self), skipped: 0 };
        }
        let mut counts = Counts::default();
        while !self.is_due() {
            let part = if self.dma_is_engaged {
                self.run_deferred::<true>(cpu, rom)
            } else {
                self.run_deferred::<false>(cpu, rom)
            };
            counts.executed += part.executed;
            counts.skipped += part.skipped;
            if !self.is_due() {
                // The instruction is not where it could be read ahead.
                cpu.step(self);
                counts.executed += 1;
            }
        }
        counts
    }

    #[inline(never)]
    fn run_deferred<const DMA: bool>(&mut self, cpu: &mut Cpu, rom: &[u8]) -> Counts {
        let (clock, banks) = (self.clock, self.banks(rom));
        let mut bus = Deferred::<EXACT, DMA> { system: self, rom, banks, clock, code: 0, skipped: 0 };
        let executed = cpu.run(&mut bus);
        let (clock, skipped) = (bus.clock, bus.skipped);
        self.clock = clock;
        Counts { executed, skipped }
    }

    /// The banks of `rom` that are switched in.
    fn banks<'rom>(&self, rom: &'rom [u8]) -> Banks<'rom> {
        let [low, high] = [0x0000, 0x4000].map(|address| self.cartridge.window(address));
        let length = if high == low + ROM_BANK { 2 * ROM_BANK } else { ROM_BANK };
        Banks {
            low: rom.get(low..low + length).unwrap_or(&NO_BANK),
            high: rom.get(high..).and_then(|rest| rest.first_chunk()).unwrap_or(&NO_BANK),
        }
    }

    /// Fills `most` bytes of work RAM from `address` on, or as many as there are; how many.
    #[inline(never)]
    fn fill(&mut self, address: u16, value: u8, most: u64) -> u64 {
        let Some(bytes) = self.wram.get_mut(work(address)..) else {
            return 0;
        };
        let count = bytes.len().min(most as usize);
        bytes[..count].fill(value);
        count as u64
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

/// The place in work RAM of `address`, beyond its end for one that is not in C000-DFFF.
#[inline(always)]
const fn work(address: u16) -> usize {
    address.wrapping_sub(0xC000) as usize
}

/// The place in high memory of `address` in FF80-FFFE, at its end or beyond for another.
#[inline(always)]
const fn high(address: u16) -> usize {
    address.wrapping_sub(0xFF80) as usize
}

/// The byte at `address`, if it is in memory that gives it to anybody at any time.
#[inline(always)]
fn plain_byte<const EXACT: bool, const DMA: bool>(
    system: &System<EXACT>,
    banks: Banks<'_>,
    address: u16,
) -> Option<u8> {
    match address {
        0x0000..=0x7FFF if !DMA => Some(banks.get(address)),
        0xC000..=0xDFFF if !DMA => Some(system.wram[usize::from(address & 0x1FFF)]),
        0xFF80..=0xFFFE => Some(system.hram[usize::from(address & 0x7F)]),
        _ => None,
    }
}

/// Three bytes of code from `address` on, where they are not in one bank of ROM.
///
/// No method of [`Deferred`]: what is lent to a function that is not inlined cannot live in the host's registers.
#[inline(never)]
fn code_elsewhere<const EXACT: bool, const DMA: bool>(
    system: &System<EXACT>,
    banks: Banks<'_>,
    address: u16,
) -> Option<u32> {
    let byte = |place| plain_byte::<EXACT, DMA>(system, banks, address.wrapping_add(place));
    Some(u32::from_le_bytes([byte(0)?, byte(1)?, byte(2)?, 0]))
}

impl<const EXACT: bool, const DMA: bool> Bus for Deferred<'_, '_, EXACT, DMA> {
    #[inline(always)]
    fn read(&mut self, address: u16) -> u8 {
        let value = if DMA {
            self.system.read_at(address, self.clock)
        } else if address < 0x8000 {
            self.banks.get(address)
        } else if let Some(byte) = self.system.wram.get(work(address)) {
            *byte
        } else if let Some(byte) = self.system.hram[..HIGH_BYTES].get(high(address)) {
            *byte
        } else {
            self.system.read_at(address, self.clock)
        };
        self.clock += T_PER_M;
        value
    }

    #[inline(always)]
    fn fetch_opcode(&mut self, address: u16) -> Option<u8> {
        let in_bank = if DMA { None } else { self.banks.code(address) };
        let code = match in_bank {
            Some(code) => code,
            None => code_elsewhere::<EXACT, DMA>(self.system, self.banks, address)?,
        };
        self.code = code;
        self.clock += T_PER_M;
        Some(code as u8)
    }

    #[inline(always)]
    fn fetch(&mut self, _: u16) -> u8 {
        self.code >>= 8;
        self.clock += T_PER_M;
        self.code as u8
    }

    #[inline(always)]
    fn fetch_word(&mut self, _: u16) -> u16 {
        self.clock += 2 * T_PER_M;
        (self.code >> 8) as u16
    }

    #[inline(always)]
    fn write(&mut self, address: u16, value: u8) {
        if DMA {
            self.system.write_at(address, value, self.clock);
        } else if let Some(byte) = self.system.wram.get_mut(work(address)) {
            *byte = value;
        } else if let Some(byte) = self.system.hram[..HIGH_BYTES].get_mut(high(address)) {
            *byte = value;
        } else {
            self.system.write_at(address, value, self.clock);
            if address < 0x8000 {
                self.banks = self.system.banks(self.rom);
            }
        }
        self.clock += T_PER_M;
    }

    #[inline(always)]
    fn push(&mut self, address: u16, word: u16) {
        let at = work(address.wrapping_sub(2));
        match self.system.wram.get_mut(at..at + 2) {
            Some(bytes) if !DMA => {
                bytes.copy_from_slice(&word.to_le_bytes());
                self.clock += 3 * T_PER_M;
            }
            _ => {
                let [high, low] = word.to_be_bytes();
                self.idle_stepping(address);
                self.write(address.wrapping_sub(1), high);
                self.write(address.wrapping_sub(2), low);
            }
        }
    }

    #[inline(always)]
    fn pop(&mut self, address: u16) -> u16 {
        let at = work(address);
        match self.system.wram.get(at..at + 2).and_then(|bytes| bytes.first_chunk()) {
            Some(bytes) if !DMA => {
                self.clock += 2 * T_PER_M;
                u16::from_le_bytes(*bytes)
            }
            _ => {
                let low = self.read_stepping(address);
                let high = self.read(address.wrapping_add(1));
                u16::from_le_bytes([low, high])
            }
        }
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
    fn code_to_pass(&self, address: u16) -> Option<[u8; 4]> {
        let in_bank = if DMA { None } else { self.banks.code(address) };
        let code = in_bank.or_else(|| code_elsewhere::<EXACT, DMA>(self.system, self.banks, address));
        code.filter(|_| self.system.skips).map(u32::to_le_bytes)
    }

    #[inline(always)]
    fn pass_turns(&mut self, turns: Turns) -> u16 {
        let passed = turns.before(self.clock, self.system.next_event);
        self.clock += passed * turns.cycles;
        self.skipped += passed * turns.instructions;
        passed as u16
    }

    #[inline(always)]
    fn pass_stores(&mut self, address: u16, value: u8, turns: Turns) -> u16 {
        let most = turns.before(self.clock, self.system.next_event);
        let stored = if DMA { 0 } else { self.system.fill(address, value, most) };
        self.pass_turns(Turns { most: stored, ..turns })
    }

    #[inline(always)]
    fn jumped_back(&mut self, from: u16, to: u16) {
        if from.wrapping_sub(to) > LONGEST || to >= 0x8000 || !self.system.skips {
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
