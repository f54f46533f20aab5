//! Game Boy hardware in plain Rust: no dependencies, no unsafe code, nothing that knows of Python.
#![forbid(unsafe_code)]

pub mod panics;
pub mod registers;
