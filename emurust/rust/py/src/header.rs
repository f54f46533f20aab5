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
    facts.set_item("kind", header.kind_code)?;
    facts.set_item("controller", format!("{:?}", header.controller))?;
    facts.set_item("rom_bytes", header.rom_bytes)?;
    facts.set_item("ram_bytes", header.ram_bytes)?;
    facts.set_item("battery", header.has_battery)?;
    facts.set_item("clock", header.has_clock)?;
    facts.set_item("rumble", header.has_rumble)?;
    facts.set_item("cgb_flag", header.cgb_flag)?;
    facts.set_item("header_checksum_ok", header.header_checksum_ok)?;
    facts.set_item("global_checksum_ok", header.global_checksum_ok)?;
    Ok(facts)
}
