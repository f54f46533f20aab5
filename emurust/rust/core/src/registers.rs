//! The register file of the SM83, the Game Boy's CPU.

/// The bits of F. Its low nibble is not wired: it reads as zero whatever was written.
pub mod flag {
    /// Bit 7: the last result was zero.
    pub const ZERO: u8 = 0x80;
    /// Bit 6: the last arithmetic operation was a subtraction.
    pub const SUBTRACT: u8 = 0x40;
    /// Bit 5: carry or borrow between bits 3 and 4.
    pub const HALF_CARRY: u8 = 0x20;
    /// Bit 4: carry or borrow out of the highest bit.
    pub const CARRY: u8 = 0x10;
    /// Bit 4, the carry into it: half carry as [`super::Registers::set_flags`] takes it.
    pub const INTO_BIT_4: u8 = 0x10;
    /// The bits that exist.
    pub const ALL: u8 = ZERO | SUBTRACT | HALF_CARRY | CARRY;
}

/// The eight 8-bit registers, the stack pointer and the program counter.
///
/// F is kept as what its flags follow from, since most of them are never asked for: see [`Registers::set_flags`].
#[derive(Clone, Copy, Debug)]
pub struct Registers {
    /// Accumulator.
    pub a: u8,
    /// Z is whether this is zero.
    result: u8,
    /// H is bit 4 of this.
    half: u8,
    carry: bool,
    subtract: bool,
    /// High byte of BC.
    pub b: u8,
    /// Low byte of BC.
    pub c: u8,
    /// High byte of DE.
    pub d: u8,
    /// Low byte of DE.
    pub e: u8,
    /// High byte of HL.
    pub h: u8,
    /// Low byte of HL.
    pub l: u8,
    /// Stack pointer, an address.
    pub sp: u16,
    /// Program counter, an address.
    pub pc: u16,
}

impl Registers {
    /// The state in which the boot ROM of the DMG (revisions A to C) leaves the CPU (Pan Docs, "Power-up sequence").
    ///
    /// `header_checksum` is the cartridge's byte at 014D: the boot ROM's last sum leaves half carry and carry clear
    /// if it is zero and set otherwise.
    #[must_use]
    pub const fn after_boot(header_checksum: u8) -> Self {
        let carries = header_checksum != 0;
        Self {
            a: 0x01,
            result: 0,
            half: if carries { flag::INTO_BIT_4 } else { 0 },
            carry: carries,
            subtract: false,
            b: 0x00,
            c: 0x13,
            d: 0x00,
            e: 0xD8,
            h: 0x01,
            l: 0x4D,
            sp: 0xFFFE,
            pc: 0x0100,
        }
    }

    /// F: the flags, bits of [`flag`].
    #[inline(always)]
    #[must_use]
    pub const fn f(self) -> u8 {
        ((self.result == 0) as u8 * flag::ZERO)
            | (self.subtract as u8 * flag::SUBTRACT)
            | ((self.half & flag::INTO_BIT_4) << 1)
            | (self.carry as u8 * flag::CARRY)
    }

    /// Writes F; the low nibble is dropped.
    #[inline(always)]
    pub const fn set_f(&mut self, value: u8) {
        self.result = !value & flag::ZERO;
        self.subtract = value & flag::SUBTRACT != 0;
        self.half = (value & flag::HALF_CARRY) >> 1;
        self.carry = value & flag::CARRY != 0;
    }

    /// Writes the flags: Z where `result` is zero, N, H from bit 4 of `half`, C.
    ///
    /// Bit 4 of the exclusive or of both operands and their sum or difference is the carry into it.
    #[inline(always)]
    pub const fn set_flags(&mut self, result: u8, subtract: bool, half: u8, carry: bool) {
        self.result = result;
        self.subtract = subtract;
        self.half = half;
        self.carry = carry;
    }

    /// Writes the flags but Z, which stays, as [`Registers::set_flags`] does.
    #[inline(always)]
    pub const fn set_flags_but_zero(&mut self, subtract: bool, half: u8, carry: bool) {
        self.set_flags(self.result, subtract, half, carry);
    }

    /// Whether Z is set.
    #[inline(always)]
    #[must_use]
    pub const fn zero(self) -> bool {
        self.result == 0
    }

