//! Panics as values, so that a defect in here reaches a caller in another language as an ordinary error.

use std::panic::{catch_unwind, UnwindSafe};

/// Runs `call`; a panic inside becomes `Err` with its message.
///
/// # Errors
/// The panic's message, when `call` panicked.
pub fn caught<T>(call: impl FnOnce() -> T + UnwindSafe) -> Result<T, String> {
    catch_unwind(call).map_err(|payload| {
        let message = payload
            .downcast_ref::<&str>()
            .map(ToString::to_string)
            .or_else(|| payload.downcast_ref::<String>().cloned());
        message.unwrap_or_else(|| "a panic without a message".to_string())
    })
}

#[cfg(test)]
mod tests {
    use super::caught;

    #[test]
    fn a_value_passes_through() {
        assert_eq!(caught(|| 7), Ok(7));
    }

    #[test]
    fn a_panic_becomes_its_message() {
        assert_eq!(caught(|| panic!("plain")), Err::<(), _>("plain".to_string()));
        let number = 3;
        assert_eq!(caught(|| panic!("number {number}")), Err::<(), _>("number 3".to_string()));
    }
}
