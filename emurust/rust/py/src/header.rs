//! What a cartridge says of itself.

use emurust_core::Header;
use pyo3::exceptions::PyValueError;
use pyo3::prelude::*;
use pyo3::types::PyDict;

use crate::guarded;

/// See `_emurust.pyi`.
#[pyfunction]
pub fn describe_rom<'py>(py: Python<'py>, rom: &[u8]) -> PyResult<Bound<'py, PyDict>> {
    let header = guarded(|| Header::parse(rom))?.map_err(|error| PyValueError::new_err(error.to_string()))?;
    let facts = PyDict::new(py);
    facts.set_item("title", &header.title)?;
    Ok(facts)
}
