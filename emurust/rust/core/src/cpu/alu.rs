//! Arithmetic and its flags, as functions of registers alone.

use crate::registers::{flag, Registers};

/// The eight operations of opcodes 80 to BF and C6 to FE, in the order of their encoding.
#[inline(always)]
pub fn arithmetic(registers: &mut Registers, operation: u8, value: u8) {
    let a = registers.a;
    let carry = u8::from(registers.carry());
    match operation {
        0 => add(registers, value, 0),
        1 => add(registers, value, carry),
        2 => registers.a = subtract(registers, value, 0),
        3 => registers.a = subtract(registers, value, carry),
        4 => logic(registers, a & value, flag::INTO_BIT_4),
        5 => logic(registers, a ^ value, 0),
        6 => logic(registers, a | value, 0),
        _ => {
            subtract(registers, value, 0);
        }
    }
}

/// `mask` if `condition` holds, else no flag.
#[inline(always)]
pub fn flag_if(condition: bool, mask: u8) -> u8 {
    u8::from(condition) * mask
}

/// ADD and ADC: Z 0 H C.
#[inline(always)]
fn add(registers: &mut Registers, value: u8, carry: u8) {
    let a = registers.a;
    let sum = u16::from(a) + u16::from(value) + u16::from(carry);
    let [high, result] = sum.to_be_bytes();
    registers.set_flags(result, false, a ^ value ^ result, high != 0);
    registers.a = result;
}

/// SUB, SBC and CP: Z 1 H C; returns the difference.
#[inline(always)]
fn subtract(registers: &mut Registers, value: u8, carry: u8) -> u8 {
    let a = registers.a;
    let result = a.wrapping_sub(value).wrapping_sub(carry);
    let borrows = u16::from(value) + u16::from(carry) > u16::from(a);
    registers.set_flags(result, true, a ^ value ^ result, borrows);
    result
}

/// AND, XOR and OR: Z 0 H 0, H set by AND alone.
#[inline(always)]
fn logic(registers: &mut Registers, result: u8, half: u8) {
    registers.a = result;
    registers.set_flags(result, false, half, false);
}

/// INC r: Z 0 H -.
#[inline(always)]
pub fn increment(registers: &mut Registers, value: u8) -> u8 {
    let result = value.wrapping_add(1);
    registers.set_flags(result, false, value ^ result, registers.carry());
    result
}

/// DEC r: Z 1 H -.
#[inline(always)]
pub fn decrement(registers: &mut Registers, value: u8) -> u8 {
    let result = value.wrapping_sub(1);
    registers.set_flags(result, true, value ^ result, registers.carry());
    result
}

/// ADD HL,rr: - 0 H C, the half carry out of bit 11.
#[inline(always)]
pub fn add_to_hl(registers: &mut Registers, value: u16) {
    let hl = registers.hl();
    let (result, carries) = hl.overflowing_add(value);
    let [half, _] = (hl ^ value ^ result).to_be_bytes();
    registers.set_flags_but_zero(false, half, carries);
    registers.set_hl(result);
}

/// SP plus a signed byte, for ADD SP,e and LD HL,SP+e: 0 0 H C, both as of the unsigned low bytes.
#[inline(always)]
pub fn sp_plus(registers: &mut Registers, offset: u8) -> u16 {
    let [_, low] = registers.sp.to_be_bytes();
    let half = (low & 0x0F) + (offset & 0x0F) > 0x0F;
    let carries = low.checked_add(offset).is_none();
    registers.set_f(flag_if(half, flag::HALF_CARRY) | flag_if(carries, flag::CARRY));
    registers.sp.wrapping_add_signed(i16::from(i8::from_ne_bytes([offset])))
}

/// DAA: corrects A after an addition or subtraction of binary-coded decimals; Z - 0 C.
#[inline]
pub fn decimal_adjust(registers: &mut Registers) {
    let subtracted = registers.has_flags(flag::SUBTRACT);
    let mut carries = registers.has_flags(flag::CARRY);
    let mut correction = 0;
    if registers.has_flags(flag::HALF_CARRY) || (!subtracted && registers.a & 0x0F > 0x09) {
        correction |= 0x06;
    }
    if carries || (!subtracted && registers.a > 0x99) {
        correction |= 0x60;
        carries = true;
    }
    registers.a = if subtracted { registers.a.wrapping_sub(correction) } else { registers.a.wrapping_add(correction) };
    let kept = registers.f() & flag::SUBTRACT;
    registers.set_f(kept | flag_if(registers.a == 0, flag::ZERO) | flag_if(carries, flag::CARRY));
}

/// The eight rotations and shifts of CB 00 to CB 3F, in the order of their encoding: Z 0 0 C.
#[inline(always)]
pub fn rotate(registers: &mut Registers, operation: u8, value: u8) -> u8 {
    let carry = u8::from(registers.carry());
    let (result, out) = match operation {
        0 => (value.rotate_left(1), value >> 7),
        1 => (value.rotate_right(1), value & 1),
        2 => (value << 1 | carry, value >> 7),
        3 => (value >> 1 | carry << 7, value & 1),
        4 => (value << 1, value >> 7),
        5 => (value >> 1 | value & 0x80, value & 1),
        6 => (value.rotate_left(4), 0),
        _ => (value >> 1, value & 1),
    };
    registers.set_flags(result, false, 0, out != 0);
    result
}

/// BIT b,r: Z 0 1 -.
#[inline(always)]
pub fn test_bit(registers: &mut Registers, bit: u8, value: u8) {
    registers.set_flags(value >> bit & 1, false, flag::INTO_BIT_4, registers.carry());
}
