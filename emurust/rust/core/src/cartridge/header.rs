//! The cartridge header, 0100-014F (Pan Docs, "The Cartridge Header").

use std::fmt;

/// Bytes of a ROM bank.
pub const ROM_BANK: usize = 0x4000;
/// The smallest image with a whole header.
pub const SMALLEST: usize = 0x150;
/// The largest ROM that a header can declare, 512 banks.
pub const LARGEST: usize = 512 * ROM_BANK;

/// Why an image is not a ROM that can be run. Its `Display` is one sentence for the user.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum RomError {
    /// The image ends before the header does.
    TooShort {
        /// Bytes of the image.
        length: usize,
    },
    /// The image is larger than any cartridge.
    TooLong {
        /// Bytes of the image.
        length: usize,
    },
    /// The byte at 0147 names hardware that is not emulated, or none.
    UnsupportedKind {
        /// The byte at 0147.
        code: u8,
    },
    /// The byte at 0148 is none of the sizes.
    UnknownRomSize {
        /// The byte at 0148.
        code: u8,
    },
    /// The byte at 0149 is none of the sizes.
    UnknownRamSize {
        /// The byte at 0149.
        code: u8,
    },
    /// The image is shorter than its header says.
    Truncated {
        /// Bytes of the image.
        length: usize,
        /// Bytes that the header declares.
        declared: usize,
    },
}

impl fmt::Display for RomError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::TooShort { length } => {
                write!(f, "A Game Boy ROM has at least {SMALLEST} bytes, this file has {length}; give a whole ROM image.")
            }
            Self::TooLong { length } => {
                write!(f, "A Game Boy ROM has at most {LARGEST} bytes, this file has {length}; give a ROM image.")
            }
            Self::UnsupportedKind { code } => write!(
                f,
                "The cartridge type {code:#04x} at 0147 is not supported; supported are ROM only, MBC1, MBC2, MBC3 and \
                 MBC5 (00 to 03, 05, 06, 08, 09, 0f to 13, 19 to 1e)."
            ),
            Self::UnknownRomSize { code } => {
                write!(f, "The ROM size {code:#04x} at 0148 is unknown; a header has 00 to 08 (32 KiB to 8 MiB).")
            }
            Self::UnknownRamSize { code } => {
                write!(f, "The RAM size {code:#04x} at 0149 is unknown; a header has 00 to 05 (none to 128 KiB).")
            }
            Self::Truncated { length, declared } => write!(
                f,
                "The file has {length} bytes but its header declares {declared}; it is truncated, give a whole ROM image."
            ),
        }
    }
}

impl std::error::Error for RomError {}

/// The memory bank controller.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Controller {
    /// 32 KiB of ROM and at most 8 KiB of RAM, no banks.
    None,
    /// MBC1.
    Mbc1,
    /// MBC1 wired for several games, each of 256 KiB.
    Mbc1Multicart,
    /// MBC2, with 512 half-bytes of RAM of its own.
    Mbc2,
    /// MBC3, with or without the clock.
    Mbc3,
    /// MBC5.
    Mbc5,
}

impl fmt::Display for Controller {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::None => "none",
            Self::Mbc1 => "MBC1",
            Self::Mbc1Multicart => "MBC1 multicart",
            Self::Mbc2 => "MBC2",
            Self::Mbc3 => "MBC3",
            Self::Mbc5 => "MBC5",
        })
    }
}

