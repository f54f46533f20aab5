//! CPU, timer, DMA, ports and audio registers against documented behaviour. Expectations are those of Pan Docs and of what the Mooneye tests
//! describe of a DMG, named at each case; the programs are our own.

mod common;

use common::{machine, machine_at, nops, result, rom, with_handler, HRAM, REPORT, RESULT, WRAM};
use emurust_core::GameBoy;

#[test]
fn divider_after_boot_has_the_documented_phase() {
    // Mooneye boot_div-dmgABCmgb: six reads, 6 57 56 57 57 58 NOPs before them.
    let mut program = Vec::new();
    for count in [6, 57, 56, 57, 57, 58] {
        program.extend(nops(count));
        program.extend([0xF0, 0x04, 0xF5]);
    }
    program.extend([0x18, 0xFE]);
    let mut machine = GameBoy::new(rom(&program).into()).unwrap();
    machine.run_until_cycles(5_000);
    let read: Vec<u8> = (1..=6).map(|index| machine.peek(0xFFFE_u16.wrapping_sub(2 * index) + 1)).collect();
    assert_eq!(read, [0xAC, 0xAD, 0xAD, 0xAE, 0xAF, 0xB1]);
}

#[test]
fn serial_clock_is_aligned_to_the_divider() {
    // Mooneye boot_sclk_align-dmgABCmgb: counts INC A/B/C/D/E/H/L until the interrupt of a transfer begun at boot.
    let mut program = vec![0x3E, 0x08, 0xE0, 0xFF, 0xAF, 0xE0, 0x0F, 0xAF, 0x47, 0x4F, 0x57, 0x5F, 0x67, 0x6F];
    program.extend([0x3E, 0x81, 0xE0, 0x02, 0xFB]);
    for _ in 0..400 {
        program.extend([0x3C, 0x04, 0x0C, 0x14, 0x1C, 0x24, 0x2C]);
    }
    let mut machine = with_handler(&program, 0x58, &[0x18, 0xFE]);
    machine.run_until_cycles(2_200);
    assert_eq!(machine.peek(0xFF01), 0x0F, "four of eight bits are shifted");
    machine.run_until_cycles(20_000);
    let registers = machine.registers();
    let counted = [registers.a, registers.b, registers.c, registers.d, registers.e, registers.h, registers.l];
    assert_eq!(counted, [0x12, 0x91, 0x90, 0x90, 0x90, 0x90, 0x90]);
    assert_eq!(machine.peek(0xFF01), 0xFF, "ones come in from an open port");
    assert_eq!(machine.serial_log(), [0]);
}

#[test]
fn io_registers_after_boot_are_the_documented_ones() {
    // Pan Docs, "Power-up sequence", and Mooneye boot_hwio-dmgABCmgb; LY and wave RAM are not compared.
    let rows: [(u16, [u8; 8]); 9] = [
        (0xFF00, [0xCF, 0x00, 0x7E, 0xFF, 0xAB, 0x00, 0x00, 0xF8]),
        (0xFF08, [0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0xE1]),
        (0xFF10, [0x80, 0xBF, 0xF3, 0xFF, 0xBF, 0xFF, 0x3F, 0x00]),
        (0xFF18, [0xFF, 0xBF, 0x7F, 0xFF, 0x9F, 0xFF, 0xBF, 0xFF]),
        (0xFF20, [0xFF, 0x00, 0x00, 0xBF, 0x77, 0xF3, 0xF1, 0xFF]),
        (0xFF28, [0xFF; 8]),
        (0xFF40, [0x91, 0x85, 0x00, 0x00, 0x00, 0x00, 0xFF, 0xFC]),
        (0xFF48, [0xFF, 0xFF, 0x00, 0x00, 0xFF, 0xFF, 0xFF, 0xFF]),
        (0xFF78, [0xFF; 8]),
    ];
    let mut machine = GameBoy::new(rom(&[]).into()).unwrap();
    for (start, expected) in rows {
        let mut read = [0; 8];
        machine.read_range(start, &mut read);
        assert_eq!(read, expected, "{start:04X}");
    }
    assert_eq!(machine.peek(0xFFFF), 0);
}

