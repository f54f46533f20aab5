//! What a line's drawing depends on, and where its mode 3 ends.
//!
//! Registers written while a line is drawn are kept in a list; the line is replayed through the pixel FIFO when
//! somebody needs its end or its pixels. A line in which nothing was written takes a formula and a line renderer.

use super::fifo::Fifo;
use super::objects::Objects;
use super::registers::{lcdc, Register, Registers};
use super::WIDTH;
use crate::state::{Codec, Reader, StateError};

/// Dots from the start of mode 3 to its first pixel.
const LATENCY: u64 = 5;
/// Dots from the start of mode 3 to its end in a line without scroll, window and objects.
const SHORTEST: u64 = 172;
/// Dots that starting the window costs.
const WINDOW_DOTS: u64 = 6;
/// Writes kept of one line; more cannot happen in the dots of mode 3.
const MOST_WRITES: usize = 256;

/// The state of the PPU as a line's mode 3 begins.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct LineStart {
    /// LY.
    pub line: u8,
    /// Dot at which mode 3 begins.
    pub dot: u64,
    /// The registers.
    pub registers: Registers,
    /// The line's objects.
    pub objects: Objects,
    /// WY matched LY in this picture while the window was enabled.
    pub window_is_armed: bool,
    /// The window's last shown line; 255 for none.
    pub window_line: u8,
}

crate::state::codec!(LineStart { line, dot, registers, objects, window_is_armed, window_line });

impl LineStart {
    /// Whether the window is shown or its line counted, if no register changes.
    #[must_use]
    pub fn has_window(&self) -> bool {
        self.window_is_armed && self.registers.lcdc_has(lcdc::WINDOW) && self.registers.wx <= 166
    }

    /// Dot at which mode 3 ends if no register changes; none where only the FIFO can say.
    #[must_use]
    pub fn end_by_formula(&self) -> Option<u64> {
        let registers = &self.registers;
        if !self.is_plain() {
            return None;
        }
        let window = (self.has_window() && registers.wx < 166).then_some(registers.wx);
        let window_dots = if window.is_some() { WINDOW_DOTS } else { 0 };
        let shows_objects = registers.lcdc_has(lcdc::OBJECTS);
        let object_dots = if shows_objects { self.objects.penalty(registers.scx, window) } else { 0 };
        Some(self.dot + SHORTEST + u64::from(registers.scx & 7) + window_dots + object_dots)
    }

    /// Whether formula and line renderer know the line: no window begins left of the picture.
    #[must_use]
    pub fn is_plain(&self) -> bool {
        !self.has_window() || self.registers.wx >= 7
    }
}

/// A write to a register while a line is drawn.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct LineWrite {
    /// The first dot that sees the new value.
    pub dot: u64,
    /// The register.
    pub register: Register,
    /// The new value.
    pub value: u8,
}

/// How a line ended.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct LineEnd {
    /// Mode 3's last dot plus one: from here on it is mode 0.
    pub dot: u64,
    /// The window's line counter.
    pub window_line: u8,
    /// WY has matched.
    pub window_is_armed: bool,
}

/// Replays a line through the FIFO.
pub fn replay(
    start: &LineStart,
    writes: &[LineWrite],
    vram: &[u8; 0x2000],
    mut pixels: Option<&mut [u8; WIDTH]>,
) -> LineEnd {
    let mut fifo = Fifo::new(start);
    let mut pending = writes.iter().peekable();
    let mut dot = start.dot + LATENCY;
    loop {
        while let Some(write) = pending.next_if(|write| write.dot <= dot) {
            fifo.write(write.register, write.value);
        }
        if fifo.step(vram, pixels.as_deref_mut()) {
            break;
        }
        dot += 1;
    }
    let (window_line, window_is_armed) = fifo.window();
    LineEnd { dot, window_line, window_is_armed }
}

/// The changes that one write of the CPU at `dot` makes, with the dots at which a DMG's PPU sees them.
///
/// The PPU samples its registers up to two dots before the CPU's access ends; palettes show old and new bits together
/// for a dot.
pub fn changes(register: Register, old: u8, new: u8, dot: u64) -> impl Iterator<Item = LineWrite> {
    let write = |dot, value| LineWrite { dot, register, value };
    let (first, second) = match register {
        Register::Scx => (write(dot - 2, new), None),
        Register::Scy => (write(dot - 1, new), None),
        Register::Bgp | Register::Obp0 | Register::Obp1 => (write(dot - 2, old | new), Some(write(dot - 1, new))),
        Register::Lcdc => (write(dot - 2, old | new & lcdc::BACKGROUND), Some(write(dot - 1, new))),
        Register::Wy | Register::Wx => (write(dot, new), None),
    };
    std::iter::once(first).chain(second)
}

/// Appends the line's writes to a state.
pub fn save_writes(writes: &[LineWrite], out: &mut Vec<u8>) {
    (writes.len() as u16).save(out);
    for write in writes {
        (write.dot as u16).save(out);
        (Register::ALL.iter().position(|register| *register == write.register).unwrap_or(0) as u8).save(out);
        write.value.save(out);
    }
}

/// Reads what [`save_writes`] wrote.
pub fn load_writes(writes: &mut Vec<LineWrite>, reader: &mut Reader<'_>) -> Result<(), StateError> {
    writes.clear();
    let mut count = 0u16;
    count.load(reader)?;
    if usize::from(count) > MOST_WRITES {
        return Err(StateError::Impossible("the list of writes to the PPU"));
    }
    for _ in 0..count {
        let (mut dot, mut number, mut value) = (0u16, 0u8, 0u8);
        dot.load(reader)?;
        number.load(reader)?;
        value.load(reader)?;
        let register = Register::ALL.get(usize::from(number)).copied();
        let register = register.ok_or(StateError::Impossible("the list of writes to the PPU"))?;
        writes.push(LineWrite { dot: u64::from(dot), register, value });
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::{replay, LineStart, Registers};
    use crate::ppu::objects::Objects;
    use crate::testing::Random;

    #[test]
    fn the_formula_gives_the_fifo_s_end() {
        let (mut random, mut compared) = (Random::new(2), 0);
        let vram = Box::new([0; 0x2000]);
        for _ in 0..20_000 {
            let mut oam = [0; 160];
            random.fill(&mut oam);
            // Half of the objects in the picture, so that lines with ten are common.
            for entry in oam.chunks_exact_mut(4) {
                entry[0] = 16 + (random.byte() & 31);
            }
            let mut registers = Registers { lcdc: random.byte(), scx: random.byte(), ..Registers::default() };
            registers.wx = random.byte();
            let line = random.byte() & 31;
            let objects = Objects::find(&oam, line, registers.lcdc & 4 != 0, |_| false);
            let window_is_armed = random.byte() & 1 == 1;
            let start = LineStart { line, dot: 81, registers, objects, window_is_armed, window_line: 255 };
            if let Some(end) = start.end_by_formula() {
                compared += 1;
                assert_eq!(end, replay(&start, &[], &vram, None).dot, "{start:?}");
            }
        }
        assert!(compared > 10_000, "only {compared} lines had a formula");
    }
}
