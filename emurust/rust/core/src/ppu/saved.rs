//! The PPU in a saved state.

use super::mode3::{load_writes, save_writes, LineStart};
use super::{Ppu, DOTS_PER_LINE, LINES};
use crate::clock::NEVER;
use crate::state::{Codec, Reader, StateError};

/// T for which the memory of an OAM DMA is kept: it matters to the line in which it ran.
const DMA_MEMORY: u64 = 2 * DOTS_PER_LINE;

impl Ppu {
    /// Appends the state at `now`, to which the PPU is synced.
    pub(crate) fn save(&self, out: &mut Vec<u8>, now: u64) {
        self.save_visible(out, now);
        self.is_finished.save(out);
        self.end.is_some().save(out);
        (self.end.unwrap_or(0) as u16).save(out);
        self.start.is_some().save(out);
        self.start.as_deref().copied().unwrap_or_default().save(out);
        save_writes(&self.writes, out);
        for clock in self.oam_is_taken {
            // Relative to a moment in the past, so that both ends are positive; 0 for long ago.
            let after = clock.wrapping_add(DMA_MEMORY).wrapping_sub(now);
            (if after < 2 * DMA_MEMORY { after as u16 } else { 0 }).save(out);
        }
        self.pictures.save(out);
        self.draws_line.save(out);
        out.extend_from_slice(&self.frame[..]);
    }

    /// Appends what software can see, now or later: the same for the fast and the exact machine.
    pub(crate) fn save_visible(&self, out: &mut Vec<u8>, now: u64) {
        out.extend_from_slice(&self.vram[..]);
        self.oam.save(out);
        self.registers.save(out);
        self.line.save(out);
        let dot = if self.is_on() { self.dot(now) } else { 0 };
        (dot as u16).save(out);
        self.is_first_line.save(out);
        self.stat_level.save(out);
        self.held_coincidence.save(out);
        self.window_is_armed.save(out);
        self.window_line.save(out);
    }

    /// Completes the line if its mode 3 is over, so that equal machines look equal.
    pub(crate) fn complete(&mut self, now: u64) {
        self.settle(now);
    }

    /// Reads what [`Ppu::save`] wrote, at `now`.
    pub(crate) fn load(&mut self, reader: &mut Reader<'_>, now: u64) -> Result<(), StateError> {
        reader.fill(&mut self.vram[..])?;
        self.oam.load(reader)?;
        self.cover.forget();
        self.registers.load(reader)?;
        self.line.load(reader)?;
        let mut dot = 0u16;
        dot.load(reader)?;
        self.is_first_line.load(reader)?;
        self.stat_level.load(reader)?;
        self.held_coincidence.load(reader)?;
        self.window_is_armed.load(reader)?;
        self.window_line.load(reader)?;
        self.is_finished.load(reader)?;
        let (mut has_end, mut end) = (false, 0u16);
        has_end.load(reader)?;
        end.load(reader)?;
        let (mut has_start, mut start) = (false, LineStart::default());
        has_start.load(reader)?;
        start.load(reader)?;
        load_writes(&mut self.writes, reader)?;
        for clock in &mut self.oam_is_taken {
            let mut after = 0u16;
            after.load(reader)?;
            *clock = if after == 0 { NEVER } else { now.wrapping_add(u64::from(after)).wrapping_sub(DMA_MEMORY) };
        }
        self.pictures.load(reader)?;
        self.draws_line.load(reader)?;
        reader.fill(&mut self.frame[..])?;
        self.line_start = now.wrapping_sub(u64::from(dot));
        self.synced = now;
        self.quiet_before = 0;
        self.end = has_end.then_some(u64::from(end));
        let is_possible = self.line < LINES
            && u64::from(dot) < DOTS_PER_LINE
            && u64::from(end) < 2 * DOTS_PER_LINE
            && start.line < LINES
            && start.dot < DOTS_PER_LINE
            && self.registers.stat & !super::stat::ALL == 0
            && self.frame.iter().fold(0, |bits, shade| bits | shade) < 4;
        self.start = has_start.then(|| Box::new(start));
        if is_possible {
            Ok(())
        } else {
            Err(StateError::Impossible("the PPU"))
        }
    }
}