/// What a cartridge says of itself.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Header {
    /// The title, 0134-0143, cut at the first zero and at the first byte that is not printable ASCII.
    pub title: String,
    /// The byte at 0147.
    pub kind_code: u8,
    /// The memory bank controller.
    pub controller: Controller,
    /// Bytes of ROM that the header declares.
    pub rom_bytes: usize,
    /// Bytes of cartridge RAM, those inside an MBC2 included.
    pub ram_bytes: usize,
    /// Whether a battery keeps the RAM.
    pub has_battery: bool,
    /// Whether the MBC3 has its clock.
    pub has_clock: bool,
    /// Whether the cartridge can rumble.
    pub has_rumble: bool,
    /// The byte at 0143: 0x80 also runs on a CGB, 0xC0 on a CGB only.
    pub cgb_flag: u8,
    /// Whether the sum of the header at 014D is right; the original boot ROM refuses it otherwise.
    pub header_checksum_ok: bool,
    /// Whether the sum of the ROM at 014E is right; no Game Boy looks at it.
    pub global_checksum_ok: bool,
}

impl Header {
    /// Reads the header of a ROM image.
    ///
    /// # Errors
    /// The image is not a ROM that can be run: too short or long, cut off, or of an unknown kind.
    pub fn parse(rom: &[u8]) -> Result<Self, RomError> {
        let length = rom.len();
        if length < SMALLEST {
            return Err(RomError::TooShort { length });
        }
        if length > LARGEST {
            return Err(RomError::TooLong { length });
        }
        let kind_code = rom[0x147];
        let controller = match kind_code {
            0x00 | 0x08 | 0x09 => Controller::None,
            0x01..=0x03 if is_multicart(rom) => Controller::Mbc1Multicart,
            0x01..=0x03 => Controller::Mbc1,
            0x05 | 0x06 => Controller::Mbc2,
            0x0F..=0x13 => Controller::Mbc3,
            0x19..=0x1E => Controller::Mbc5,
            code => return Err(RomError::UnsupportedKind { code }),
        };
        let declared = match rom[0x148] {
            code @ 0..=8 => (2 * ROM_BANK) << code,
            code => return Err(RomError::UnknownRomSize { code }),
        };
        let declared_ram = match rom[0x149] {
            0 => 0,
            1 => 0x800,
            2 => 0x2000,
            3 => 0x8000,
            4 => 0x2_0000,
            5 => 0x1_0000,
            code => return Err(RomError::UnknownRamSize { code }),
        };
        let has_ram = matches!(kind_code, 0x02 | 0x03 | 0x08 | 0x09 | 0x10 | 0x12 | 0x13 | 0x1A | 0x1B | 0x1D | 0x1E);
        let wired_ram = match controller {
            Controller::Mbc2 => 0x200,
            _ if has_ram => declared_ram,
            _ => 0,
        };
        if length < declared {
            return Err(RomError::Truncated { length, declared });
        }
        Ok(Self {
            title: title(rom),
            kind_code,
            controller,
            rom_bytes: declared,
            ram_bytes: wired_ram,
            has_battery: matches!(kind_code, 0x03 | 0x06 | 0x09 | 0x0F | 0x10 | 0x13 | 0x1B | 0x1E),
            has_clock: matches!(kind_code, 0x0F | 0x10),
            has_rumble: matches!(kind_code, 0x1C..=0x1E),
            cgb_flag: rom[0x143],
            header_checksum_ok: header_checksum(rom) == rom[0x14D],
            global_checksum_ok: global_checksum(rom) == u16::from_be_bytes([rom[0x14E], rom[0x14F]]),
        })
    }
}

/// The title at 0134; where the byte at 0143 is the CGB flag it is not part of it.
fn title(rom: &[u8]) -> String {
    let end = if rom[0x143] & 0x80 == 0 { 0x144 } else { 0x143 };
    rom[0x134..end]
        .iter()
        .take_while(|byte| byte.is_ascii_graphic() || **byte == b' ')
        .map(|&b| char::from(b))
        .collect()
}

fn header_checksum(rom: &[u8]) -> u8 {
    rom[0x134..0x14D].iter().fold(0u8, |sum, byte| sum.wrapping_sub(*byte).wrapping_sub(1))
}

fn global_checksum(rom: &[u8]) -> u16 {
    let sum = rom.iter().fold(0u16, |sum, byte| sum.wrapping_add(u16::from(*byte)));
    sum.wrapping_sub(u16::from(rom[0x14E])).wrapping_sub(u16::from(rom[0x14F]))
}

