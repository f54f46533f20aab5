//! The whole machine, as a program that plays games sees it.

mod run;
mod skip;

use std::sync::Arc;

use crate::cartridge::header::RomError;
use crate::cpu::{Cpu, Mode};
use crate::interrupts::JOYPAD;
use crate::ppu::{self, PIXELS};
use crate::registers::Registers;
use crate::state::{self, Codec, Reader, StateError};
use crate::system::System;

/// An address at which executions are counted.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Hook {
    /// ROM bank for an address below 8000, ignored above.
    pub bank: u16,
    /// Address of an instruction's first byte.
    pub address: u16,
}

/// One Game Boy with its cartridge. A clone shares the ROM and nothing else.
///
/// With `EXACT` every peripheral is ticked at every cycle; [`GameBoy`] defers them. Both go through equal states.
#[derive(Clone, Debug)]
pub struct Machine<const EXACT: bool> {
    cpu: Cpu,
    system: System<EXACT>,
    /// The cartridge's image, at hand beside `system`.
    rom: Arc<[u8]>,
    instructions: u64,
    skipped: u64,
    hooks: Vec<Hook>,
    hook_counts: Vec<u64>,
    /// Whether a hook's address has this low byte, so that most instructions are let pass at once.
    hook_bytes: [bool; 256],
    /// Pictures completed as of the last look between two instructions.
    pictures_seen: u64,
    /// Names the ROM in a state.
    rom_hash: u64,
}

/// The machine for use.
pub type GameBoy = Machine<false>;
/// The machine for proof.
pub type ExactGameBoy = Machine<true>;

impl<const EXACT: bool> Machine<EXACT> {
    /// A DMG (revisions A to C) with this ROM, as the boot ROM leaves it, all RAM zero.
    ///
    /// # Errors
    /// The image is not a ROM that can be run.
    pub fn new(rom: Arc<[u8]>) -> Result<Self, RomError> {
        let system = System::after_boot(rom)?;
        let header_checksum = system.cartridge.rom()[0x14D];
        let rom_hash = state::hash(system.cartridge.rom());
        Ok(Self {
            cpu: Cpu::new(Registers::after_boot(header_checksum)),
            rom: system.cartridge.rom().clone(),
            system,
            instructions: 0,
            skipped: 0,
            hooks: Vec::new(),
            hook_counts: Vec::new(),
            hook_bytes: [false; 256],
            pictures_seen: 0,
            rom_hash,
        })
    }

    /// Sets the held buttons, bit 0 to 7: right, left, up, down, A, B, select, start.
    pub fn set_buttons(&mut self, held: u8) {
        if self.system.joypad.set_held(held) {
            self.system.requested |= JOYPAD;
        }
        self.system.look_soon();
    }

    /// The picture last drawn: shades 0 (lightest) to 3, 144 rows of 160.
    #[must_use]
    pub fn frame(&self) -> &[u8; PIXELS] {
        self.system.ppu.frame()
    }

    /// Reads `address` without taking time; VRAM and OAM also where the PPU keeps the CPU out.
    #[must_use]
    pub fn peek(&mut self, address: u16) -> u8 {
        self.system.peek(address)
    }

    /// Writes `address` without taking time; VRAM and OAM also where the PPU keeps the CPU out.
    pub fn poke(&mut self, address: u16, value: u8) {
        self.system.poke(address, value);
    }

    /// Reads from `start` on until `out` is full, wrapping at FFFF.
    pub fn read_range(&mut self, start: u16, out: &mut [u8]) {
        let mut address = start;
        for byte in out {
            *byte = self.system.peek(address);
            address = address.wrapping_add(1);
        }
    }

    /// The CPU's registers.
    #[must_use]
    pub fn registers(&self) -> Registers {
        self.cpu.registers
    }

    /// Replaces the CPU's registers.
    pub fn set_registers(&mut self, registers: Registers) {
        self.cpu.registers = registers;
    }

    /// T since power-on.
    #[must_use]
    pub fn cycles(&self) -> u64 {
        self.system.clock
    }

    /// Instructions executed since power-on, neither waits in HALT nor skipped ones counted.
    #[must_use]
    pub fn instructions(&self) -> u64 {
        self.instructions
    }

    /// Instructions of idle loops passed over since power-on.
    #[must_use]
    pub fn skipped_instructions(&self) -> u64 {
        self.skipped
    }

    /// Whether an opcode that does not exist stopped the CPU for good.
    #[must_use]
    pub fn locked_up(&self) -> bool {
        self.cpu.mode == Mode::LockedUp
    }

    /// The first 64 KiB of what the program sent by serial with the internal clock since power-on.
    #[must_use]
    pub fn serial_log(&self) -> &[u8] {
        self.system.serial.log()
    }

    /// The RAM that the cartridge's battery keeps; empty without a battery.
    #[must_use]
    pub fn battery_ram(&self) -> &[u8] {
        self.system.cartridge.battery_ram()
    }

