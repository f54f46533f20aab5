//! Malformed cartridges, states and programs: errors and odd behaviour, but no panic and no unbounded memory.
//!
//! `EMURUST_FUZZ_SCALE=100` runs more than a million cases.

mod common;

use common::{random_rom, scaled, Random};
use emurust_core::{GameBoy, Header, StateError};

/// Appends nothing larger than this to a state: ROMs have at most 128 KiB of RAM.
const LARGEST_STATE: usize = 0x4_0000;

/// A ROM that is random but for its header's kind and sizes, which are often right.
fn random_image(random: &mut Random) -> Vec<u8> {
    const KINDS: [u8; 24] = [
        0x00, 0x01, 0x02, 0x03, 0x05, 0x06, 0x08, 0x09, 0x0F, 0x10, 0x11, 0x12, 0x13, 0x19, 0x1A, 0x1B, 0x1C, 0x1D,
        0x1E, 0x04, 0x0B, 0x20, 0xFE, 0xFF,
    ];
    let length = random.pick(&[0, 1, 0x14F, 0x150, 0x4000, 0x7FFF, 0x8000, 0x8000, 0x8000, 0x8001, 0x1_0000, 0x2_0000]);
    let mut image = vec![0; length];
    // Random bytes throughout would cost more than they find: the program's part is enough.
    let filled = length.min(0x400);
    random.fill(&mut image[..filled]);
    if length > 0x14F {
        image[0x147] = if random.below(8) == 0 { random.byte() } else { random.pick(&KINDS) };
        image[0x148] = random.pick(&[0, 0, 0, 0, 1, 2, 3, 8, 9, 0x52, 0xFF]);
        image[0x149] = random.pick(&[0, 1, 2, 3, 4, 5, 6, 0xFF]);
    }
    image
}

#[test]
fn random_images_give_a_machine_or_one_sentence() {
    let mut random = Random::new(11);
    let (mut accepted, mut refused) = (0, 0);
    for _ in 0..scaled(4_000) {
        let image = random_image(&mut random);
        let header = Header::parse(&image);
        match (header, GameBoy::new(image.into())) {
            (Ok(_), Ok(mut machine)) => {
                accepted += 1;
                machine.run_until_cycles(2_000);
            }
            (Err(error), Err(same)) => {
                refused += 1;
                assert_eq!(error, same);
                let text = error.to_string();
                assert!(text.ends_with('.') && !text.contains('\n'), "{text}");
            }
            (header, machine) => panic!("the header says {header:?}, the machine {:?}", machine.err()),
        }
    }
    assert!(accepted > 300 && refused > 300, "{accepted} accepted, {refused} refused");
}

#[test]
fn random_writes_to_any_controller_do_no_harm() {
    let mut random = Random::new(12);
    for _ in 0..scaled(300) {
        let mut image = random_image(&mut random);
        image.resize(0x1_0000, 0);
        image[0x147] = random.pick(&[0x00, 0x03, 0x06, 0x10, 0x13, 0x1B, 0x1E]);
        image[0x148] = 1;
        image[0x149] = random.pick(&[0, 1, 2, 3, 4, 5]);
        let mut machine = GameBoy::new(image.into()).unwrap();
        for _ in 0..20 {
            machine.poke(random.address() & 0x7FFF, random.byte());
            machine.poke(0xA000 | random.address() & 0x1FFF, random.byte());
            let _ = machine.peek(0xA000 | random.address() & 0x1FFF);
            let _ = machine.peek(random.address() & 0x7FFF);
        }
        machine.poke(0x0000, 0x0A);
        machine.run_until_cycles(machine.cycles() + 500);
    }
}

#[test]
fn random_programs_and_pokes_never_panic() {
    let mut random = Random::new(13);
    for _ in 0..scaled(200) {
        let mut image = vec![0; 0x8000];
        random.fill(&mut image[..0x4000]);
        image[0x147..0x14A].copy_from_slice(&[random.pick(&[0x00, 0x03, 0x10, 0x1B]), 0, 3]);
        let mut machine = GameBoy::new(image.into()).unwrap();
        for _ in 0..10 {
            machine.set_buttons(random.byte());
            machine.poke(random.address(), random.byte());
            let mut registers = machine.registers();
            registers.pc = random.address();
            registers.sp = random.address();
            machine.set_registers(registers);
            machine.run_until_cycles(machine.cycles() + random.below(6_000) as u64);
            let _ = machine.peek(random.address());
            let mut state = Vec::new();
            machine.save_state(&mut state);
            assert!(state.len() < LARGEST_STATE);
            let hash = machine.state_hash();
            machine.load_state(&state).unwrap();
            assert_eq!(machine.state_hash(), hash);
        }
        machine.run_frame(true);
        assert!(machine.frame().iter().all(|shade| *shade < 4));
    }
}

#[test]
fn damaged_states_are_refused_or_run() {
    let mut random = Random::new(14);
    let mut refused = 0;
    let rounds = scaled(60);
    for _ in 0..rounds {
        let rom = random_rom(&mut random);
        let mut machine = GameBoy::new(rom).unwrap();
        machine.run_until_cycles(random.below(100_000) as u64);
        let mut good = Vec::new();
        machine.save_state(&mut good);
        let before = machine.state_hash();
        for _ in 0..60 {
            let mut bad = good.clone();
            let kind = random.below(4);
            match kind {
                0 => bad.truncate(random.below(bad.len())),
                1 => bad.extend(vec![random.byte(); 1 + random.below(100)]),
                // The small fields lie at the beginning and around the VRAM; the rest is memory.
                2 => {
                    for _ in 0..=random.below(8) {
                        let place = random.below(bad.len().min(200));
                        bad[place] = random.byte();
                    }
                }
                _ => {
                    for _ in 0..=random.below(40) {
                        let place = random.below(bad.len() - 0x5A00);
                        bad[place] = random.byte();
                    }
                }
            }
            let mut other = machine.clone();
            match other.load_state(&bad) {
                Ok(()) => {
                    assert!(kind > 1, "a state of the wrong length was loaded");
                    other.run_until_cycles(other.cycles() + 3_000);
                    other.run_frame(true);
                }
                Err(error) => {
                    refused += 1;
                    assert_eq!(other.state_hash(), before, "after {error}");
                    assert!(error.to_string().ends_with('.'));
                }
            }
        }
    }
    assert!(refused > 20 * rounds, "{refused} refused");
}

#[test]
fn random_bytes_are_no_state() {
    let mut random = Random::new(15);
    let mut machine = GameBoy::new(common::rom(&[]).into()).unwrap();
    for _ in 0..scaled(2_000) {
        let mut bytes = vec![0; random.below(300)];
        random.fill(&mut bytes);
        assert_eq!(machine.load_state(&bytes), Err(StateError::NotAState));
    }
    let mut state = Vec::new();
    machine.save_state(&mut state);
    let other = GameBoy::new(common::rom(&[1]).into()).unwrap().load_state(&state);
    assert_eq!(other, Err(StateError::OtherRom));
    state[8] += 1;
    assert_eq!(machine.load_state(&state), Err(StateError::Version { found: 2 }));
}