    /// Whether C is set.
    #[inline(always)]
    #[must_use]
    pub const fn carry(self) -> bool {
        self.carry
    }

    /// Whether every flag in `mask` is set.
    #[inline(always)]
    #[must_use]
    pub const fn has_flags(self, mask: u8) -> bool {
        self.f() & mask == mask
    }

    /// A and F as one word, A high: what PUSH AF stores.
    #[must_use]
    pub const fn af(self) -> u16 {
        u16::from_be_bytes([self.a, self.f()])
    }

    /// Writes A and F, as POP AF does.
    pub const fn set_af(&mut self, value: u16) {
        let [high, low] = value.to_be_bytes();
        self.a = high;
        self.set_f(low);
    }

    /// B and C as one word, B high.
    #[must_use]
    pub const fn bc(self) -> u16 {
        u16::from_be_bytes([self.b, self.c])
    }

    /// Writes B and C.
    pub const fn set_bc(&mut self, value: u16) {
        [self.b, self.c] = value.to_be_bytes();
    }

    /// D and E as one word, D high.
    #[must_use]
    pub const fn de(self) -> u16 {
        u16::from_be_bytes([self.d, self.e])
    }

    /// Writes D and E.
    pub const fn set_de(&mut self, value: u16) {
        [self.d, self.e] = value.to_be_bytes();
    }

    /// H and L as one word, H high.
    #[must_use]
    pub const fn hl(self) -> u16 {
        u16::from_be_bytes([self.h, self.l])
    }

    /// Writes H and L.
    pub const fn set_hl(&mut self, value: u16) {
        [self.h, self.l] = value.to_be_bytes();
    }
}

impl Default for Registers {
    /// All zero, F included.
    fn default() -> Self {
        let (result, half, carry, subtract) = (1, 0, false, false);
        Self { a: 0, result, half, carry, subtract, b: 0, c: 0, d: 0, e: 0, h: 0, l: 0, sp: 0, pc: 0 }
    }
}

impl PartialEq for Registers {
    fn eq(&self, other: &Self) -> bool {
        let words = |r: &Self| [r.af(), r.bc(), r.de(), r.hl(), r.sp, r.pc];
        words(self) == words(other)
    }
}

impl Eq for Registers {}

#[cfg(test)]
mod tests {
    use super::{flag, Registers};

    #[test]
    fn low_nibble_of_f_always_reads_zero() {
        let mut registers = Registers::default();
        for value in 0..=u8::MAX {
            registers.set_f(value);
            assert_eq!(registers.f() & 0x0F, 0);
            assert_eq!(registers.f() >> 4, value >> 4);
        }
    }

    #[test]
    fn each_flag_is_a_bit_of_its_own() {
        for (position, mask) in [flag::CARRY, flag::HALF_CARRY, flag::SUBTRACT, flag::ZERO].into_iter().enumerate() {
            let mut registers = Registers::default();
            registers.set_f(1 << (4 + position));
            assert!(registers.has_flags(mask));
            assert!(!registers.has_flags(flag::ALL));
        }
    }

    #[test]
    fn every_word_survives_writing_and_reading() {
        let mut registers = Registers::default();
        for value in 0..=u16::MAX {
            registers.set_af(value);
            registers.set_bc(value);
            registers.set_de(value);
            registers.set_hl(value);
            assert_eq!(registers.af(), value & 0xFFF0);
            assert_eq!([registers.bc(), registers.de(), registers.hl()], [value; 3]);
        }
    }

    #[test]
    fn pairs_hold_the_first_named_register_in_the_high_byte() {
        let registers = Registers { a: 1, b: 2, c: 3, d: 4, e: 5, h: 6, l: 7, ..Registers::default() };
        assert_eq!([registers.af(), registers.bc(), registers.de(), registers.hl()], [0x0100, 0x0203, 0x0405, 0x0607]);
    }

    #[test]
    fn boot_leaves_the_documented_state() {
        let registers = Registers::after_boot(0xFF);
        assert_eq!(
            [registers.af(), registers.bc(), registers.de(), registers.hl(), registers.sp, registers.pc],
            [0x01B0, 0x0013, 0x00D8, 0x014D, 0xFFFE, 0x0100]
        );
        assert_eq!(Registers::after_boot(0).f(), 0x80);
    }
}
