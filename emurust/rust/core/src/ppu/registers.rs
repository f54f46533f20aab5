//! The PPU's registers and their bits (Pan Docs, "LCDC" and "STAT").

/// Bits of LCDC.
pub mod lcdc {
    /// The LCD runs.
    pub const ON: u8 = 0x80;
    /// The window uses the map at 9C00.
    pub const WINDOW_MAP: u8 = 0x40;
    /// The window is shown.
    pub const WINDOW: u8 = 0x20;
    /// Background and window use the tiles at 8000, with unsigned numbers.
    pub const TILES: u8 = 0x10;
    /// The background uses the map at 9C00.
    pub const MAP: u8 = 0x08;
    /// Objects are 16 lines high.
    pub const TALL: u8 = 0x04;
    /// Objects are shown.
    pub const OBJECTS: u8 = 0x02;
    /// Background and window are shown.
    pub const BACKGROUND: u8 = 0x01;
}

/// Bits of STAT.
pub mod stat {
    /// Interrupt where LY equals LYC.
    pub const LYC: u8 = 0x40;
    /// Interrupt at mode 2.
    pub const MODE2: u8 = 0x20;
    /// Interrupt in mode 1.
    pub const MODE1: u8 = 0x10;
    /// Interrupt in mode 0.
    pub const MODE0: u8 = 0x08;
    /// The bits that can be written.
    pub const ALL: u8 = LYC | MODE2 | MODE1 | MODE0;
    /// LY equals LYC.
    pub const COINCIDENCE: u8 = 0x04;
}

/// The registers FF40-FF4B that the CPU writes, FF46 apart.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Registers {
    /// LCDC, bits of [`lcdc`].
    pub lcdc: u8,
    /// The interrupt enables of STAT.
    pub stat: u8,
    /// Background scroll, rows.
    pub scy: u8,
    /// Background scroll, columns.
    pub scx: u8,
    /// Line compared with LY.
    pub lyc: u8,
    /// Background palette.
    pub bgp: u8,
    /// Object palette 0.
    pub obp0: u8,
    /// Object palette 1.
    pub obp1: u8,
    /// Window's first line.
    pub wy: u8,
    /// Window's first column plus 7.
    pub wx: u8,
}

crate::state::codec!(Registers { lcdc, stat, scy, scx, lyc, bgp, obp0, obp1, wy, wx });

/// A register that matters while a line is drawn.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Register {
    /// FF40.
    Lcdc,
    /// FF42.
    Scy,
    /// FF43.
    Scx,
    /// FF47.
    Bgp,
    /// FF48.
    Obp0,
    /// FF49.
    Obp1,
    /// FF4A.
    Wy,
    /// FF4B.
    Wx,
}

impl Register {
    /// All, in the order of their addresses.
    pub const ALL: [Self; 8] =
        [Self::Lcdc, Self::Scy, Self::Scx, Self::Bgp, Self::Obp0, Self::Obp1, Self::Wy, Self::Wx];

    /// The register at FF40 + `index`.
    #[must_use]
    pub fn at(index: u16) -> Option<Self> {
        Some(match index {
            0x0 => Self::Lcdc,
            0x2 => Self::Scy,
            0x3 => Self::Scx,
            0x7 => Self::Bgp,
            0x8 => Self::Obp0,
            0x9 => Self::Obp1,
            0xA => Self::Wy,
            0xB => Self::Wx,
            _ => return None,
        })
    }
}

impl Registers {
    /// Whether all bits of `mask` are set in LCDC.
    #[must_use]
    pub fn lcdc_has(&self, mask: u8) -> bool {
        self.lcdc & mask == mask
    }

    /// The register.
    #[must_use]
    pub fn get(&self, register: Register) -> u8 {
        match register {
            Register::Lcdc => self.lcdc,
            Register::Scy => self.scy,
            Register::Scx => self.scx,
            Register::Bgp => self.bgp,
            Register::Obp0 => self.obp0,
            Register::Obp1 => self.obp1,
            Register::Wy => self.wy,
            Register::Wx => self.wx,
        }
    }

    /// Replaces the register.
    pub fn set(&mut self, register: Register, value: u8) {
        *match register {
            Register::Lcdc => &mut self.lcdc,
            Register::Scy => &mut self.scy,
            Register::Scx => &mut self.scx,
            Register::Bgp => &mut self.bgp,
            Register::Obp0 => &mut self.obp0,
            Register::Obp1 => &mut self.obp1,
            Register::Wy => &mut self.wy,
            Register::Wx => &mut self.wx,
        } = value;
    }
}
