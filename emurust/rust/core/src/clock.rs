//! Units of time.

/// T-cycles, 4,194,304 a second, since the machine was made.
pub const T_PER_M: u64 = 4;

/// A clock that no machine reaches.
pub const NEVER: u64 = u64::MAX;

/// T-cycles of a picture: 154 lines of 456.
pub const T_PER_FRAME: u64 = 70_224;