    /// Replaces the battery RAM; `false` and no change if its length differs.
    pub fn set_battery_ram(&mut self, ram: &[u8]) -> bool {
        self.system.cartridge.set_battery_ram(ram)
    }

    /// Counts executions at these addresses from now on, from zero.
    pub fn set_hooks(&mut self, hooks: &[Hook]) {
        self.hooks = hooks.to_vec();
        self.hook_counts = vec![0; hooks.len()];
        self.hook_bytes = [false; 256];
        for hook in hooks {
            self.hook_bytes[usize::from(hook.address & 0xFF)] = true;
        }
    }

    /// Executions counted at each hook.
    #[must_use]
    pub fn hook_counts(&self) -> &[u64] {
        &self.hook_counts
    }

    /// Whether HALT and idle loops are passed over. Nothing but the speed and the counts of instructions depends on it.
    pub fn set_skipping(&mut self, skips: bool) {
        self.system.skips = skips;
    }

    /// The numbers of the 20 x 18 background tiles at the top left of the screen, row by row, after scrolling.
    pub fn tile_map(&self, out: &mut [u8; 360]) {
        let ppu = &self.system.ppu;
        let registers = ppu.registers;
        let map: u16 = if registers.lcdc_has(ppu::registers::lcdc::MAP) { 0x1C00 } else { 0x1800 };
        for (row, line) in out.chunks_exact_mut(20).enumerate() {
            for (column, tile) in line.iter_mut().enumerate() {
                let y = (registers.scy as usize / 8 + row) % 32;
                let x = (registers.scx as usize / 8 + column) % 32;
                *tile = ppu.vram[usize::from(map) + 32 * y + x];
            }
        }
    }

    /// Appends the machine's state to `out`. Hooks and the serial log are no part of it.
    pub fn save_state(&self, out: &mut Vec<u8>) {
        out.extend_from_slice(&state::MAGIC);
        state::VERSION.save(out);
        self.rom_hash.save(out);
        self.save_cpu(out);
        self.instructions.save(out);
        self.skipped.save(out);
        self.system.save(out);
    }

    /// Restores what [`Machine::save_state`] appended. After an error the machine is unchanged.
    ///
    /// # Errors
    /// The bytes are not a state of this version for this ROM.
    pub fn load_state(&mut self, bytes: &[u8]) -> Result<(), StateError> {
        let mut reader = Reader::new(bytes);
        let (mut magic, mut version, mut rom_hash) = ([0; 8], 0u32, 0u64);
        magic.load(&mut reader).map_err(|_| StateError::NotAState)?;
        if magic != state::MAGIC {
            return Err(StateError::NotAState);
        }
        version.load(&mut reader)?;
        if version != state::VERSION {
            return Err(StateError::Version { found: version });
        }
        rom_hash.load(&mut reader)?;
        if rom_hash != self.rom_hash {
            return Err(StateError::OtherRom);
        }
        let mut loaded = self.clone();
        loaded.load_cpu(&mut reader)?;
        loaded.instructions.load(&mut reader)?;
        loaded.skipped.load(&mut reader)?;
        loaded.system.load(&mut reader)?;
        if reader.left() > 0 {
            return Err(StateError::Length { found: bytes.len(), expected: bytes.len() - reader.left() });
        }
        *self = loaded;
        Ok(())
    }

    /// A hash of all that software can see, now or later, and of nothing else: not of the picture, nor of how many
    /// instructions were skipped. Equal machines have equal hashes, the fast and the exact one too.
    #[must_use]
    pub fn state_hash(&self) -> u64 {
        let mut bytes = Vec::with_capacity(0x8000);
        self.save_cpu(&mut bytes);
        self.system.save_visible(&mut bytes);
        state::hash(&bytes)
    }

    fn save_cpu(&self, out: &mut Vec<u8>) {
        let Cpu { registers, ime, ime_pending, halt_bug, mode } = &self.cpu;
        for word in [registers.af(), registers.bc(), registers.de(), registers.hl(), registers.sp, registers.pc] {
            word.save(out);
        }
        for flag in [ime, ime_pending, halt_bug] {
            flag.save(out);
        }
        (Mode::ALL.iter().position(|known| known == mode).unwrap_or(0) as u8).save(out);
    }

    fn load_cpu(&mut self, reader: &mut Reader<'_>) -> Result<(), StateError> {
        let mut words = [0u16; 6];
        for word in &mut words {
            word.load(reader)?;
        }
        let [af, bc, de, hl, sp, pc] = words;
        let registers = &mut self.cpu.registers;
        registers.set_af(af);
        registers.set_bc(bc);
        registers.set_de(de);
        registers.set_hl(hl);
        (registers.sp, registers.pc) = (sp, pc);
        self.cpu.ime.load(reader)?;
        self.cpu.ime_pending.load(reader)?;
        self.cpu.halt_bug.load(reader)?;
        let mut mode = 0u8;
        mode.load(reader)?;
        self.cpu.mode = *Mode::ALL.get(usize::from(mode)).ok_or(StateError::Impossible("the CPU"))?;
        Ok(())
    }
}