#[test]
fn unused_bits_read_as_ones() {
    // Mooneye unused_hwio-GS: register, bits looked at, written, read.
    let cases = [
        (0xFF00, 0xC0, 0x00, 0xC0),
        (0xFF02, 0x7E, 0x00, 0x7E),
        (0xFF07, 0xF8, 0x00, 0xF8),
        (0xFF0F, 0xE0, 0x00, 0xE0),
        (0xFF41, 0x80, 0x00, 0x80),
        (0xFF10, 0x80, 0x00, 0x80),
        (0xFF1A, 0x7F, 0x00, 0x7F),
        (0xFF1C, 0x9F, 0x00, 0x9F),
        (0xFF20, 0xC0, 0x00, 0xC0),
        (0xFF23, 0x3F, 0x00, 0x3F),
        (0xFF26, 0x70, 0x80, 0x70),
        (0xFFFF, 0xE0, 0x00, 0x00),
        (0xFFFF, 0xE0, 0xE0, 0xE0),
    ];
    let mut machine = machine(&[]);
    for (address, mask, written, read) in cases {
        machine.poke(address, written);
        assert_eq!(machine.peek(address) & mask, read, "{address:04X}");
    }
    for address in [0xFF03, 0xFF08, 0xFF0E, 0xFF15, 0xFF1F, 0xFF27, 0xFF29].into_iter().chain(0xFF4C..0xFF80) {
        for written in [0x00, 0xFF] {
            machine.poke(address, written);
            assert_eq!(machine.peek(address), 0xFF, "{address:04X}");
        }
    }
}

#[test]
fn oam_dma_blocks_oam_for_160_m_cycles() {
    // Mooneye oam_dma_timing, oam_dma_start: blocked from the second M-cycle after the write, for 160.
    for (count, expected) in [(0, 0xFF), (1, 0xFF), (158, 0xFF), (159, 0xFF), (160, 0x01)] {
        // In HRAM: LDH (DMA),A; a delay of `count` M-cycles before the second one of LD A,(HL)
        let mut program = vec![0xAF, 0xE0, 0x40, 0x21, 0x00, 0xFE, 0x3E, 0x80, 0xE0, 0x46];
        if count >= 150 {
            // LD B,36; DEC B; JR NZ,-3 takes 2 + 4 * 36 - 1 M-cycles
            program.extend([0x06, 36, 0x05, 0x20, 0xFD]);
            program.extend(nops(count - 145));
        } else {
            program.extend(nops(count));
        }
        program.push(0x7E);
        program.extend(REPORT);
        let mut machine = machine_at(HRAM, &program);
        machine.poke(0xFF40, 0);
        machine.poke(0x8000, 0x01);
        machine.poke(0xFE00, 0x55);
        assert_eq!(result(&mut machine, 1), expected, "{count} M-cycles");
        assert_eq!(machine.peek(0xFE00), 0x01);
    }
}

#[test]
fn oam_dma_above_dfff_copies_work_ram() {
    // Mooneye oam_dma/sources-GS.
    for (page, source) in [(0xC0, 0xC000), (0xDF, 0xDF00), (0xE0, 0xC000), (0xFE, 0xDE00), (0xFF, 0xDF00)] {
        let mut machine = machine_at(HRAM, &[0x3E, page, 0xE0, 0x46, 0x18, 0xFE]);
        machine.poke(0xFF40, 0);
        for offset in 0..160u8 {
            machine.poke(source + u16::from(offset), offset.wrapping_mul(7) ^ page);
        }
        machine.run_until_cycles(2_000);
        let mut oam = [0; 160];
        machine.read_range(0xFE00, &mut oam);
        for (offset, byte) in (0u8..).zip(oam) {
            assert_eq!(byte, offset.wrapping_mul(7) ^ page, "page {page:02X}, byte {offset}");
        }
        assert_eq!(machine.peek(0xFF46), page);
    }
}

#[test]
fn halt_bug_executes_the_next_byte_twice() {
    // Pan Docs, "halt bug": IME clear and a request pending.
    let mut machine =
        machine(&[0xF3, 0x3E, 0x04, 0xE0, 0xFF, 0xE0, 0x0F, 0xAF, 0x76, 0x3C, 0xEA, 0x00, 0xDF, 0x18, 0xFE]);
    assert_eq!(result(&mut machine, 1), 2);
}

#[test]
fn ei_takes_effect_after_the_next_instruction() {
    // Pan Docs, "Interrupts"; Mooneye ei_timing, rapid_di_ei.
    let ei_then_inc = with_handler(
        &[0xAF, 0x3E, 0x04, 0xE0, 0xFF, 0xE0, 0x0F, 0xAF, 0xFB, 0x3C, 0x3C, 0x18, 0xFE],
        0x50,
        &[0xEA, 0x00, 0xDF, 0x18, 0xFE],
    );
    assert_eq!(result(&mut ei_then_inc.clone(), 1), 1, "one INC A before the handler");
    let mut never = with_handler(
        &[0x3E, 0x04, 0xE0, 0xFF, 0xE0, 0x0F, 0xFB, 0xF3, 0x00, 0x18, 0xFE],
        0x50,
        &[0x3E, 0x77, 0xEA, 0x00, 0xDF, 0x18, 0xFE],
    );
    assert_eq!(result(&mut never, 1), 0, "DI right after EI wins");
}

