//! The PPU's timing against documented behaviour. Expectations are those of Pan Docs and of what the Mooneye tests
//! describe of a DMG, named at each case; the programs are our own.

mod common;

use common::{machine, nops, result, with_handler, REPORT};
use emurust_core::{ExactGameBoy, GameBoy};

#[test]
fn reads_after_lcd_on_see_the_documented_line_timing() {
    // Mooneye lcdon_timing-GS: NOPs between the write to LCDC and LD A,(DE), and what LY, STAT, OAM and VRAM give.
    const NOPS: [[usize; 8]; 3] = [
        [0, 17, 60, 110, 130, 174, 224, 244],
        [1, 18, 61, 111, 131, 175, 225, 245],
        [2, 19, 62, 112, 132, 176, 226, 246],
    ];
    const LY: [[u8; 8]; 3] = [[0, 0, 0, 0, 1, 1, 1, 2], [0, 0, 0, 1, 1, 1, 2, 2], [0, 0, 0, 1, 1, 1, 2, 2]];
    const STAT_LYC0: [[u8; 8]; 3] = [
        [0x84, 0x84, 0x87, 0x84, 0x82, 0x83, 0x80, 0x82],
        [0x84, 0x87, 0x84, 0x80, 0x82, 0x80, 0x80, 0x82],
        [0x84, 0x87, 0x84, 0x82, 0x83, 0x80, 0x82, 0x83],
    ];
    const STAT_LYC1: [[u8; 8]; 3] = [
        [0x80, 0x80, 0x83, 0x80, 0x86, 0x87, 0x84, 0x82],
        [0x80, 0x83, 0x80, 0x80, 0x86, 0x84, 0x80, 0x82],
        [0x80, 0x83, 0x80, 0x86, 0x87, 0x84, 0x82, 0x83],
    ];
    const OAM: [[u8; 8]; 3] = [
        [0x00, 0x00, 0xFF, 0x00, 0xFF, 0xFF, 0x00, 0xFF],
        [0x00, 0xFF, 0x00, 0xFF, 0xFF, 0x00, 0xFF, 0xFF],
        [0x00, 0xFF, 0x00, 0xFF, 0xFF, 0x00, 0xFF, 0xFF],
    ];
    const VRAM: [[u8; 8]; 3] = [
        [0x00, 0x00, 0xFF, 0x00, 0x00, 0xFF, 0x00, 0x00],
        [0x00, 0xFF, 0x00, 0x00, 0xFF, 0x00, 0x00, 0xFF],
        [0x00, 0xFF, 0x00, 0x00, 0xFF, 0x00, 0x00, 0xFF],
    ];
    let cases = [(0xFF44, 0, LY), (0xFF41, 0, STAT_LYC0), (0xFF41, 1, STAT_LYC1), (0xFE00, 0, OAM), (0x8000, 0, VRAM)];
    for (address, lyc, expected) in cases {
        for (row, counts) in NOPS.iter().enumerate() {
            for (column, count) in counts.iter().enumerate() {
                let [low, high] = u16::to_le_bytes(address);
                let mut program =
                    vec![0xAF, 0xE0, 0x40, 0x3E, lyc, 0xE0, 0x45, 0x11, low, high, 0x3E, 0x81, 0xE0, 0x40];
                program.extend(nops(*count));
                program.push(0x1A);
                program.extend(REPORT);
                let read = result(&mut machine(&program), 1);
                assert_eq!(read, expected[row][column], "{address:04X}, LYC {lyc}, {count} NOPs");
            }
        }
    }
}

#[test]
fn writes_after_lcd_on_reach_memory_as_documented() {
    // Mooneye lcdon_write_timing-GS.
    const NOPS: [usize; 19] = [0, 17, 18, 60, 61, 110, 111, 112, 130, 131, 132, 174, 175, 224, 225, 226, 244, 245, 246];
    const OAM: &[u8; 19] = b"1100111001001110010";
    const VRAM: &[u8; 19] = b"1100111111001111110";
    for (address, expected) in [(0xFE00, OAM), (0x8000, VRAM)] {
        for (count, arrives) in NOPS.iter().zip(expected) {
            let [low, high] = u16::to_le_bytes(address);
            let mut program = vec![0xAF, 0xE0, 0x40, 0x11, low, high, 0x3E, 0x81, 0xE0, 0x40];
            program.extend(nops(*count));
            program.extend([0x12, 0x18, 0xFE]);
            let mut machine = machine(&program);
            machine.run_until_cycles(4_000);
            assert_eq!(machine.peek(address), if *arrives == b'1' { 0x81 } else { 0 }, "{address:04X}, {count} NOPs");
        }
    }
}

