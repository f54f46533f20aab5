//! The audio unit as software can read it: registers, which channels run, wave RAM. No samples (Pan Docs, "Audio").
//!
//! Length counters and the sweep are clocked by the falling edges of bit 12 of the timer's counter; like everything
//! else they are brought up to date when somebody looks.

use crate::clock::NEVER;
use crate::state::{codec, Codec, Reader, StateError};

/// T between two edges of bit 12.
const T_PER_STEP: u32 = 13;
/// Registers from FF10 to FF26.
const REGISTERS: usize = 0x17;
/// Bits that read as ones.
const READ_MASKS: [u8; REGISTERS] = [
    0x80, 0x3F, 0x00, 0xFF, 0xBF, 0xFF, 0x3F, 0x00, 0xFF, 0xBF, 0x7F, 0xFF, 0x9F, 0xFF, 0xBF, 0xFF, 0xFF, 0x00, 0x00,
    0xBF, 0x00, 0x00, 0x70,
];
/// The registers as the boot ROM leaves them.
const AFTER_BOOT: [u8; REGISTERS] = [
    0x80, 0x80, 0xF3, 0xC1, 0x87, 0x00, 0x00, 0x00, 0x00, 0x00, 0x00, 0x00, 0x00, 0x00, 0x00, 0x00, 0x00, 0x00, 0x00,
    0x00, 0x77, 0xF3, 0x80,
];
const NR10: usize = 0x00;
const NR13: usize = 0x03;
const NR14: usize = 0x04;
const NR30: usize = 0x0A;
const NR33: usize = 0x0D;
const NR34: usize = 0x0E;
const NR52: usize = 0x16;
/// The channel with the sweep.
const SWEEP: usize = 0;
/// The channel that plays wave RAM.
const WAVE: usize = 2;
/// `NRx4`: restart the channel.
const TRIGGER: u8 = 0x80;
/// `NRx4`: the length counter runs.
const COUNTS: u8 = 0x40;
/// The frequency beyond which the sweep stops its channel.
const HIGHEST: u16 = 0x7FF;

/// What every channel has.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
struct Channel {
    runs: bool,
    /// Steps until the channel stops, 256 at most.
    length: u16,
}

codec!(Channel { runs, length });

/// The frequency sweep of channel 1.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
struct Sweep {
    runs: bool,
    frequency: u16,
    timer: u8,
    has_subtracted: bool,
}

codec!(Sweep { runs, frequency, timer, has_subtracted });

/// The audio unit.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Apu {
    registers: [u8; REGISTERS],
    wave: [u8; 16],
    channels: [Channel; 4],
    sweep: Sweep,
    /// The next of eight steps: even ones clock lengths, 2 and 6 the sweep.
    step: u8,
    /// Edges of bit 12 that were counted, and the clock up to which; T.
    synced: u64,
    /// Clock of the next read of wave RAM, or [`NEVER`]; T.
    wave_at: u64,
    /// The last sample read, 0 to 31.
    wave_index: u8,
}

impl Apu {
    /// The unit as the boot ROM leaves it at clock 0: channel 1 still runs.
    #[must_use]
    pub fn after_boot() -> Self {
        let mut channels = [Channel::default(); 4];
        channels[0].runs = true;
        Self {
            registers: AFTER_BOOT,
            wave: [0; 16],
            channels,
            sweep: Sweep::default(),
            step: 0,
            synced: 0,
            wave_at: NEVER,
            wave_index: 0,
        }
    }

    /// Brings the unit up to `now`, at which the timer's counter, not wrapped at 16 bits, is `counter`.
    pub fn sync(&mut self, now: u64, counter: u64) {
        let passed = now - self.synced;
        let edges = (counter >> T_PER_STEP) - (counter.wrapping_sub(passed) >> T_PER_STEP);
        self.synced = now;
        for _ in 0..edges {
            self.advance();
        }
        if self.wave_at <= now {
            let period = self.wave_period();
            let reads = 1 + (now - self.wave_at) / period;
            self.wave_index = ((u64::from(self.wave_index) + reads) & 31) as u8;
            self.wave_at += reads * period;
        }
    }

    /// DIV is reset at a counter of `counter`, to whose moment the unit is synced.
    pub fn before_counter_reset(&mut self, counter: u16) {
        if counter & 0x1000 != 0 {
            self.advance();
        }
    }

    /// Lets `span` T pass for which the unit stands still; it is synced to their beginning.
    pub fn pause(&mut self, span: u64) {
        self.synced += span;
        if self.wave_at != NEVER {
            self.wave_at += span;
        }
    }

    fn is_on(&self) -> bool {
        self.registers[NR52] & 0x80 != 0
    }

