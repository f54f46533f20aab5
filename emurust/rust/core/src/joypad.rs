//! P1: eight buttons behind two select lines.

/// The buttons and the select bits of P1.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Joypad {
    /// Held buttons, bit 0 to 7: right, left, up, down, A, B, select, start.
    pub held: u8,
    /// Bits 4 and 5 of P1 as written; a low bit selects.
    pub select: u8,
}

impl Joypad {
    /// P1 as the CPU reads it: a held, selected button is a zero.
    #[must_use]
    pub fn read(&self) -> u8 {
        let mut lines = 0x0F;
        if self.select & 0x10 == 0 {
            lines &= !self.held;
        }
        if self.select & 0x20 == 0 {
            lines &= !(self.held >> 4);
        }
        0xC0 | self.select | lines & 0x0F
    }

    /// Selects by bits 4 and 5; whether a line fell.
    pub fn write(&mut self, value: u8) -> bool {
        self.changed(|joypad| joypad.select = value & 0x30)
    }

    /// Sets the held buttons; whether a line fell.
    pub fn set_held(&mut self, held: u8) -> bool {
        self.changed(|joypad| joypad.held = held)
    }

    /// Whether any line is low, which wakes the CPU from STOP.
    #[must_use]
    pub fn any_low(&self) -> bool {
        self.read() & 0x0F != 0x0F
    }

    fn changed(&mut self, change: impl FnOnce(&mut Self)) -> bool {
        let before = self.read();
        change(self);
        before & !self.read() & 0x0F != 0
    }
}
