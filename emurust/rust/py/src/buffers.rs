//! Borrowing `NumPy` arrays as slices for the time of one call.

use pyo3::buffer::PyBuffer;
use pyo3::exceptions::{PyTypeError, PyValueError};
use pyo3::prelude::*;

/// An array of bytes that a call reads or writes; it stays exported, so that `NumPy` neither frees nor moves it.
pub struct Bytes {
    buffer: PyBuffer<u8>,
}

impl Bytes {
    /// The bytes of a contiguous array, called `name` in messages, which must have this length.
    pub fn of(name: &str, array: &Bound<'_, PyAny>, length: usize, is_written: bool) -> PyResult<Self> {
        let buffer = PyBuffer::<u8>::get(array)
            .map_err(|_| PyTypeError::new_err(format!("{name} must be an array of uint8, got {}.", describe(array))))?;
        if buffer.item_count() != length {
            let given = buffer.item_count();
            return Err(PyValueError::new_err(format!("{name} must hold {length} bytes, got {given}.")));
        }
        if !buffer.is_c_contiguous() || (is_written && buffer.readonly()) {
            let wanted = if is_written { "contiguous and writable" } else { "contiguous" };
            return Err(PyValueError::new_err(format!("{name} must be {wanted}; hand over a fresh array.")));
        }
        Ok(Self { buffer })
    }

    fn start(&self) -> usize {
        self.buffer.buf_ptr() as usize
    }

    fn end(&self) -> usize {
        self.start() + self.buffer.item_count()
    }

    /// A copy of the bytes.
    pub fn to_vec(&self, py: Python<'_>) -> PyResult<Vec<u8>> {
        self.buffer.to_vec(py)
    }

    /// The bytes for writing.
    ///
    /// # Safety
    /// Nobody else may read or write the array while the slice lives: no overlapping slice exists (see [`disjoint`]),
    /// and the caller's Python code keeps its hands off until the call returns, as it must with every `NumPy` call that
    /// releases the GIL.
    #[allow(clippy::mut_from_ref)]
    pub unsafe fn as_mut_slice(&self) -> &mut [u8] {
        if self.buffer.item_count() == 0 {
            return &mut [];
        }
        // SAFETY: pointer and length are those of a live, contiguous, writable export of bytes (checked in `of`), which
        // is held by `self` for as long as the slice; the caller vouches for exclusive use.
        unsafe { std::slice::from_raw_parts_mut(self.buffer.buf_ptr().cast(), self.buffer.item_count()) }
    }
}

/// Refuses two arrays that share memory.
pub fn disjoint(first: &Bytes, second: &Bytes) -> PyResult<()> {
    if first.start() < second.end() && second.start() < first.end() {
        return Err(PyValueError::new_err("observation and watch must be arrays of their own; these share memory."));
    }
    Ok(())
}

fn describe(array: &Bound<'_, PyAny>) -> String {
    match array.getattr("dtype") {
        Ok(dtype) => format!("an array of {dtype}"),
        Err(_) => format!("a {}", array.get_type()),
    }
}