    /// One of the eight steps, 512 a second.
    fn advance(&mut self) {
        if !self.is_on() {
            return;
        }
        if self.step % 2 == 0 {
            for number in 0..4 {
                self.count_length(number);
            }
        }
        if self.step % 4 == 2 {
            self.clock_sweep();
        }
        self.step = (self.step + 1) % 8;
    }

    fn control(&self, number: usize) -> u8 {
        self.registers[5 * number + NR14]
    }

    fn count_length(&mut self, number: usize) {
        let counts = self.control(number) & COUNTS != 0;
        let channel = &mut self.channels[number];
        if counts && channel.length > 0 {
            channel.length -= 1;
            if channel.length == 0 {
                self.stop(number);
            }
        }
    }

    fn stop(&mut self, number: usize) {
        self.channels[number].runs = false;
        if number == WAVE {
            self.wave_at = NEVER;
        }
    }

    fn frequency(&self, low: usize) -> u16 {
        u16::from(self.registers[low]) | u16::from(self.registers[low + 1] & 7) << 8
    }

    fn pace(&self) -> u8 {
        self.registers[NR10] >> 4 & 7
    }

    /// The sweep's next frequency; stops the channel where it is too high.
    fn next_frequency(&mut self) -> u16 {
        let change = self.sweep.frequency >> (self.registers[NR10] & 7);
        let next = if self.registers[NR10] & 8 == 0 {
            self.sweep.frequency + change
        } else {
            self.sweep.has_subtracted = true;
            self.sweep.frequency - change
        };
        if next > HIGHEST {
            self.stop(SWEEP);
        }
        next
    }

    fn clock_sweep(&mut self) {
        self.sweep.timer = self.sweep.timer.saturating_sub(1);
        if self.sweep.timer > 0 {
            return;
        }
        self.sweep.timer = if self.pace() == 0 { 8 } else { self.pace() };
        if !self.sweep.runs || self.pace() == 0 {
            return;
        }
        let next = self.next_frequency();
        if next <= HIGHEST && self.registers[NR10] & 7 != 0 {
            self.sweep.frequency = next;
            let [high, low] = next.to_be_bytes();
            self.registers[NR13] = low;
            self.registers[NR14] = self.registers[NR14] & !7 | high;
            self.next_frequency();
        }
    }

    /// T between two reads of wave RAM.
    fn wave_period(&self) -> u64 {
        2 * (0x800 - u64::from(self.frequency(NR33)))
    }

    /// The place in wave RAM that the CPU reaches at `now`: while the channel plays, only in the moment in which it
    /// reads, and then the byte that it reads.
    fn wave_place(&self, index: u16, now: u64) -> Option<usize> {
        if !self.channels[WAVE].runs {
            return Some(usize::from(index));
        }
        let has_just_read = self.wave_at != NEVER && self.wave_at.wrapping_sub(self.wave_period()) == now;
        has_just_read.then_some(usize::from(self.wave_index / 2))
    }

    /// Reads FF10 + `index` at `now`, to which the unit is synced.
    #[must_use]
    pub fn read(&self, index: u16, now: u64) -> u8 {
        match usize::from(index) {
            NR52 => {
                let running = (0..4).fold(0, |bits, number| bits | u8::from(self.channels[number].runs) << number);
                self.registers[NR52] | READ_MASKS[NR52] | running
            }
            register @ 0..NR52 => self.registers[register] | READ_MASKS[register],
            0x20..=0x2F => self.wave_place(index - 0x20, now).map_or(0xFF, |place| self.wave[place]),
            _ => 0xFF,
        }
    }

    /// Writes FF10 + `index` at `now`, to which the unit is synced; `counter` is the timer's.
    pub fn write(&mut self, index: u16, value: u8, now: u64, counter: u16) {
        let register = usize::from(index);
        match register {
            0x20..=0x2F => {
                if let Some(place) = self.wave_place(index - 0x20, now) {
                    self.wave[place] = value;
                }
            }
            NR52 => self.switch(value & 0x80 != 0, counter),
            0..NR52 if self.is_on() => self.write_register(register, value, now),
            // Switched off, a DMG still takes lengths.
            0x01 | 0x06 | 0x0B | 0x10 => self.set_length(register, value),
            _ => {}
        }
    }

    fn switch(&mut self, on: bool, counter: u16) {
        if on == self.is_on() {
            return;
        }
        if on {
            self.registers[NR52] = 0x80;
            // With bit 12 high its next edge does not count as the first step.
            self.step = if counter & 0x1000 == 0 { 0 } else { 7 };
        } else {
            self.registers = [0; REGISTERS];
            (0..4).for_each(|number| self.stop(number));
            self.sweep = Sweep::default();
        }
    }

