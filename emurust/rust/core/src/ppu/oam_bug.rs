//! The DMG's OAM bug: an access to OAM, or a 16-bit count in its range, while the PPU searches it, mixes the row that
//! the PPU reads with the row before (Pan Docs, "OAM corruption bug").

use super::Ppu;

/// What the CPU does with OAM in one M-cycle.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Access {
    /// Reads.
    Read,
    /// Writes, or counts an address up or down.
    Write,
    /// Reads and counts the address.
    ReadAndCount,
}

/// Words of a row.
const WORDS: usize = 4;
/// The last row.
const LAST: usize = 19;

impl Ppu {
    /// Corrupts OAM as `access` does at `now`, to which the PPU is synced.
    pub fn corrupt_oam(&mut self, access: Access, now: u64) {
        let Some(row) = self.searched_row(now).filter(|row| *row > 0) else {
            return;
        };
        if access == Access::ReadAndCount && (4..LAST).contains(&row) {
            let [a, b, c, d] = [self.word(row - 2, 0), self.word(row - 1, 0), self.word(row, 0), self.word(row - 1, 2)];
            self.set_word(row - 1, 0, b & (a | c | d) | a & c & d);
            for word in 0..WORDS {
                let value = self.word(row - 1, word);
                self.set_word(row, word, value);
                self.set_word(row - 2, word, value);
            }
        }
        let (a, b, c) = (self.word(row, 0), self.word(row - 1, 0), self.word(row - 1, 2));
        let mixed = if access == Access::Write { (a ^ c) & (b ^ c) ^ c } else { b | a & c };
        self.set_word(row, 0, mixed);
        for word in 1..WORDS {
            let value = self.word(row - 1, word);
            self.set_word(row, word, value);
        }
    }

    fn word(&self, row: usize, word: usize) -> u16 {
        let at = 8 * row + 2 * word;
        u16::from_le_bytes([self.oam[at], self.oam[at + 1]])
    }

    fn set_word(&mut self, row: usize, word: usize, value: u16) {
        let at = 8 * row + 2 * word;
        self.oam[at..at + 2].copy_from_slice(&value.to_le_bytes());
        self.cover.forget();
    }
}
