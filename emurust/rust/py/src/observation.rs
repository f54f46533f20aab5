//! What a policy sees of one machine, written as bytes.

use emurust_core::GameBoy;

/// Pixels of a row and rows of the screen.
const WIDTH: usize = 160;
const HEIGHT: usize = 144;

/// A window of the machine's memory: start address and length in bytes.
pub type Window = (u16, u16);

/// The forms an observation can have.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Form {
    /// Shades 0 (lightest) to 3, one byte a pixel, (144, 160).
    Screen,
    /// The same shades, four pixels a byte, the leftmost in the highest bits, (144, 40).
    Packed,
    /// Grey levels 0 (black) to 255, each the mean of 2 x 2 pixels rounded down, (72, 80).
    Small,
    /// Numbers of the background tiles in sight, (18, 20).
    Tiles,
    /// Windows of the memory, one after the other.
    Ram(Vec<Window>),
}

impl Form {
    /// The form of a name; `windows` belong to "ram".
    pub fn parse(name: &str, windows: &[Window]) -> Result<Self, String> {
        match name {
            "screen" => Ok(Self::Screen),
            "packed" => Ok(Self::Packed),
            "small" => Ok(Self::Small),
            "tiles" => Ok(Self::Tiles),
            "ram" if !windows.is_empty() => Ok(Self::Ram(windows.to_vec())),
            "ram" => Err("observation 'ram' needs at least one window of the memory, got none.".to_string()),
            _ => Err(format!("observation must be one of screen, packed, small, tiles, ram, got '{name}'.")),
        }
    }

    /// Shape of one observation.
    pub fn shape(&self) -> Vec<usize> {
        match self {
            Self::Screen => vec![HEIGHT, WIDTH],
            Self::Packed => vec![HEIGHT, WIDTH / 4],
            Self::Small => vec![HEIGHT / 2, WIDTH / 2],
            Self::Tiles => vec![18, 20],
            Self::Ram(windows) => vec![total_length(windows)],
        }
    }

    /// Bytes of one observation.
    pub fn length(&self) -> usize {
        self.shape().iter().product()
    }

    /// Whether it is made from the picture, so that the last frame must be drawn.
    pub fn needs_picture(&self) -> bool {
        matches!(self, Self::Screen | Self::Packed | Self::Small)
    }

    /// Writes the observation of a machine; `out` has `length` bytes.
    pub fn write(&self, machine: &mut GameBoy, out: &mut [u8]) {
        match self {
            Self::Screen => out.copy_from_slice(machine.frame()),
            Self::Packed => pack(machine.frame(), out),
            Self::Small => shrink(machine.frame(), out),
            Self::Tiles => {
                let mut tiles = [0; 360];
                machine.tile_map(&mut tiles);
                out.copy_from_slice(&tiles);
            }
            Self::Ram(windows) => read_windows(machine, windows, out),
        }
    }
}

/// Bytes of all windows.
pub fn total_length(windows: &[Window]) -> usize {
    windows.iter().map(|&(_, length)| usize::from(length)).sum()
}

/// Copies windows of the memory one after the other.
pub fn read_windows(machine: &mut GameBoy, windows: &[Window], mut out: &mut [u8]) {
    for &(start, length) in windows {
        let (here, rest) = out.split_at_mut(usize::from(length));
        machine.read_range(start, here);
        out = rest;
    }
}

fn pack(shades: &[u8], out: &mut [u8]) {
    for (four, byte) in shades.chunks_exact(4).zip(out) {
        *byte = four[0] << 6 | four[1] << 4 | four[2] << 2 | four[3];
    }
}

fn shrink(shades: &[u8], out: &mut [u8]) {
    for (rows, line) in shades.chunks_exact(2 * WIDTH).zip(out.chunks_exact_mut(WIDTH / 2)) {
        let (upper, lower) = rows.split_at(WIDTH);
        let mut columns = [0; WIDTH];
        for ((column, above), below) in columns.iter_mut().zip(upper).zip(lower) {
            *column = above + below;
        }
        for (pair, pixel) in columns.chunks_exact(2).zip(line) {
            // The grey level of the sum of four shades: (4 * 255 - 85 * sum) / 4, rounded down.
            let sum = u16::from(pair[0]) + u16::from(pair[1]);
            let [level, _] = ((1020 - 85 * sum) << 6).to_be_bytes();
            *pixel = level;
        }
    }
}
