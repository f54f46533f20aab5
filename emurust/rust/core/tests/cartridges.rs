//! Memory bank controllers against documented behaviour. Expectations are those of Pan Docs and of what the Mooneye tests
//! describe of a DMG, named at each case; the images are our own.

mod common;

use std::sync::Arc;

use emurust_core::{ExactGameBoy, GameBoy};

/// A cartridge of `kind` whose every ROM bank begins with its number, low byte first.
fn numbered(kind: u8, rom_size: u8, ram: u8) -> GameBoy {
    let mut image = vec![0; 0x8000 << rom_size];
    for (number, bank) in (0u16..).zip(image.chunks_exact_mut(0x4000)) {
        bank[..2].copy_from_slice(&number.to_le_bytes());
    }
    image[0x147..0x14A].copy_from_slice(&[kind, rom_size, ram]);
    GameBoy::new(Arc::from(image)).unwrap()
}

fn bank_at(machine: &mut GameBoy, address: u16) -> u16 {
    u16::from_le_bytes([machine.peek(address), machine.peek(address + 1)])
}

#[test]
fn mbc1_selects_banks_with_five_and_two_bits() {
    // Pan Docs, "MBC1"; Mooneye emulator-only/mbc1.
    let mut machine = numbered(0x03, 6, 3);
    for (bank1, bank2, mode, low, high) in [
        (0, 0, 0, 0, 1),
        (1, 0, 0, 0, 1),
        (0x1F, 3, 0, 0, 0x7F),
        (0x20, 1, 0, 0, 0x21),
        (5, 2, 1, 0x40, 0x45),
        (0, 2, 1, 0x40, 0x41),
    ] {
        machine.poke(0x2000, bank1);
        machine.poke(0x4000, bank2);
        machine.poke(0x6000, mode);
        assert_eq!(
            (bank_at(&mut machine, 0), bank_at(&mut machine, 0x4000)),
            (low, high),
            "{bank1:02X} {bank2} {mode}"
        );
    }
    machine.poke(0xA000, 0x12);
    assert_eq!(machine.peek(0xA000), 0xFF, "the RAM is closed");
    machine.poke(0x0000, 0x0A);
    for bank in 0..4 {
        machine.poke(0x4000, bank);
        machine.poke(0xA000, 0x40 + bank);
    }
    machine.poke(0x4000, 1);
    assert_eq!(machine.peek(0xA000), 0x41);
    machine.poke(0x6000, 0);
    assert_eq!(machine.peek(0xA000), 0x40, "mode 0 shows the first bank of RAM");
    machine.poke(0x0000, 0x00);
    assert_eq!(machine.peek(0xA000), 0xFF, "the RAM is closed again");
    assert_eq!(machine.battery_ram().len(), 0x8000);
}

#[test]
fn mbc2_has_half_bytes_and_one_register_by_address_bit_8() {
    let mut machine = numbered(0x06, 3, 0);
    machine.poke(0x2100, 0x00);
    assert_eq!(bank_at(&mut machine, 0x4000), 1);
    machine.poke(0x3FFF, 0x1E);
    assert_eq!(bank_at(&mut machine, 0x4000), 0x0E);
    machine.poke(0x3EFF, 0x0A);
    machine.poke(0xA1FF, 0xA5);
    assert_eq!(machine.peek(0xA1FF), 0xF5);
    assert_eq!(machine.peek(0xBFFF), 0xF5, "512 half-bytes are mirrored");
}

#[test]
fn mbc3_clock_counts_cycles() {
    let mut machine = numbered(0x10, 2, 3);
    machine.poke(0x0000, 0x0A);
    machine.poke(0x4000, 0x08);
    machine.run_until_cycles(4_194_304 * 3 + 100);
    machine.poke(0x6000, 0);
    machine.poke(0x6000, 1);
    assert_eq!(machine.peek(0xA000), 3);
}

#[test]
fn mbc5_selects_nine_bits_and_bank_zero() {
    let mut machine = numbered(0x1B, 8, 4);
    machine.poke(0x2000, 0x00);
    assert_eq!(bank_at(&mut machine, 0x4000), 0);
    machine.poke(0x3000, 0x01);
    machine.poke(0x2000, 0xFE);
    assert_eq!(bank_at(&mut machine, 0x4000), 0x1FE);
    machine.poke(0x0000, 0x0A);
    machine.poke(0x4000, 0x0F);
    machine.poke(0xA000, 0x77);
    machine.poke(0x4000, 0x00);
    assert_eq!(machine.peek(0xA000), 0xFF);
    machine.poke(0x4000, 0x0F);
    assert_eq!(machine.peek(0xA000), 0x77);
}

#[test]
fn programs_see_the_bank_that_they_switch_in() {
    const BANK: usize = 0x4000;
    // Bank 3 to 4000; (C000) = (4010); CALL 4000; (C001) = A; HL = C002; CALL 3FFF, whose operand lies in the bank
    let program = [
        0x31, 0x00, 0xE0, 0x3E, 0x03, 0xEA, 0x00, 0x20, 0xFA, 0x10, 0x40, 0xEA, 0x00, 0xC0, 0xCD, 0x00, 0x40, 0xEA,
        0x01, 0xC0, 0x21, 0x02, 0xC0, 0xCD, 0xFF, 0x3F, 0x18, 0xFE,
    ];
    let mut image = common::rom(&program);
    image.resize(8 * BANK, 0);
    (image[0x147], image[0x148]) = (0x19, 0x02);
    image[BANK - 1] = 0x3E;
    // LD A,77; RET, or from its second byte on LD (HL),A; RET
    image[3 * BANK..3 * BANK + 3].copy_from_slice(&[0x3E, 0x77, 0xC9]);
    image[3 * BANK + 0x10] = 3;
    let rom: Arc<[u8]> = image.into();
    let mut fast = GameBoy::new(rom.clone()).unwrap();
    let mut exact = ExactGameBoy::new(rom).unwrap();
    fast.run_until_cycles(2000);
    exact.run_until_cycles(2000);
    assert_eq!([fast.peek(0xC000), fast.peek(0xC001), fast.peek(0xC002)], [3, 0x77, 0x3E]);
    assert_eq!(fast.state_hash(), exact.state_hash());
}