/// Whether an MBC1 of 1 MiB holds several games: then more than one of its 256 KiB quarters begins with the logo.
fn is_multicart(rom: &[u8]) -> bool {
    const QUARTER: usize = 16 * ROM_BANK;
    const LOGO: std::ops::Range<usize> = 0x104..0x134;
    if rom.len() != 4 * QUARTER || rom[LOGO].iter().all(|byte| *byte == 0) {
        return false;
    }
    rom.chunks_exact(QUARTER).filter(|quarter| quarter[LOGO] == rom[LOGO]).count() > 1
}

#[cfg(test)]
mod tests {
    use super::{Controller, Header, RomError};

    fn image(kind: u8, size: u8, ram: u8) -> Vec<u8> {
        let mut rom = vec![0; 0x8000usize << size.min(8)];
        rom[0x147] = kind;
        rom[0x148] = size;
        rom[0x149] = ram;
        rom
    }

    #[test]
    fn supported_kinds_parse_and_others_are_named() {
        for (kind, controller) in
            [(0x00, Controller::None), (0x03, Controller::Mbc1), (0x06, Controller::Mbc2), (0x10, Controller::Mbc3)]
        {
            assert_eq!(Header::parse(&image(kind, 1, 0)).unwrap().controller, controller);
        }
        for kind in [0x04, 0x07, 0x0A, 0x0B, 0x14, 0x18, 0x1F, 0x20, 0x22, 0xFC, 0xFF] {
            let error = Header::parse(&image(kind, 0, 0)).unwrap_err();
            assert_eq!(error, RomError::UnsupportedKind { code: kind });
            assert!(error.to_string().contains(&format!("{kind:#04x}")));
        }
    }

    #[test]
    fn sizes_are_those_of_pan_docs() {
        assert_eq!(Header::parse(&image(0x1B, 8, 4)).unwrap().rom_bytes, 8 << 20);
        for (code, bytes) in [(0, 0), (2, 0x2000), (3, 0x8000), (4, 0x2_0000), (5, 0x1_0000)] {
            assert_eq!(Header::parse(&image(0x1B, 0, code)).unwrap().ram_bytes, bytes);
        }
        assert_eq!(Header::parse(&image(0x06, 0, 0)).unwrap().ram_bytes, 512);
        assert_eq!(Header::parse(&image(0x01, 0, 3)).unwrap().ram_bytes, 0, "a kind without RAM has none");
        assert_eq!(Header::parse(&image(0, 9, 0)), Err(RomError::UnknownRomSize { code: 9 }));
        assert_eq!(Header::parse(&image(0, 0, 6)), Err(RomError::UnknownRamSize { code: 6 }));
    }

    #[test]
    fn images_of_the_wrong_length_are_refused() {
        assert_eq!(Header::parse(&[0; 0x14F]), Err(RomError::TooShort { length: 0x14F }));
        let rom = image(0x01, 3, 0);
        let cut = &rom[..rom.len() - 1];
        assert_eq!(Header::parse(cut), Err(RomError::Truncated { length: cut.len(), declared: rom.len() }));
        assert!(matches!(Header::parse(&vec![0; super::LARGEST + 1]), Err(RomError::TooLong { .. })));
    }

    #[test]
    fn checksums_and_title_are_read() {
        let mut rom = image(0, 0, 0);
        rom[0x134..0x138].copy_from_slice(b"GAME");
        assert!(!Header::parse(&rom).unwrap().header_checksum_ok);
        rom[0x14D] = super::header_checksum(&rom);
        let sum = super::global_checksum(&rom).to_be_bytes();
        rom[0x14E..0x150].copy_from_slice(&sum);
        let header = Header::parse(&rom).unwrap();
        assert!(header.header_checksum_ok && header.global_checksum_ok);
        assert_eq!(header.title, "GAME");
    }
}
