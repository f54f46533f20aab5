//! `emurust.Batch`: many machines, stepped by one call.

use std::sync::{Arc, Mutex, PoisonError};

use emurust_core::{GameBoy, Hook};
use pyo3::exceptions::{PyIndexError, PyRuntimeError, PyValueError};
use pyo3::prelude::*;
use pyo3::types::PyBytes;
use rayon::ThreadPool;

use crate::buffers::{disjoint, Bytes};
use crate::guarded;
use crate::observation::{read_windows, total_length, Form, Window};
use crate::registers::PyRegisters;
use crate::slot::{Drawing, Layout, Pace, Slot, Start, Status};

/// Most frames of one step: more than an hour of play.
const MOST_FRAMES: u32 = 1 << 18;
/// T-cycles of a frame.
const CYCLES_OF_A_FRAME: u64 = 70_224;

/// Many machines with the same cartridge, stepped by one call with the GIL released.
#[pyclass(module = "emurust")]
pub struct Batch {
    slots: Vec<Slot>,
    template: GameBoy,
    layout: Layout,
    seed_address: Option<u16>,
    hooks: usize,
    /// The threads beside the one that calls.
    helpers: Option<ThreadPool>,
}

/// One slot with its share of the arrays.
struct Work<'a> {
    slot: &'a mut Slot,
    observation: &'a mut [u8],
    watch: &'a mut [u8],
    number: u64,
}