    fn set_length(&mut self, register: usize, value: u8) {
        let number = register / 5;
        let longest = if number == WAVE { 0x100 } else { 0x40 };
        self.channels[number].length = longest - (u16::from(value) & (longest - 1));
    }

    fn write_register(&mut self, register: usize, value: u8, now: u64) {
        let number = (register / 5).min(3);
        let old = self.registers[register];
        self.registers[register] = value;
        match register {
            NR10 if self.sweep.has_subtracted && value & 8 == 0 => self.stop(SWEEP),
            0x01 | 0x06 | 0x0B | 0x10 => self.set_length(register, value),
            0x02 | 0x07 | 0x11 | NR30 if !self.has_output(number) => self.stop(number),
            NR14 | 0x09 | NR34 | 0x13 => self.control_channel(number, old, value, now),
            _ => {}
        }
    }

    /// Whether the channel's converter is on, without which it cannot run.
    fn has_output(&self, number: usize) -> bool {
        let mask = if number == WAVE { 0x80 } else { 0xF8 };
        let register = if number == WAVE { NR30 } else { 5 * number + 2 };
        self.registers[register] & mask != 0
    }

    /// A write to `NRx4`.
    fn control_channel(&mut self, number: usize, old: u8, value: u8, now: u64) {
        let next_step_counts = self.step % 2 == 0;
        if old & COUNTS == 0 && value & COUNTS != 0 && !next_step_counts {
            let was_running = self.channels[number].runs;
            self.count_length(number);
            // A trigger in the same write keeps the channel running.
            if value & TRIGGER != 0 {
                self.channels[number].runs = was_running;
            }
        }
        if value & TRIGGER == 0 {
            return;
        }
        if self.channels[number].length == 0 {
            let longest = if number == WAVE { 0x100 } else { 0x40 };
            self.channels[number].length = longest - u16::from(value & COUNTS != 0 && !next_step_counts);
        }
        if number == WAVE {
            self.trigger_wave(now);
        }
        self.channels[number].runs = self.has_output(number);
        if number == SWEEP {
            self.trigger_sweep();
        }
        if !self.channels[number].runs {
            self.stop(number);
        }
    }

    fn trigger_sweep(&mut self) {
        let shift = self.registers[NR10] & 7;
        self.sweep = Sweep {
            runs: self.pace() != 0 || shift != 0,
            frequency: self.frequency(NR13),
            timer: if self.pace() == 0 { 8 } else { self.pace() },
            has_subtracted: false,
        };
        if shift != 0 {
            self.next_frequency();
        }
    }

    fn trigger_wave(&mut self, now: u64) {
        if self.channels[WAVE].runs && self.wave_at == now + 2 {
            // Restarting in the moment of a read copies what is read over the beginning of wave RAM.
            let place = usize::from(self.wave_index.div_ceil(2) % 16);
            if place < 4 {
                self.wave[0] = self.wave[place];
            } else {
                let row = place / 4 * 4;
                self.wave.copy_within(row..row + 4, 0);
            }
        }
        self.wave_index = 0;
        self.wave_at = now + self.wave_period() + 4;
    }

    /// Appends the state at `now`, to which the unit is synced.
    pub(crate) fn save(&self, out: &mut Vec<u8>, now: u64) {
        self.registers.save(out);
        self.wave.save(out);
        self.channels.iter().for_each(|channel| channel.save(out));
        self.sweep.save(out);
        self.step.save(out);
        (if self.wave_at == NEVER { 0 } else { (self.wave_at - now) as u16 }).save(out);
        self.wave_index.save(out);
    }

    /// Reads what [`Apu::save`] wrote, at `now`.
    pub(crate) fn load(&mut self, reader: &mut Reader<'_>, now: u64) -> Result<(), StateError> {
        self.registers.load(reader)?;
        self.wave.load(reader)?;
        for channel in &mut self.channels {
            channel.load(reader)?;
        }
        self.sweep.load(reader)?;
        self.step.load(reader)?;
        let mut wave_in = 0u16;
        wave_in.load(reader)?;
        self.wave_index.load(reader)?;
        self.synced = now;
        self.wave_at = if wave_in == 0 { NEVER } else { now + u64::from(wave_in) };
        let is_possible = self.step < 8
            && self.wave_index < 32
            && self.sweep.frequency <= HIGHEST
            && self.channels.iter().all(|channel| channel.length <= 0x100);
        if is_possible {
            Ok(())
        } else {
            Err(StateError::Impossible("the audio unit"))
        }
    }
}