#[test]
fn a_push_over_ie_cancels_or_changes_the_dispatch() {
    // Mooneye interrupts/ie_push: the high byte of PC lands on IE; with no bit left the CPU goes to 0000.
    let mut image = rom(&[]);
    // 0200: EI; NOP with SP = 0000, so that the push writes FFFF and FFFE; PC's high byte 02 keeps STAT only.
    image[0x150..0x15C].copy_from_slice(&[0x31, 0x00, 0x00, 0x3E, 0x04, 0xE0, 0xFF, 0xE0, 0x0F, 0xC3, 0x00, 0x02]);
    image[0x200..0x203].copy_from_slice(&[0xFB, 0x00, 0x00]);
    image[0x000..0x007].copy_from_slice(&[0x3E, 0x99, 0xEA, 0x00, 0xDF, 0x18, 0xFE]);
    let mut machine = GameBoy::new(image.into()).unwrap();
    assert_eq!(result(&mut machine, 1), 0x99);
    assert_eq!(machine.peek(0xFF0F) & 4, 4, "the request stays");
}

#[test]
fn dispatch_takes_five_m_cycles_and_the_lowest_bit_wins() {
    let mut machine = with_handler(&[0x3E, 0x1F, 0xE0, 0xFF, 0x3E, 0x14, 0xE0, 0x0F, 0xFB, 0x00], 0x50, &[0x18, 0xFE]);
    machine.run_until_cycles(20 + 8 + 12 + 8 + 12 + 4 + 4 + 20);
    assert_eq!(machine.registers().pc, 0x50);
    assert_eq!(machine.peek(0xFF0F), 0xF0);
}

#[test]
fn tima_reads_zero_for_one_m_cycle_before_it_is_reloaded() {
    // Pan Docs, "Timer obscure behaviour": TAC 5 counts every 16 T; TMA is 23.
    let read_after = |count: usize| {
        let mut program =
            vec![0x3E, 0x23, 0xE0, 0x06, 0x3E, 0x05, 0xE0, 0x07, 0xAF, 0xE0, 0x04, 0x3E, 0xFF, 0xE0, 0x05];
        program.extend(nops(count));
        program.extend([0xF0, 0x05]);
        program.extend(REPORT);
        result(&mut machine(&program), 1)
    };
    let seen: Vec<u8> = (0..8).map(read_after).collect();
    // DIV is written at 0, TIMA at 20 T, the read comes at 32 T: the edge then makes it overflow, a cycle later it is loaded.
    assert_eq!(seen, [0x00, 0x23, 0x23, 0x23, 0x24, 0x24, 0x24, 0x24]);
}

#[test]
fn writes_around_the_reload_cancel_it_or_are_ignored() {
    // Mooneye tima_write_reloading, tma_write_reloading: FF is written in the M-cycle of the zero, in that of the reload, and
    // after it, and TIMA is read 12 T later; its next edge is 12 T after the reload.
    let write_after = |count: usize, register: u8| {
        let mut program =
            vec![0x3E, 0x23, 0xE0, 0x06, 0x3E, 0x05, 0xE0, 0x07, 0xAF, 0xE0, 0x04, 0x3E, 0xFF, 0xE0, 0x05];
        program.extend(nops(count));
        program.extend([0xE0, register, 0xF0, 0x05]);
        program.extend(REPORT);
        result(&mut machine(&program), 1)
    };
    assert_eq!([0, 1, 2].map(|count| write_after(count, 0x05)), [0xFF, 0x24, 0x23], "writes to TIMA");
    assert_eq!([0, 1, 2].map(|count| write_after(count, 0x06)), [0xFF, 0x00, 0x24], "writes to TMA");
}

#[test]
fn writing_div_can_count_tima() {
    // Mooneye timer/div_write and tim00_div_trigger: with TAC 4, bit 9 of the counter high.
    for (count, expected) in [(100, 0x00), (140, 0x01)] {
        let mut program = vec![0x3E, 0x04, 0xE0, 0x07, 0xAF, 0xE0, 0x04, 0xE0, 0x05];
        program.extend(nops(count));
        program.extend([0xE0, 0x04, 0xF0, 0x05]);
        program.extend(REPORT);
        assert_eq!(result(&mut machine(&program), 1), expected, "{count} NOPs");
    }
}

#[test]
fn joypad_lines_follow_the_selection_and_request_an_interrupt() {
    // Pan Docs, "Joypad input".
    let mut machine = machine(&[0x18, 0xFE]);
    machine.poke(0xFF0F, 0);
    machine.poke(0xFF00, 0x20);
    machine.set_buttons(0b1000_0101);
    assert_eq!(machine.peek(0xFF00), 0xEF & !0b0101);
    assert_eq!(machine.peek(0xFF0F) & 0x10, 0x10);
    machine.poke(0xFF00, 0x10);
    assert_eq!(machine.peek(0xFF00), 0xD7);
    machine.poke(0xFF00, 0x30);
    assert_eq!(machine.peek(0xFF00), 0xFF);
}

