//! Game Boy hardware in plain Rust: no dependencies, no unsafe code, nothing that knows of Python.
//!
//! [`GameBoy`] is one machine. It is written from Pan Docs and the single-step vectors of the SM83.
#![forbid(unsafe_code)]
#![allow(clippy::inline_always, reason = "an opcode's decoding folds away only where it is inlined into its arm")]
#![allow(clippy::cast_possible_truncation, reason = "the machine's registers keep the low bits of wider sums")]
#![allow(clippy::struct_excessive_bools, reason = "the machine's state is made of independent latches")]

mod apu;
pub mod bus;
pub mod cartridge;
pub mod clock;
pub mod cpu;
mod dma;
mod idle;
pub mod interrupts;
mod joypad;
mod machine;
pub mod panics;
mod ppu;
pub mod registers;
mod serial;
mod state;
mod system;
#[cfg(test)]
#[allow(dead_code, reason = "shared with the tests beside the crate")]
mod testing;
mod timer;

pub use cartridge::header::{Controller, Header, RomError};
pub use machine::{ExactGameBoy, GameBoy, Hook, Machine};
pub use ppu::{HEIGHT, PIXELS, WIDTH};
pub use state::StateError;
