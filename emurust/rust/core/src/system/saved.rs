//! Memory and peripherals in a saved state. All times are relative, so that a state's clock may be anything.

use super::System;
use crate::dma::{Dma, DmaState};
use crate::idle::Loops;
use crate::interrupts;
use crate::state::{Codec, Reader, StateError};
use crate::timer::{Timer, TimerState};

/// A clock that no machine reaches in centuries; a state beyond it is damaged.
const LATEST: u64 = 1 << 56;

impl<const EXACT: bool> System<EXACT> {
    /// Appends everything; all peripherals are synced to the clock.
    pub(crate) fn save(&self, out: &mut Vec<u8>) {
        self.save_small(out);
        self.ppu.save(out, self.clock);
    }

    /// Appends what software can see, now or later: the same for the fast and the exact machine.
    pub(crate) fn save_visible(&self, out: &mut Vec<u8>) {
        self.save_small(out);
        self.ppu.save_visible(out, self.clock);
    }

    /// Appends all but the PPU.
    fn save_small(&self, out: &mut Vec<u8>) {
        let now = self.clock;
        now.save(out);
        self.cartridge.save(out);
        out.extend_from_slice(&self.wram[..]);
        out.extend_from_slice(&self.hram);
        self.enabled.save(out);
        self.requested.save(out);
        self.timer.state(now).save(out);
        self.serial.save(out);
        self.joypad.held.save(out);
        self.joypad.select.save(out);
        self.dma.state(now).save(out);
        self.apu.save(out, now);
    }

    /// Reads what [`System::save`] wrote.
    pub(crate) fn load(&mut self, reader: &mut Reader<'_>) -> Result<(), StateError> {
        self.clock.load(reader)?;
        let now = self.clock;
        if now > LATEST || now % crate::clock::T_PER_M != 0 {
            return Err(StateError::Impossible("the clock"));
        }
        self.cartridge.load(reader, now)?;
        reader.fill(&mut self.wram[..])?;
        reader.fill(&mut self.hram)?;
        self.enabled.load(reader)?;
        self.requested.load(reader)?;
        let mut timer = TimerState::default();
        timer.load(reader)?;
        self.timer = Timer::from_state(timer, now).ok_or(StateError::Impossible("the timer"))?;
        self.serial.load(reader)?;
        self.joypad.held.load(reader)?;
        self.joypad.select.load(reader)?;
        let mut dma = DmaState::default();
        dma.load(reader)?;
        self.dma = Dma::from_state(dma, now).ok_or(StateError::Impossible("the OAM DMA"))?;
        self.apu.load(reader, now)?;
        self.ppu.load(reader, now)?;
        if self.requested & !interrupts::ALL != 0 || self.joypad.select & !0x30 != 0 || !self.serial.is_possible() {
            return Err(StateError::Impossible("a register"));
        }
        self.dma_is_engaged = self.dma.is_engaged(now);
        self.ticked = now;
        self.serial_synced = now;
        self.loops = Loops::default();
        self.look_soon();
        Ok(())
    }
}