#[pymethods]
impl Batch {
    /// See `_emurust.pyi`.
    #[new]
    #[pyo3(signature = (
        rom, num_envs, *, threads=0, observation="screen", windows=Vec::new(), stack=1, watch=Vec::new(), sticky=0.0,
        drawing="last", seed_address=None
    ))]
    #[allow(clippy::too_many_arguments, clippy::needless_pass_by_value)] // PyO3 hands over lists by value
    fn new(
        rom: &[u8],
        num_envs: usize,
        threads: usize,
        observation: &str,
        windows: Vec<Window>,
        stack: usize,
        watch: Vec<Window>,
        sticky: f64,
        drawing: &str,
        seed_address: Option<u16>,
    ) -> PyResult<Self> {
        let form = Form::parse(observation, &windows).map_err(PyValueError::new_err)?;
        check(num_envs >= 1, || format!("num_envs must be at least 1, got {num_envs}."))?;
        check((1..=64).contains(&stack), || format!("stack must lie between 1 and 64, got {stack}."))?;
        check((0.0..=1.0).contains(&sticky), || format!("sticky must lie between 0 and 1, got {sticky}."))?;
        for &(start, length) in windows.iter().chain(&watch) {
            check(length >= 1 && u32::from(start) + u32::from(length) <= 0x1_0000, || {
                format!("a window must lie inside 0000 .. FFFF, got {length} bytes from {start:04X}.")
            })?;
        }
        let drawing = parse_drawing(drawing, form.needs_picture())?;
        let template =
            guarded(|| GameBoy::new(Arc::from(rom)))?.map_err(|error| PyValueError::new_err(error.to_string()))?;
        let threads = match threads {
            0 => std::thread::available_parallelism().map_or(1, std::num::NonZero::get),
            _ => threads,
        };
        let helpers = match threads {
            1 => None,
            _ => Some(
                rayon::ThreadPoolBuilder::new()
                    .num_threads(threads - 1)
                    .thread_name(|index| format!("emurust-{index}"))
                    .build()
                    .map_err(|error| PyRuntimeError::new_err(format!("the threads could not be started: {error}.")))?,
            ),
        };
        #[allow(clippy::cast_possible_truncation, clippy::cast_sign_loss)] // between 0 and 2^32
        let sticky = (sticky * 4_294_967_296.0) as u64;
        Ok(Self {
            slots: (0..num_envs).map(|_| Slot::new(template.clone())).collect(),
            template,
            layout: Layout { form, stack, watch, sticky, drawing },
            seed_address,
            hooks: 0,
            helpers,
        })
    }

    #[getter]
    fn num_envs(&self) -> usize {
        self.slots.len()
    }

    #[getter]
    fn threads(&self) -> usize {
        1 + self.helpers.as_ref().map_or(0, ThreadPool::current_num_threads)
    }

    #[getter]
    fn observation_shape(&self) -> Vec<usize> {
        let shape = self.layout.form.shape();
        if self.layout.stack == 1 {
            return shape;
        }
        let mut stacked = vec![self.layout.stack];
        stacked.extend(shape);
        stacked
    }

    #[getter]
    fn watch_length(&self) -> usize {
        total_length(&self.layout.watch)
    }

    #[getter]
    fn statuses(&self) -> Vec<u8> {
        self.slots.iter().map(|slot| slot.status as u8).collect()
    }

    fn held_buttons(&self) -> Vec<u8> {
        self.slots.iter().map(Slot::held).collect()
    }

    fn set_drawing(&mut self, drawing: &str) -> PyResult<()> {
        self.layout.drawing = parse_drawing(drawing, self.layout.form.needs_picture())?;
        Ok(())
    }

    fn set_skipping(&mut self, skipping: bool) {
        self.template.set_skipping(skipping);
        self.slots.iter_mut().for_each(|slot| slot.machine.set_skipping(skipping));
    }

    fn message(&self, index: usize) -> PyResult<Option<String>> {
        Ok(self.slot(index)?.message.clone())
    }

    // Stepping -----------------------------------------------------------------------------------------------------

    #[allow(clippy::needless_pass_by_value)] // PyO3 hands over lists by value
    #[pyo3(signature = (mask, seeds, observation, watch, *, most_noops=0))]
    fn reset(
        &mut self,
        py: Python<'_>,
        mask: &Bound<'_, PyAny>,
        seeds: Vec<u64>,
        observation: &Bound<'_, PyAny>,
        watch: &Bound<'_, PyAny>,
        most_noops: u32,
    ) -> PyResult<()> {
        check(seeds.len() == self.slots.len(), || {
            format!("seeds must be {} numbers, got {}.", self.slots.len(), seeds.len())
        })?;
        check(most_noops <= MOST_FRAMES, || format!("most_noops must lie in 0 .. {MOST_FRAMES}, got {most_noops}."))?;
        let chosen = self.mask(py, mask)?;
        let (observation, watch) = self.arrays(observation, watch)?;
        let seed_address = self.seed_address;
        self.each(py, &observation, &watch, &chosen, &seeds, |layout, template, work| {
            let start = Start { machine: template, seed_address, most_noops };
            work.slot.reset(layout, start, work.number, work.observation, work.watch);
        });
        Ok(())
    }

    #[pyo3(signature = (buttons, frames, press, observation, watch, *, active=None))]
    #[allow(clippy::too_many_arguments)]
    fn step(
        &mut self,
        py: Python<'_>,
        buttons: &Bound<'_, PyAny>,
        frames: u32,
        press: u32,
        observation: &Bound<'_, PyAny>,
        watch: &Bound<'_, PyAny>,
        active: Option<&Bound<'_, PyAny>>,
    ) -> PyResult<()> {
        check((1..=MOST_FRAMES).contains(&frames), || format!("frames must lie in 1 .. {MOST_FRAMES}, got {frames}."))?;
        check((1..=frames).contains(&press), || format!("press must lie in 1 .. {frames}, got {press}."))?;
        let buttons = Bytes::of("buttons", buttons, self.slots.len(), false)?.to_vec(py)?;
        let chosen = match active {
            Some(active) => self.mask(py, active)?,
            None => vec![1; self.slots.len()],
        };
        let (observation, watch) = self.arrays(observation, watch)?;
        let numbers: Vec<u64> = buttons.into_iter().map(u64::from).collect();
        let pace = Pace { frames, press };
        self.each(py, &observation, &watch, &chosen, &numbers, |layout, _, work| {
            let [buttons, ..] = work.number.to_le_bytes();
            work.slot.step(layout, pace, buttons, work.observation, work.watch);
        });
        Ok(())
    }

    fn show(&mut self, py: Python<'_>, observation: &Bound<'_, PyAny>, watch: &Bound<'_, PyAny>) -> PyResult<()> {
        let (observation, watch) = self.arrays(observation, watch)?;
        let everyone = vec![1; self.slots.len()];
        let numbers = vec![0; self.slots.len()];
        self.each(py, &observation, &watch, &everyone, &numbers, |layout, _, work| {
            work.slot.show(layout, work.observation, work.watch);
        });
        Ok(())
    }

    // One machine --------------------------------------------------------------------------------------------------

    fn run_frames(&mut self, py: Python<'_>, index: usize, count: u32, buttons: u8, draw: bool) -> PyResult<()> {
        let machine = &mut self.slot_mut(index)?.machine;
        py.detach(|| {
            guarded(std::panic::AssertUnwindSafe(|| {
                machine.set_buttons(buttons);
                machine.run_frames(count, draw);
            }))
        })
    }

    fn run_until_cycles(&mut self, py: Python<'_>, index: usize, cycles: u64, buttons: u8) -> PyResult<()> {
        let machine = &mut self.slot_mut(index)?.machine;
        check(cycles <= machine.cycles().saturating_add(u64::from(MOST_FRAMES) * CYCLES_OF_A_FRAME), || {
            format!("at most {MOST_FRAMES} frames can be run at once, got up to cycle {cycles}.")
        })?;
        py.detach(|| {
            guarded(std::panic::AssertUnwindSafe(|| {
                machine.set_buttons(buttons);
                machine.run_until_cycles(cycles);
            }))
        })
    }

    fn run_to_opcode(&mut self, py: Python<'_>, index: usize, opcode: u8, cycles: u64) -> PyResult<bool> {
        let machine = &mut self.slot_mut(index)?.machine;
        py.detach(|| guarded(std::panic::AssertUnwindSafe(|| run_to_opcode(machine, opcode, cycles))))
    }

    fn frame<'py>(&self, py: Python<'py>, index: usize) -> PyResult<Bound<'py, PyBytes>> {
        Ok(PyBytes::new(py, self.slot(index)?.machine.frame()))
    }

    fn tile_map<'py>(&self, py: Python<'py>, index: usize) -> PyResult<Bound<'py, PyBytes>> {
        let mut tiles = [0; 360];
        self.slot(index)?.machine.tile_map(&mut tiles);
        Ok(PyBytes::new(py, &tiles))
    }

    fn read<'py>(&mut self, py: Python<'py>, index: usize, start: u16, length: u16) -> PyResult<Bound<'py, PyBytes>> {
        let machine = &mut self.slot_mut(index)?.machine;
        check(u32::from(start) + u32::from(length) <= 0x1_0000, || {
            format!("memory ends at FFFF, got {length} bytes from {start:04X}.")
        })?;
        let mut bytes = vec![0; usize::from(length)];
        read_windows(machine, &[(start, length)], &mut bytes);
        Ok(PyBytes::new(py, &bytes))
    }

    fn write(&mut self, index: usize, start: u16, bytes: &[u8]) -> PyResult<()> {
        let machine = &mut self.slot_mut(index)?.machine;
        check(usize::from(start) + bytes.len() <= 0x1_0000, || {
            format!("memory ends at FFFF, got {} bytes from {start:04X}.", bytes.len())
        })?;
        for (address, &byte) in (start..=u16::MAX).zip(bytes) {
            machine.poke(address, byte);
        }
        Ok(())
    }

    fn serial_log<'py>(&self, py: Python<'py>, index: usize) -> PyResult<Bound<'py, PyBytes>> {
        Ok(PyBytes::new(py, self.slot(index)?.machine.serial_log()))
    }

    fn battery_ram<'py>(&self, py: Python<'py>, index: usize) -> PyResult<Bound<'py, PyBytes>> {
        Ok(PyBytes::new(py, self.slot(index)?.machine.battery_ram()))
    }

    fn is_locked_up(&self, index: usize) -> PyResult<bool> {
        Ok(self.slot(index)?.machine.locked_up())
    }

    fn registers(&self, index: usize) -> PyResult<PyRegisters> {
        Ok(PyRegisters::of(self.slot(index)?.machine.registers()))
    }

    fn set_registers(&mut self, index: usize, registers: &PyRegisters) -> PyResult<()> {
        self.slot_mut(index)?.machine.set_registers(registers.get());
        Ok(())
    }

    fn cycles(&self, index: usize) -> PyResult<u64> {
        Ok(self.slot(index)?.machine.cycles())
    }

    fn instructions(&self, index: usize) -> PyResult<(u64, u64)> {
        let machine = &self.slot(index)?.machine;
        Ok((machine.instructions(), machine.skipped_instructions()))
    }

    fn state_hash(&self, index: usize) -> PyResult<u64> {
        Ok(self.slot(index)?.machine.state_hash())
    }

    // States -------------------------------------------------------------------------------------------------------

    fn save_state<'py>(&self, py: Python<'py>, index: usize) -> PyResult<Bound<'py, PyBytes>> {
        let mut state = Vec::new();
        self.slot(index)?.machine.save_state(&mut state);
        Ok(PyBytes::new(py, &state))
    }

    fn load_state(&mut self, index: usize, state: &[u8]) -> PyResult<()> {
        let slot = self.slot_mut(index)?;
        slot.machine.load_state(state).map_err(|error| PyValueError::new_err(error.to_string()))?;
        slot.revive();
        Ok(())
    }

    fn set_start(&mut self, state: &[u8]) -> PyResult<()> {
        self.template.load_state(state).map_err(|error| PyValueError::new_err(error.to_string()))
    }

    fn set_start_from(&mut self, index: usize) -> PyResult<()> {
        self.template = self.slot(index)?.machine.clone();
        Ok(())
    }

    fn copy_state(&mut self, source: usize, target: usize) -> PyResult<()> {
        let machine = self.slot(source)?.machine.clone();
        let slot = self.slot_mut(target)?;
        slot.machine = machine;
        slot.revive();
        Ok(())
    }

    // Hooks --------------------------------------------------------------------------------------------------------

    fn set_hooks(&mut self, hooks: Vec<(u16, u16)>) {
        let hooks: Vec<Hook> = hooks.into_iter().map(|(bank, address)| Hook { bank, address }).collect();
        self.hooks = hooks.len();
        self.template.set_hooks(&hooks);
        self.slots.iter_mut().for_each(|slot| slot.machine.set_hooks(&hooks));
    }

    fn hook_counts(&self) -> Vec<Vec<u64>> {
        self.slots.iter().map(|slot| slot.machine.hook_counts().to_vec()).collect()
    }

    /// For tests: the next step of this machine panics.
    fn break_next_step(&mut self, index: usize) -> PyResult<()> {
        self.slot_mut(index)?.must_panic = true;
        Ok(())
    }
}

