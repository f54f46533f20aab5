//! Saved states: a header that names the format and the ROM, then the parts of the machine one after the other.

use std::fmt;

/// Why bytes are not a state of this machine. Its `Display` is one sentence for the user.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum StateError {
    /// The bytes do not begin with the format's name.
    NotAState,
    /// The state was saved by another version of the format.
    Version {
        /// The version found.
        found: u32,
    },
    /// The state belongs to another ROM.
    OtherRom,
    /// The bytes end too early or too late.
    Length {
        /// Bytes given.
        found: usize,
        /// Bytes that a state of this machine may have.
        expected: usize,
    },
    /// A part of the state holds what no machine can hold.
    Impossible(&'static str),
}

impl fmt::Display for StateError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::NotAState => f.write_str("These bytes are not a saved state of EmuRust; give what save_state returned."),
            Self::Version { found } => write!(
                f,
                "The state has format {found}, this version reads format {VERSION}; save it again with this version."
            ),
            Self::OtherRom => f.write_str("The state was saved with another ROM; load it with the ROM it belongs to."),
            Self::Length { found, expected } => write!(
                f,
                "The state has {found} bytes where a state of this ROM has {expected}; it is cut off or damaged, save it anew."
            ),
            Self::Impossible(part) => {
                write!(f, "The state is damaged: {part} holds what no Game Boy can hold; save it anew.")
            }
        }
    }
}

impl std::error::Error for StateError {}

/// The first bytes of every state.
pub const MAGIC: [u8; 8] = *b"EmuRust\0";
/// The format's version; a change of any field's meaning raises it.
pub const VERSION: u32 = 1;

/// Bytes that are read from front to back.
pub struct Reader<'a> {
    rest: &'a [u8],
}

impl<'a> Reader<'a> {
    /// A reader of all of `bytes`.
    #[must_use]
    pub fn new(bytes: &'a [u8]) -> Self {
        Self { rest: bytes }
    }

    /// Fills `out` with the next bytes.
    pub fn fill(&mut self, out: &mut [u8]) -> Result<(), StateError> {
        let Some((head, tail)) = self.rest.split_at_checked(out.len()) else {
            return Err(StateError::Length { found: self.rest.len(), expected: out.len() });
        };
        out.copy_from_slice(head);
        self.rest = tail;
        Ok(())
    }

    /// Bytes left.
    #[must_use]
    pub fn left(&self) -> usize {
        self.rest.len()
    }
}

/// A value with one written form, little endian.
pub trait Codec {
    /// Appends the value.
    fn save(&self, out: &mut Vec<u8>);
    /// Replaces the value by what comes next.
    fn load(&mut self, reader: &mut Reader<'_>) -> Result<(), StateError>;
}

macro_rules! integer_codec {
    ($($kind:ty),*) => {$(
        impl Codec for $kind {
            fn save(&self, out: &mut Vec<u8>) {
                out.extend_from_slice(&self.to_le_bytes());
            }

            fn load(&mut self, reader: &mut Reader<'_>) -> Result<(), StateError> {
                let mut bytes = [0; std::mem::size_of::<$kind>()];
                reader.fill(&mut bytes)?;
                *self = <$kind>::from_le_bytes(bytes);
                Ok(())
            }
        }
    )*};
}

integer_codec!(u16, u32, u64, i16);

impl Codec for u8 {
    fn save(&self, out: &mut Vec<u8>) {
        out.push(*self);
    }

    fn load(&mut self, reader: &mut Reader<'_>) -> Result<(), StateError> {
        reader.fill(std::slice::from_mut(self))
    }
}

impl Codec for bool {
    fn save(&self, out: &mut Vec<u8>) {
        out.push(u8::from(*self));
    }

    fn load(&mut self, reader: &mut Reader<'_>) -> Result<(), StateError> {
        let mut byte = 0u8;
        byte.load(reader)?;
        if byte > 1 {
            return Err(StateError::Impossible("a flag"));
        }
        *self = byte == 1;
        Ok(())
    }
}

impl<const N: usize> Codec for [u8; N] {
    fn save(&self, out: &mut Vec<u8>) {
        out.extend_from_slice(self);
    }

    fn load(&mut self, reader: &mut Reader<'_>) -> Result<(), StateError> {
        reader.fill(self)
    }
}

/// Implements [`Codec`] for a struct as its named fields in order: each is listed once.
macro_rules! codec {
    ($name:ty { $($field:ident),* $(,)? }) => {
        impl $crate::state::Codec for $name {
            fn save(&self, out: &mut Vec<u8>) {
                $($crate::state::Codec::save(&self.$field, out);)*
            }

            fn load(&mut self, reader: &mut $crate::state::Reader<'_>) -> Result<(), $crate::state::StateError> {
                $($crate::state::Codec::load(&mut self.$field, reader)?;)*
                Ok(())
            }
        }
    };
}
pub(crate) use codec;

/// A 64-bit hash of `bytes` for telling states apart (not for defence): eight bytes a step, multiply and fold.
#[must_use]
pub fn hash(bytes: &[u8]) -> u64 {
    const MULTIPLIER: u64 = 0x9E37_79B9_7F4A_7C15;
    let fold = |hash: u64, word: u64| {
        let product = u128::from(hash ^ word) * u128::from(MULTIPLIER | 1);
        ((product >> 64) as u64) ^ (product as u64).rotate_left(23)
    };
    let mut chunks = bytes.chunks_exact(8);
    let mut hash = fold(MULTIPLIER, bytes.len() as u64);
    for chunk in &mut chunks {
        let mut word = [0; 8];
        word.copy_from_slice(chunk);
        hash = fold(hash, u64::from_le_bytes(word));
    }
    let mut word = [0; 8];
    word[..chunks.remainder().len()].copy_from_slice(chunks.remainder());
    fold(hash, u64::from_le_bytes(word))
}
