//! The fast machine against the exact one, which ticks everything: equal states after every frame, drawing or not,
//! skipping or not, whole or cut into saved states.

mod common;

use std::sync::Arc;

use common::{random_rom, scaled, Random};
use emurust_core::{ExactGameBoy, GameBoy};

const FRAMES: usize = 12;

#[test]
fn random_programs_go_through_equal_states() {
    for seed in 0..scaled(40) as u64 {
        let mut random = Random::new(seed);
        let rom = random_rom(&mut random);
        let mut exact = ExactGameBoy::new(rom.clone()).unwrap();
        let mut drawn = GameBoy::new(rom.clone()).unwrap();
        let mut blind = GameBoy::new(rom.clone()).unwrap();
        let mut patient = GameBoy::new(rom).unwrap();
        patient.set_skipping(false);
        for frame in 0..FRAMES {
            let buttons = random.byte();
            exact.set_buttons(buttons);
            exact.run_frame(true);
            for machine in [&mut drawn, &mut blind, &mut patient] {
                machine.set_buttons(buttons);
            }
            drawn.run_frame(true);
            blind.run_frame(false);
            patient.run_frame(frame % 2 == 0);
            assert_eq!(drawn.cycles(), exact.cycles(), "clock, seed {seed}, frame {frame}");
            assert_eq!(drawn.registers(), exact.registers(), "registers, seed {seed}, frame {frame}");
            assert_eq!(drawn.state_hash(), exact.state_hash(), "fast against exact, seed {seed}, frame {frame}");
            assert_eq!(drawn.frame(), exact.frame(), "picture, seed {seed}, frame {frame}");
            assert_eq!(blind.state_hash(), exact.state_hash(), "without drawing, seed {seed}, frame {frame}");
            assert_eq!(patient.state_hash(), exact.state_hash(), "without skipping, seed {seed}, frame {frame}");
        }
    }
}

#[test]
fn a_run_cut_into_saved_states_is_the_same_run() {
    for seed in 100..100 + scaled(40) as u64 {
        let mut random = Random::new(seed);
        let rom = random_rom(&mut random);
        let mut whole = GameBoy::new(rom.clone()).unwrap();
        let mut cut = GameBoy::new(rom.clone()).unwrap();
        let mut other = GameBoy::new(rom).unwrap();
        for _ in 0..40 {
            let until = whole.cycles() + random.below(30_000) as u64;
            whole.run_until_cycles(until);
            let mut state = Vec::new();
            cut.save_state(&mut state);
            other.load_state(&state).unwrap();
            other.run_until_cycles(until);
            std::mem::swap(&mut cut, &mut other);
            assert_eq!(cut.state_hash(), whole.state_hash(), "seed {seed}, clock {until}");
        }
    }
}

#[test]
fn roms_of_the_named_folder_go_through_equal_states() {
    let Ok(folder) = std::env::var("EMURUST_ROMS") else {
        println!("skipped: EMURUST_ROMS names no folder with ROMs (python -m emurust assemble --out FOLDER makes one)");
        return;
    };
    let entries = std::fs::read_dir(&folder).unwrap_or_else(|error| panic!("EMURUST_ROMS={folder}: {error}"));
    let mut compared = 0;
    for path in entries.map(|entry| entry.unwrap().path()).filter(|path| path.extension().is_some_and(|e| e == "gb")) {
        let rom: Arc<[u8]> = std::fs::read(&path).unwrap().into();
        let mut random = Random::new(7);
        let mut exact = ExactGameBoy::new(rom.clone()).unwrap();
        let mut fast = GameBoy::new(rom).unwrap();
        for frame in 0..scaled(120) {
            let buttons = if frame % 6 == 0 { random.byte() } else { 0 };
            exact.set_buttons(buttons);
            fast.set_buttons(buttons);
            exact.run_frame(true);
            fast.run_frame(frame % 3 != 0);
            assert_eq!(fast.state_hash(), exact.state_hash(), "{}, frame {frame}", path.display());
            assert!(frame % 3 == 0 || fast.frame() == exact.frame(), "picture of {}, frame {frame}", path.display());
        }
        compared += 1;
    }
    assert!(compared > 0, "EMURUST_ROMS={folder} holds no .gb file");
    println!("{compared} ROMs compared");
}

#[test]
fn window_lines_are_counted_where_nobody_looks() {
    // WX = 7, WY = 20, window on; HALT without interrupts. The fast machine passes over most lines at once.
    let program = [0x3E, 7, 0xE0, 0x4B, 0x3E, 20, 0xE0, 0x4A, 0x3E, 0xB1, 0xE0, 0x40, 0x76, 0x18, 0xFD];
    let rom: Arc<[u8]> = common::rom(&program).into();
    for line in [10, 19, 20, 21, 22, 60, 142, 143, 144, 150] {
        let mut exact = ExactGameBoy::new(rom.clone()).unwrap();
        let mut fast = GameBoy::new(rom.clone()).unwrap();
        let until = 70_224 + 60 + 456 * line + 300;
        exact.run_until_cycles(until);
        fast.run_until_cycles(until);
        assert_eq!(fast.state_hash(), exact.state_hash(), "line {line}");
    }
}

#[test]
fn a_coincidence_set_at_any_moment_is_noticed() {
    for wait in 0..120 {
        // STAT = 40, LYC = 200; wait for line 10; NOPs, into line 11 at the latest; LYC = 11
        let start = [0x3E, 0x40, 0xE0, 0x41, 0x3E, 200, 0xE0, 0x45, 0xF0, 0x44, 0xFE, 10, 0x20, 0xFA];
        let program = [&start[..], &common::nops(wait), &[0x3E, 11, 0xE0, 0x45, 0x18, 0xFE]].concat();
        let rom: Arc<[u8]> = common::rom(&program).into();
        let mut exact = ExactGameBoy::new(rom.clone()).unwrap();
        let mut fast = GameBoy::new(rom).unwrap();
        for until in [60 + 456 * 11 + 400, 60 + 456 * 13] {
            exact.run_until_cycles(until);
            fast.run_until_cycles(until);
            assert_eq!(fast.state_hash(), exact.state_hash(), "{wait} NOPs, clock {until}");
        }
    }
}