impl Batch {
    fn slot(&self, index: usize) -> PyResult<&Slot> {
        let count = self.slots.len();
        self.slots.get(index).ok_or_else(|| no_machine(index, count))
    }

    fn slot_mut(&mut self, index: usize) -> PyResult<&mut Slot> {
        let count = self.slots.len();
        self.slots.get_mut(index).ok_or_else(|| no_machine(index, count))
    }

    fn mask(&self, py: Python<'_>, mask: &Bound<'_, PyAny>) -> PyResult<Vec<u8>> {
        Bytes::of("mask", mask, self.slots.len(), false)?.to_vec(py)
    }

    fn arrays(&self, observation: &Bound<'_, PyAny>, watch: &Bound<'_, PyAny>) -> PyResult<(Bytes, Bytes)> {
        let count = self.slots.len();
        let observation = Bytes::of("observation", observation, count * self.layout.stack_length(), true)?;
        let watch = Bytes::of("watch", watch, count * total_length(&self.layout.watch), true)?;
        disjoint(&observation, &watch)?;
        Ok((observation, watch))
    }

    /// Calls `act` for every chosen slot with its share of the arrays, on all threads.
    fn each(
        &mut self,
        py: Python<'_>,
        observation: &Bytes,
        watch: &Bytes,
        chosen: &[u8],
        numbers: &[u64],
        act: impl Fn(&Layout, &GameBoy, Work) + Sync,
    ) {
        // SAFETY: `arrays` made sure that the two do not overlap, and this call is the only one in Rust that holds
        // slices of them: `self` is borrowed mutably, so no second call on this batch runs, and the contract of
        // `_emurust.pyi` keeps Python's other threads off arrays that a running call was given.
        let (observation, watch) = unsafe { (observation.as_mut_slice(), watch.as_mut_slice()) };
        let Self { slots, template, layout, helpers, .. } = self;
        let (layout, template) = (&*layout, &*template);
        let mut observations = observation.chunks_exact_mut(layout.stack_length());
        let mut watches = watch.chunks_exact_mut(total_length(&layout.watch).max(1));
        let mut work: Vec<Work> = slots
            .iter_mut()
            .zip(numbers)
            .filter_map(|(slot, &number)| {
                let observation = observations.next()?;
                Some(Work { slot, observation, watch: watches.next().unwrap_or_default(), number })
            })
            .zip(chosen)
            .filter_map(|(work, &is_chosen)| (is_chosen != 0).then_some(work))
            .collect();
        py.detach(|| match helpers {
            Some(helpers) if work.len() > 1 => {
                let work: Vec<_> = work.drain(..).map(|work| Mutex::new(Some(work))).collect();
                shared_out(helpers, &work, |work| act(layout, template, work));
            }
            _ => work.drain(..).for_each(|work| act(layout, template, work)),
        });
    }
}