/// Waits in HALT for the STAT interrupt of line 42 (hexadecimal) with `enables`, then reads `address` after NOPs.
fn read_after_interrupt(enables: u8, scx: u8, address: u16, count: usize) -> u8 {
    let [low, high] = address.to_le_bytes();
    // SCX; wait for line 41; wait for mode 3 and then 0; STAT; IF = 0; IE = 2; EI; HALT
    let mut program = vec![0x3E, scx, 0xE0, 0x43, 0x21, low, high];
    program.extend([0xF0, 0x44, 0xFE, 0x42, 0x20, 0xFA]);
    if enables == 0x20 {
        program.extend([0xF0, 0x41, 0xE6, 0x03, 0xFE, 0x03, 0x20, 0xF8, 0xF0, 0x41, 0xE6, 0x03, 0x20, 0xFA]);
    }
    program.extend([0x3E, enables, 0xE0, 0x41, 0xAF, 0xE0, 0x0F, 0x3E, 0x02, 0xE0, 0xFF, 0xFB, 0x76, 0x00, 0x18, 0xFE]);
    let mut handler = nops(count);
    handler.push(0x7E);
    handler.extend(REPORT);
    let mut machine = with_handler(&program, 0x48, &handler);
    result(&mut machine, 3)
}

#[test]
fn modes_follow_the_mode_2_interrupt_as_documented() {
    // Mooneye intr_2_mode3_timing, intr_2_mode0_timing, intr_2_oam_ok_timing: 20 and 63 M-cycles from the interrupt.
    assert_eq!(read_after_interrupt(0x20, 0, 0xFF41, 13) & 3, 2);
    assert_eq!(read_after_interrupt(0x20, 0, 0xFF41, 14) & 3, 3);
    assert_eq!(read_after_interrupt(0x20, 0, 0xFF41, 56) & 3, 3);
    assert_eq!(read_after_interrupt(0x20, 0, 0xFF41, 57) & 3, 0);
    assert_eq!(read_after_interrupt(0x20, 0, 0xFE00, 56), 0xFF);
    assert_eq!(read_after_interrupt(0x20, 0, 0xFE00, 57), 0x00);
}

#[test]
fn fine_scroll_delays_the_mode_0_interrupt() {
    // Mooneye hblank_ly_scx_timing-GS: LY increments 51, 50 or 49 M-cycles after the interrupt.
    for (scx, count) in [(0, 44), (1, 43), (2, 43), (3, 43), (4, 43), (5, 42), (6, 42), (7, 42), (8, 44)] {
        assert_eq!(read_after_interrupt(0x08, scx, 0xFF44, count - 1), 0x42, "SCX {scx}");
        assert_eq!(read_after_interrupt(0x08, scx, 0xFF44, count), 0x43, "SCX {scx}");
    }
}

#[test]
fn coincidence_bit_survives_switching_the_lcd_off() {
    // Mooneye stat_lyc_onoff, rounds 1 and 4.
    let mut machine = machine(&[0x18, 0xFE]);
    machine.run_frame(false);
    machine.run_until_cycles(machine.cycles() + 100);
    machine.poke(0xFF45, 0x90);
    assert_eq!(machine.peek(0xFF41) & 7, 5);
    machine.poke(0xFF40, 0x00);
    assert_eq!(machine.peek(0xFF41) & 7, 4);
    machine.poke(0xFF45, 0x01);
    assert_eq!(machine.peek(0xFF41) & 7, 4, "no comparison runs");
    machine.poke(0xFF41, 0x40);
    machine.poke(0xFF0F, 0);
    machine.poke(0xFF40, 0x80);
    assert_eq!(machine.peek(0xFF41) & 7, 0, "now LY 0 is compared with 1");
    machine.poke(0xFF40, 0x00);
    machine.poke(0xFF45, 0x00);
    machine.poke(0xFF40, 0x80);
    assert_eq!(machine.peek(0xFF0F) & 2, 2, "the comparison comes true and requests");
}

