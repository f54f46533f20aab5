//! The MBC3's clock, counted in cycles of the machine: no wall clock, so that runs repeat (Pan Docs, "MBC3").

use crate::state::{Codec, Reader, StateError};

/// T of a second.
const T_PER_SECOND: u64 = 4_194_304;
/// Bits of each register that exist: seconds, minutes, hours, low and high byte of days.
const MASKS: [u8; 5] = [0x3F, 0x3F, 0x1F, 0xFF, 0xC1];
const HALT: u8 = 0x40;
const DAY_CARRY: u8 = 0x80;

/// Seconds, minutes, hours, and days with carry and halt.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Rtc {
    /// Clock up to which `live` is right; T.
    synced: u64,
    /// T since the last second began, fewer than a second's.
    fraction: u64,
    live: [u8; 5],
    latched: [u8; 5],
    /// The last write to 6000-7FFF was 0: a 1 now latches.
    armed: bool,
}

impl Rtc {
    /// Brings the clock up to `now` (T).
    pub fn sync(&mut self, now: u64) {
        let passed = now - self.synced;
        self.synced = now;
        if self.live[4] & HALT != 0 {
            return;
        }
        self.fraction += passed;
        while self.fraction >= T_PER_SECOND {
            self.fraction -= T_PER_SECOND;
            self.advance();
        }
    }

    /// One second. A register beyond its range counts on to its last bit and wraps without a carry.
    fn advance(&mut self) {
        for (register, limit) in [(0, 60), (1, 60), (2, 24)] {
            let value = self.live[register] + 1;
            self.live[register] = value & MASKS[register];
            if value != limit {
                return;
            }
            self.live[register] = 0;
        }
        let days = u16::from(self.live[3]) | u16::from(self.live[4] & 1) << 8;
        let [high, low] = ((days + 1) & 0x1FF).to_be_bytes();
        self.live[3] = low;
        self.live[4] = self.live[4] & 0xFE | high;
        if days == 0x1FF {
            self.live[4] |= DAY_CARRY;
        }
    }

    /// Reads the latched register `number`, 08 to 0C.
    #[must_use]
    pub fn read(&self, number: u8) -> u8 {
        self.latched.get(usize::from(number).wrapping_sub(8)).copied().unwrap_or(super::OPEN_BUS)
    }

    /// Writes the running register `number`, 08 to 0C; seconds also restart the second.
    pub fn write(&mut self, number: u8, value: u8) {
        let index = usize::from(number).wrapping_sub(8);
        if let Some(register) = self.live.get_mut(index) {
            *register = value & MASKS[index];
            self.latched[index] = *register;
            if index == 0 {
                self.fraction = 0;
            }
        }
    }

    /// A write to 6000-7FFF: 0, then 1, latches.
    pub fn latch(&mut self, value: u8) {
        if self.armed && value == 1 {
            self.latched = self.live;
        }
        self.armed = value == 0;
    }

    pub(crate) fn save(&self, out: &mut Vec<u8>) {
        self.fraction.save(out);
        self.live.save(out);
        self.latched.save(out);
        self.armed.save(out);
    }

    pub(crate) fn load(&mut self, reader: &mut Reader<'_>, now: u64) -> Result<(), StateError> {
        self.fraction.load(reader)?;
        self.live.load(reader)?;
        self.latched.load(reader)?;
        self.armed.load(reader)?;
        self.synced = now;
        if self.fraction >= T_PER_SECOND || self.live.iter().zip(MASKS).any(|(value, mask)| value & !mask != 0) {
            return Err(StateError::Impossible("the cartridge's clock"));
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::{Rtc, T_PER_SECOND};

    fn after(seconds: u64, rtc: &mut Rtc) -> [u8; 5] {
        rtc.sync(rtc.synced + seconds * T_PER_SECOND);
        rtc.latch(0);
        rtc.latch(1);
        [8, 9, 10, 11, 12].map(|number| rtc.read(number))
    }

    #[test]
    fn seconds_carry_into_minutes_hours_and_days() {
        let mut rtc = Rtc::default();
        assert_eq!(after(59, &mut rtc), [59, 0, 0, 0, 0]);
        assert_eq!(after(1, &mut rtc), [0, 1, 0, 0, 0]);
        assert_eq!(after(24 * 3600 - 60, &mut rtc), [0, 0, 0, 1, 0]);
    }

    #[test]
    fn day_512_wraps_and_sets_the_carry() {
        let mut rtc = Rtc { live: [59, 59, 23, 0xFF, 0x01], ..Rtc::default() };
        assert_eq!(after(1, &mut rtc), [0, 0, 0, 0, 0x80]);
    }

    #[test]
    fn invalid_seconds_wrap_without_a_carry() {
        let mut rtc = Rtc { live: [63, 7, 0, 0, 0], ..Rtc::default() };
        assert_eq!(after(1, &mut rtc), [0, 7, 0, 0, 0]);
    }

    #[test]
    fn halted_clock_stands() {
        let mut rtc = Rtc::default();
        rtc.write(12, 0x40);
        assert_eq!(after(100, &mut rtc), [0, 0, 0, 0, 0x40]);
    }

    #[test]
    fn registers_read_as_latched() {
        let mut rtc = Rtc::default();
        after(5, &mut rtc);
        rtc.sync(rtc.synced + 3 * T_PER_SECOND);
        assert_eq!(rtc.read(8), 5);
    }
}