/// Calls `act` for all work, on this thread and every helper: a stretch of its own and then what others have left.
///
/// A thread's stretch is the same at every call with as much work, so that its machines stay in its core's cache.
fn shared_out<W: Send>(helpers: &ThreadPool, work: &[Mutex<Option<W>>], act: impl Fn(W) + Sync) {
    let stretch = work.len().div_ceil(helpers.current_num_threads() + 1);
    let share = |thread: usize| {
        let begin = (thread * stretch).min(work.len());
        let (others, own) = work.split_at(begin);
        let (own, later) = own.split_at(stretch.min(own.len()));
        // What others have left is taken from their ends, which they reach last.
        for one in own.iter().chain(later.iter().rev()).chain(others.iter().rev()) {
            // No lock is held while a machine runs, so none is ever poisoned.
            let taken = one.lock().unwrap_or_else(PoisonError::into_inner).take();
            if let Some(work) = taken {
                act(work);
            }
        }
    };
    helpers.in_place_scope(|scope| {
        scope.spawn_broadcast(|_, helper| share(helper.index() + 1));
        share(0);
    });
}

/// Runs instruction by instruction until `opcode` has been executed, or the clock reaches `cycles`.
fn run_to_opcode(machine: &mut GameBoy, opcode: u8, cycles: u64) -> bool {
    while machine.cycles() < cycles && !machine.locked_up() {
        let pc = machine.registers().pc;
        let is_next = machine.peek(pc) == opcode;
        machine.run_until_cycles(machine.cycles() + 1);
        // An interrupt that came first has left another PC.
        if is_next && machine.registers().pc == pc.wrapping_add(1) {
            return true;
        }
    }
    false
}

fn no_machine(index: usize, count: usize) -> PyErr {
    PyIndexError::new_err(format!("index must lie in 0 .. {}, got {index}.", count - 1))
}

fn check(holds: bool, sentence: impl FnOnce() -> String) -> PyResult<()> {
    if holds {
        Ok(())
    } else {
        Err(PyValueError::new_err(sentence()))
    }
}

fn parse_drawing(name: &str, needs_picture: bool) -> PyResult<Drawing> {
    match name {
        "never" if needs_picture => Err(PyValueError::new_err(
            "drawing 'never' leaves no picture to make the observation of; use 'last' or another observation.",
        )),
        "never" => Ok(Drawing::Never),
        "last" => Ok(Drawing::Last),
        "every" => Ok(Drawing::Every),
        _ => Err(PyValueError::new_err(format!("drawing must be one of never, last, every, got '{name}'."))),
    }
}

// `Status` crosses the boundary as a byte.
const _: () = assert!(Status::Running as u8 == 0 && Status::Broken as u8 == 2);
