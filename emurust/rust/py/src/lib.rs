//! The Python face of `emurust-core`.

use pyo3::exceptions::PyRuntimeError;
use pyo3::prelude::*;

mod batch;
mod buffers;
mod header;
mod observation;
mod registers;
mod slot;

/// Runs `call`; a panic inside reaches Python as a `RuntimeError` instead of `PanicException`, which derives from
/// `BaseException` and so passes every `except Exception`.
pub(crate) fn guarded<T>(call: impl FnOnce() -> T + std::panic::UnwindSafe) -> PyResult<T> {
    emurust_core::panics::caught(call)
        .map_err(|message| PyRuntimeError::new_err(format!("emurust failed inside, please report it: {message}")))
}

/// Compiled part of emurust.
#[pymodule(gil_used = false)]
mod _emurust {
    #[pymodule_export]
    use super::batch::Batch;
    #[pymodule_export]
    use super::header::describe_rom;
    #[pymodule_export]
    use super::registers::PyRegisters;
}