#[test]
fn a_high_stat_line_blocks_further_requests() {
    // Mooneye stat_irq_blocking: with LYC on a line, its mode 0 requests nothing.
    let requests_in_line = |lyc: u8, enables: u8| {
        let mut machine = machine(&[0x18, 0xFE]);
        machine.poke(0xFF45, lyc);
        machine.poke(0xFF41, enables);
        machine.run_frame(false);
        // From the vertical blank to line 16, past the coincidence.
        machine.run_until_cycles(machine.cycles() + 456 * 26 + 100);
        assert_eq!(machine.peek(0xFF44), 16);
        machine.poke(0xFF0F, 0);
        machine.run_until_cycles(machine.cycles() + 300);
        machine.peek(0xFF0F) & 2
    };
    assert_eq!(requests_in_line(99, 0x48), 2);
    assert_eq!(requests_in_line(16, 0x48), 0);
}

#[test]
fn oam_bug_strikes_in_mode_2_only() {
    // Pan Docs, "OAM corruption bug".
    const INC_BC: u8 = 0x03;
    const ADD_HL_BC: u8 = 0x09;
    let corrupts = |lcd_on: bool, delay: usize, opcode: u8| {
        let mut program = vec![0xAF, 0xE0, 0x40, 0x01, 0x00, 0xFE, 0x3E, if lcd_on { 0x81 } else { 0x00 }, 0xE0, 0x40];
        program.extend(nops(delay));
        program.extend([opcode, 0x18, 0xFE]);
        let mut machine = machine(&program);
        machine.poke(0xFF40, 0);
        for offset in 0..160u8 {
            machine.poke(0xFE00 + u16::from(offset), offset.wrapping_mul(37));
        }
        machine.run_until_cycles(3_000);
        let mut oam = [0; 160];
        machine.read_range(0xFE00, &mut oam);
        oam.iter().zip(0u8..).any(|(byte, offset)| *byte != offset.wrapping_mul(37))
    };
    assert!(corrupts(true, 120, INC_BC), "mode 2 of line 1");
    assert!(!corrupts(true, 120, ADD_HL_BC));
    assert!(!corrupts(true, 150, INC_BC), "mode 3");
    assert!(!corrupts(true, 200, INC_BC), "mode 0");
    assert!(!corrupts(false, 120, INC_BC), "LCD off");
}

/// The place of the first black pixel if BGP, white before, turns black `count` M-cycles after a mode 2 interrupt.
fn first_black(count: usize) -> usize {
    // BGP = 0; STAT: mode 2; IF = 0; IE = 2; HALT; wait; BGP = FF
    let start = [0xAF, 0xE0, 0x47, 0x3E, 0x20, 0xE0, 0x41, 0x3E, 0x02, 0xE0, 0xFF, 0xAF, 0xE0, 0x0F, 0x3E, 0xFF, 0x76];
    let program = [&start[..], &nops(count), &[0xE0, 0x47, 0x18, 0xFE]].concat();
    let mut fast = GameBoy::new(common::rom(&program).into()).unwrap();
    let mut exact = ExactGameBoy::new(common::rom(&program).into()).unwrap();
    fast.run_frame(true);
    exact.run_frame(true);
    assert_eq!(fast.frame(), exact.frame(), "{count} M-cycles");
    fast.frame().iter().position(|shade| *shade == 3).unwrap()
}

#[test]
fn a_palette_written_in_mode_3_holds_from_that_dot_on() {
    // A pixel a dot leaves the line's pipeline (Pan Docs, "Pixel FIFO"): four an M-cycle.
    let first = first_black(25);
    assert!((1..160).contains(&(first % 160)), "in the middle of a line, at {first}");
    for later in 1..20 {
        assert_eq!(first_black(25 + later), first + 4 * later, "{later} M-cycles later");
    }
}