#[test]
fn an_unknown_opcode_locks_the_cpu_and_nothing_else() {
    for opcode in common::ILLEGAL {
        let mut machine = machine(&[opcode, 0x3C]);
        machine.run_frames(2, true);
        assert!(machine.locked_up());
        assert_eq!(machine.registers().pc, WRAM + 1);
        assert_eq!(machine.peek(0xFF44), 144);
    }
}

#[test]
fn stop_waits_for_a_button_with_the_divider_at_zero() {
    // Pan Docs, "Using the STOP instruction".
    let mut machine = machine(&[0x3E, 0x20, 0xE0, 0x00, 0x10, 0x00, 0xF0, 0x04, 0xEA, 0x00, 0xDF, 0x18, 0xFE]);
    machine.poke(RESULT, 0x55);
    machine.run_frames(3, false);
    assert_eq!(machine.peek(RESULT), 0x55);
    machine.set_buttons(0x01);
    machine.run_frame(false);
    assert_eq!(machine.peek(RESULT), 0);
}

#[test]
fn hooks_count_executions() {
    let mut machine = machine(&[0x06, 0x05, 0x05, 0x20, 0xFD, 0x18, 0xFE]);
    machine.set_hooks(&[
        emurust_core::Hook { bank: 0, address: WRAM + 2 },
        emurust_core::Hook { bank: 0, address: WRAM },
        emurust_core::Hook { bank: 0, address: 0x4000 },
    ]);
    machine.run_frame(false);
    assert_eq!(machine.hook_counts(), [5, 1, 0]);
}

#[test]
fn length_counters_switch_channels_off() {
    // Pan Docs, "Audio": 256 steps a second; length 2 of 64 left.
    let mut machine = machine(&[0x18, 0xFE]);
    machine.poke(0xFF26, 0x00);
    machine.poke(0xFF26, 0x80);
    machine.poke(0xFF17, 0xF0);
    machine.poke(0xFF16, 62);
    machine.poke(0xFF19, 0xC0);
    assert_eq!(machine.peek(0xFF26), 0xF2);
    machine.run_until_cycles(machine.cycles() + 16_384 / 2);
    assert_eq!(machine.peek(0xFF26), 0xF2);
    machine.run_until_cycles(machine.cycles() + 3 * 16_384);
    assert_eq!(machine.peek(0xFF26), 0xF0);
}

#[test]
fn a_sweep_beyond_the_highest_frequency_stops_its_channel_at_once() {
    let mut machine = machine(&[0x18, 0xFE]);
    machine.poke(0xFF12, 0xF0);
    machine.poke(0xFF10, 0x11);
    machine.poke(0xFF13, 0xFF);
    machine.poke(0xFF14, 0x87);
    assert_eq!(machine.peek(0xFF26) & 1, 0);
    machine.poke(0xFF13, 0x00);
    machine.poke(0xFF14, 0x81);
    assert_eq!(machine.peek(0xFF26) & 1, 1);
}

#[test]
fn idle_loops_are_skipped_without_a_trace() {
    // LD A,91; LDH (LCDC),A; wait for line 144 and again for line 0, count in B
    let program = [0xF0, 0x44, 0xFE, 0x90, 0x20, 0xFA, 0x04, 0xF0, 0x44, 0xA7, 0x20, 0xFB, 0x18, 0xF2];
    let mut skipping = GameBoy::new(rom(&program).into()).unwrap();
    let mut patient = skipping.clone();
    patient.set_skipping(false);
    for _ in 0..10 {
        skipping.run_frame(false);
        patient.run_frame(false);
        assert_eq!(skipping.state_hash(), patient.state_hash());
    }
    assert_eq!(patient.skipped_instructions(), 0);
    assert_eq!(skipping.instructions() + skipping.skipped_instructions(), patient.instructions());
    assert!(skipping.skipped_instructions() > 3 * skipping.instructions(), "most turns are passed over");
}

#[test]
fn a_fill_that_overwrites_its_own_loop_runs_what_it_wrote() {
    // HL = C005; B = 5; A = INC C; LD (HL+),A; DEC B; JR NZ. The third turn replaces the store at C007 by INC C.
    let program = [0x21, 0x05, 0xC0, 0x06, 0x05, 0x3E, 0x0C, 0x22, 0x05, 0x20, 0xFC, 0x79];
    let mut machine = machine(&[&program[..], &REPORT].concat());
    let before = machine.registers().c;
    assert_eq!(result(&mut machine, 1), before + 2);
}
