//! `emurust.Registers`.

use std::fmt::Display;

use emurust_core::registers::Registers;
use pyo3::exceptions::PyValueError;
use pyo3::prelude::*;

use crate::guarded;

/// The register file of the SM83: a, f, b, c, d, e, h, l as bytes; af, bc, de, hl, sp, pc as 16-bit words.
///
/// The low nibble of f does not exist: it is dropped on writing. A value that does not fit raises `ValueError`.
#[pyclass(name = "Registers", module = "emurust", eq, skip_from_py_object)]
#[derive(Clone, PartialEq, Eq)]
pub struct PyRegisters(Registers);

impl PyRegisters {
    /// Wraps the core's registers.
    pub const fn of(registers: Registers) -> Self {
        Self(registers)
    }

    /// The core's registers.
    pub const fn get(&self) -> Registers {
        self.0
    }
}

/// `value` as an unsigned integer, or a `ValueError` that says what `name` holds.
fn checked<T>(name: &str, value: &Bound<'_, PyAny>, max: T) -> PyResult<T>
where
    T: for<'a, 'py> FromPyObject<'a, 'py> + Display,
{
    value.extract::<T>().map_err(|_| {
        let given = value.repr().map_or_else(|_| "an unprintable value".to_string(), |repr| repr.to_string());
        PyValueError::new_err(format!("{name} holds an integer from 0 to {max}, got {given}."))
    })
}

// One #[pymethods] block is all that PyO3 takes, so the properties come from this table.
macro_rules! properties {
    (
        fields { $($field:ident: $kind:ty, $set_field:ident;)* }
        methods { $($method:ident: $width:ty, $set_method:ident;)* }
    ) => {
        #[pymethods]
        impl PyRegisters {
            /// The registers as the DMG's boot ROM leaves them, for a cartridge with this byte at 014D.
            #[staticmethod]
            fn after_boot(header_checksum: &Bound<'_, PyAny>) -> PyResult<Self> {
                let header_checksum = checked("header_checksum", header_checksum, u8::MAX)?;
                guarded(move || Self(Registers::after_boot(header_checksum)))
            }

            fn __repr__(&self) -> String {
                let r = &self.0;
                format!(
                    "Registers(af={:#06x}, bc={:#06x}, de={:#06x}, hl={:#06x}, sp={:#06x}, pc={:#06x})",
                    r.af(), r.bc(), r.de(), r.hl(), r.sp, r.pc
                )
            }

            $(
                #[getter]
                fn $field(&self) -> $kind {
                    self.0.$field
                }

                #[setter]
                fn $set_field(&mut self, value: &Bound<'_, PyAny>) -> PyResult<()> {
                    self.0.$field = checked(stringify!($field), value, <$kind>::MAX)?;
                    Ok(())
                }
            )*
            $(
                #[getter]
                fn $method(&self) -> $width {
                    self.0.$method()
                }

                #[setter]
                fn $set_method(&mut self, value: &Bound<'_, PyAny>) -> PyResult<()> {
                    self.0.$set_method(checked(stringify!($method), value, <$width>::MAX)?);
                    Ok(())
                }
            )*
        }
    };
}

properties! {
    fields {
        a: u8, set_a;
        b: u8, set_b;
        c: u8, set_c;
        d: u8, set_d;
        e: u8, set_e;
        h: u8, set_h;
        l: u8, set_l;
        sp: u16, set_sp;
        pc: u16, set_pc;
    }
    methods {
        f: u8, set_f;
        af: u16, set_af;
        bc: u16, set_bc;
        de: u16, set_de;
        hl: u16, set_hl;
    }
}
