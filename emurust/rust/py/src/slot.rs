//! One environment's machine with what belongs to it: its random numbers, its stack of observations, its fate.

use std::panic::AssertUnwindSafe;

use emurust_core::panics::caught;
use emurust_core::GameBoy;

use crate::observation::{read_windows, Form, Window};

/// Which frames are drawn.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Drawing {
    /// None.
    Never,
    /// The last one of a step.
    Last,
    /// Every one.
    Every,
}

/// How a machine fares.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[repr(u8)]
pub enum Status {
    /// It runs.
    Running = 0,
    /// An opcode that does not exist has locked the CPU up, as on the hardware.
    LockedUp = 1,
    /// A defect of the emulator ended it.
    Broken = 2,
}

/// What all machines of a batch have in common.
pub struct Layout {
    /// Form of one observation.
    pub form: Form,
    /// Observations kept, the newest last.
    pub stack: usize,
    /// Memory reported at every step beside the observation.
    pub watch: Vec<Window>,
    /// Probability, in units of 2^-32, with which the buttons of the step before stay held.
    pub sticky: u64,
    /// Which frames are drawn.
    pub drawing: Drawing,
}

impl Layout {
    /// Bytes of a whole stack.
    pub fn stack_length(&self) -> usize {
        self.stack * self.form.length()
    }
}

/// How a step runs.
#[derive(Clone, Copy)]
pub struct Pace {
    /// Frames of a step, at least 1.
    pub frames: u32,
    /// Frames at its start for which the buttons are held, at most `frames`.
    pub press: u32,
}

/// How an episode starts.
#[derive(Clone, Copy)]
pub struct Start<'a> {
    /// The machine that is copied.
    pub machine: &'a GameBoy,
    /// Where the low word of the seed goes, low byte first; 0 is written as 1.
    pub seed_address: Option<u16>,
    /// Most frames that pass without a button, drawn from the seed.
    pub most_noops: u32,
}

/// One machine of a batch.
pub struct Slot {
    /// The machine.
    pub machine: GameBoy,
    /// How it fares.
    pub status: Status,
    /// What broke it.
    pub message: Option<String>,
    /// For tests: the next step panics.
    pub must_panic: bool,
    random: u64,
    held: u8,
    history: Vec<u8>,
}

impl Slot {
    /// A slot with a copy of this machine.
    pub fn new(machine: GameBoy) -> Self {
        Self {
            machine,
            status: Status::Running,
            message: None,
            must_panic: false,
            random: 0,
            held: 0,
            history: Vec::new(),
        }
    }

    /// The buttons of the last step.
    pub const fn held(&self) -> u8 {
        self.held
    }

    /// Starts an episode and writes its first observation and memory.
    pub fn reset(&mut self, layout: &Layout, start: Start, seed: u64, observation: &mut [u8], watch: &mut [u8]) {
        self.machine.clone_from(start.machine);
        self.revive();
        self.random = seed;
        let outcome = caught(AssertUnwindSafe(|| {
            if let Some(address) = start.seed_address {
                let [low, high, ..] = seed.to_le_bytes();
                self.machine.poke(address, if low | high == 0 { 1 } else { low });
                self.machine.poke(address.wrapping_add(1), high);
            }
            let noops = self.draw(u64::from(start.most_noops) + 1);
            self.machine.set_buttons(0);
            // One frame more, whose picture is the first that the policy sees.
            self.machine.run_frames(u32::try_from(noops).unwrap_or(0) + 1, layout.drawing != Drawing::Never);
        }));
        self.settle(outcome);
        self.history.clear();
        self.write(layout, observation, watch);
    }

    /// Runs one step and writes what it shows. A machine that does not run any more only repeats itself.
    pub fn step(&mut self, layout: &Layout, pace: Pace, buttons: u8, observation: &mut [u8], watch: &mut [u8]) {
        if self.status == Status::Running {
            let outcome = caught(AssertUnwindSafe(|| self.run(layout, pace, buttons)));
            self.settle(outcome);
        }
        self.write(layout, observation, watch);
    }

    /// Writes observation and memory as they are now, without adding to the stack.
    pub fn show(&mut self, layout: &Layout, observation: &mut [u8], watch: &mut [u8]) {
        if self.history.len() == observation.len() {
            observation.copy_from_slice(&self.history);
        } else {
            let length = layout.form.length();
            observation.chunks_exact_mut(length).for_each(|copy| layout.form.write(&mut self.machine, copy));
        }
        read_windows(&mut self.machine, &layout.watch, watch);
    }

    /// Takes over another state of the machine; the stack of observations starts anew.
    pub fn revive(&mut self) {
        self.status = Status::Running;
        self.message = None;
        self.held = 0;
        self.history.clear();
    }

    fn run(&mut self, layout: &Layout, pace: Pace, buttons: u8) {
        assert!(!std::mem::take(&mut self.must_panic), "asked for by a test");
        if layout.sticky == 0 || self.draw(1 << 32) >= layout.sticky {
            self.held = buttons;
        }
        self.machine.set_buttons(self.held);
        self.frames(layout, pace.press, pace.press == pace.frames);
        if pace.press < pace.frames {
            self.machine.set_buttons(0);
            self.frames(layout, pace.frames - pace.press, true);
        }
    }

    fn frames(&mut self, layout: &Layout, count: u32, is_last: bool) {
        if layout.drawing == Drawing::Every {
            for _ in 0..count {
                self.machine.run_frame(true);
            }
        } else {
            self.machine.run_frames(count, is_last && layout.drawing == Drawing::Last);
        }
    }

    fn settle(&mut self, outcome: Result<(), String>) {
        match outcome {
            Err(message) => {
                self.status = Status::Broken;
                self.message = Some(message);
            }
            Ok(()) if self.machine.locked_up() => {
                self.status = Status::LockedUp;
                self.message = Some("the CPU met an opcode that does not exist and locked up".to_string());
            }
            Ok(()) => {}
        }
    }

    fn write(&mut self, layout: &Layout, observation: &mut [u8], watch: &mut [u8]) {
        let length = layout.form.length();
        if layout.stack == 1 {
            layout.form.write(&mut self.machine, observation);
        } else if self.history.is_empty() {
            self.history.resize(layout.stack_length(), 0);
            layout.form.write(&mut self.machine, &mut self.history[..length]);
            let (first, others) = self.history.split_at_mut(length);
            others.chunks_exact_mut(length).for_each(|copy| copy.copy_from_slice(first));
            observation.copy_from_slice(&self.history);
        } else {
            self.history.copy_within(length.., 0);
            let newest = (layout.stack - 1) * length;
            layout.form.write(&mut self.machine, &mut self.history[newest..]);
            observation.copy_from_slice(&self.history);
        }
        read_windows(&mut self.machine, &layout.watch, watch);
    }

    /// A random number below `limit`, at most 2^32: splitmix64, its high half scaled.
    fn draw(&mut self, limit: u64) -> u64 {
        self.random = self.random.wrapping_add(0x9E37_79B9_7F4A_7C15);
        let mut mixed = self.random;
        mixed = (mixed ^ (mixed >> 30)).wrapping_mul(0xBF58_476D_1CE4_E5B9);
        mixed = (mixed ^ (mixed >> 27)).wrapping_mul(0x94D0_49BB_1331_11EB);
        (((mixed ^ (mixed >> 31)) >> 32) * limit) >> 32
    }
}
