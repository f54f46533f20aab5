//! Mode 3 dot by dot: the fetcher fills a queue of background pixels, objects are fetched over it, and one pixel a dot
//! goes to the LCD (Pan Docs, "Pixel FIFO").

use super::mode3::LineStart;
use super::objects::{attribute, Object, FETCH_DOTS, FIRST_HIDDEN_X};
use super::registers::{lcdc, Register, Registers};
use super::WIDTH;

/// Columns by which pixels run ahead of the picture: eight for objects that reach in from the left.
const LEAD: i16 = -8;
/// The picture's last column.
const LAST_COLUMN: i16 = 159;
/// Where the column counter stands while the pixels of the fine scroll are dropped.
const DROPPING: i16 = -16;
/// The largest WX that shows the window.
const LAST_WX: u8 = 165;
/// With this WX the window's line counter runs though nothing of it is seen.
const COUNTED_WX: u8 = 166;
/// Fetcher step at which an object can be fetched, and the tile's second byte is read.
const LAST_STEP: u8 = 5;

/// A pixel of an object waiting to be shown.
#[derive(Clone, Copy, Debug, Default)]
struct ObjectPixel {
    /// Colour 0 to 3, 0 is transparent.
    colour: u8,
    attributes: u8,
}

/// Background pixels waiting to be shown: two bit planes, the next pixel in bit 7.
#[derive(Clone, Copy, Debug, Default)]
struct Queue {
    low: u8,
    high: u8,
    count: u8,
}

impl Queue {
    fn pop(&mut self) -> u8 {
        let colour = self.low >> 7 | self.high >> 7 << 1;
        self.low <<= 1;
        self.high <<= 1;
        self.count -= 1;
        colour
    }
}

/// The state of mode 3.
#[derive(Clone, Debug)]
pub struct Fifo {
    line: u8,
    registers: Registers,
    objects: super::objects::Objects,
    /// The next object to be fetched.
    next_object: usize,
    /// Dots left of the running object fetch.
    object_dots: u64,
    object_pixels: [ObjectPixel; 8],
    queue: Queue,
    /// The column that the next pixel goes to.
    column: i16,
    step: u8,
    tile_address: usize,
    tile: u8,
    row_address: usize,
    row_low: u8,
    /// WY matched LY in this picture while the window was enabled.
    window_is_armed: bool,
    /// The window's next line, minus 1 modulo 256.
    window_line: u8,
    /// The window is being shown in this line.
    in_window: bool,
    /// Since the window began no pixel was shown.
    window_is_starting: bool,
    window_tile: u8,
    /// The window was looked for at this column.
    window_is_checked: bool,
    /// WX was written in the dot before.
    wx_is_fresh: bool,
    /// A blank pixel comes before the next of the queue.
    inserts_pixel: bool,
    /// Dots to wait before going on.
    waits: u8,
}

impl Fifo {
    /// Mode 3 of a line at its first pixel dot: the queue holds eight pixels that will be dropped.
    #[must_use]
    pub fn new(start: &LineStart) -> Self {
        Self {
            line: start.line,
            registers: start.registers,
            objects: start.objects,
            next_object: 0,
            object_dots: 0,
            object_pixels: [ObjectPixel::default(); 8],
            queue: Queue { low: 0, high: 0, count: 8 },
            column: DROPPING,
            step: 0,
            tile_address: 0,
            tile: 0,
            row_address: 0,
            row_low: 0,
            window_is_armed: start.window_is_armed,
            window_line: start.window_line,
            in_window: false,
            window_is_starting: false,
            window_tile: 0,
            window_is_checked: false,
            wx_is_fresh: false,
            inserts_pixel: false,
            waits: 0,
        }
    }

    /// The window's line counter and whether WY has matched.
    #[must_use]
    pub fn window(&self) -> (u8, bool) {
        (self.window_line, self.window_is_armed)
    }

    /// A register changes before the next dot.
    pub fn write(&mut self, register: Register, value: u8) {
        self.registers.set(register, value);
        self.wx_is_fresh |= register == Register::Wx;
        if matches!(register, Register::Lcdc | Register::Wy) {
            self.window_is_armed |= self.registers.lcdc_has(lcdc::WINDOW) && self.registers.wy == self.line;
        }
    }

    /// One dot; whether it was mode 3's last.
    pub fn step(&mut self, vram: &[u8; 0x2000], pixels: Option<&mut [u8; WIDTH]>) -> bool {
        let done = self.advance(vram, pixels);
        self.wx_is_fresh = false;
        done
    }

    fn advance(&mut self, vram: &[u8; 0x2000], pixels: Option<&mut [u8; WIDTH]>) -> bool {
        if self.object_dots > 0 {
            self.object_dots -= 1;
            if self.object_dots == 0 {
                self.overlay_object(vram);
            }
            return false;
        }
        if self.waits > 0 {
            self.waits -= 1;
            return false;
        }
        if !self.window_is_checked {
            self.window_is_checked = true;
            self.check_window();
            if self.waits > 0 {
                self.waits -= 1;
                return false;
            }
        }
        if self.object_is_due() {
            if self.step < LAST_STEP || self.queue.count == 0 {
                self.fetch(vram);
            } else {
                self.object_dots = FETCH_DOTS - 1;
            }
            return false;
        }
        self.show(pixels);
        self.fetch(vram);
        self.column == LAST_COLUMN + 1
    }

    /// Begins the window where WX matches the column.
    fn check_window(&mut self) {
        let wx = self.registers.wx;
        let enabled = self.window_is_armed && self.registers.lcdc_has(lcdc::WINDOW);
        let matches_at = |offset: i16| i16::from(wx) == self.column + offset;
        if enabled && !self.in_window {
            let begins = if wx == 0 {
                // With WX = 0 the place depends on the fine scroll.
                const COLUMNS: [i16; 8] = [-7, -9, -10, -11, -12, -13, -14, -14];
                self.column == COLUMNS[usize::from(self.registers.scx & 7)]
            } else {
                wx <= LAST_WX && (matches_at(7) || (matches_at(6) && !self.wx_is_fresh))
            };
            if begins {
                self.window_line = self.window_line.wrapping_add(1);
                self.waits = u8::from(wx == 0 && self.registers.scx & 7 != 0);
                self.in_window = true;
                self.window_is_starting = true;
                self.window_tile = 0;
                self.queue.count = 0;
                self.step = 0;
                return;
            }
            if wx == COUNTED_WX && matches_at(7) {
                self.window_line = self.window_line.wrapping_add(1);
            }
        }
        if self.in_window && !self.window_is_starting && self.step == 0 && matches_at(7) && self.queue.count == 8 {
            self.inserts_pixel = true;
        }
    }

    /// Whether an object is to be fetched before the next pixel; passes over those that were missed.
    fn object_is_due(&mut self) -> bool {
        let at = if self.column < LEAD { 0 } else { self.column - LEAD };
        while let Some(object) = self.objects.as_slice().get(self.next_object) {
            if i16::from(object.x) > at || object.x >= FIRST_HIDDEN_X {
                return false;
            }
            if i16::from(object.x) == at {
                return self.registers.lcdc_has(lcdc::OBJECTS);
            }
            self.next_object += 1;
        }
        false
    }

    /// Lays the fetched object's pixels under those of earlier objects.
    fn overlay_object(&mut self, vram: &[u8; 0x2000]) {
        let object: Object = self.objects.as_slice()[self.next_object];
        self.next_object += 1;
        let address = object.row_address(self.line, self.registers.lcdc_has(lcdc::TALL));
        let (mut low, mut high) = (vram[address], vram[address + 1]);
        if object.attributes & attribute::FLIP_X != 0 {
            (low, high) = (low.reverse_bits(), high.reverse_bits());
        }
        for (bit, pixel) in self.object_pixels.iter_mut().enumerate() {
            let colour = low << bit >> 7 | high << bit >> 7 << 1;
            if pixel.colour == 0 {
                *pixel = ObjectPixel { colour, attributes: object.attributes };
            }
        }
    }

    /// Takes a pixel from the queue and shows it, unless it is one of those to be dropped.
    fn show(&mut self, pixels: Option<&mut [u8; WIDTH]>) {
        if self.queue.count == 0 {
            return;
        }
        let colour = if std::mem::take(&mut self.inserts_pixel) { 0 } else { self.queue.pop() };
        let object = self.object_pixels[0];
        self.object_pixels.copy_within(1.., 0);
        self.object_pixels[7] = ObjectPixel::default();
        self.window_is_checked = false;
        if self.column < LEAD {
            let at = self.column & 7;
            let scroll = i16::from(self.registers.scx & 7);
            if at == scroll || (self.window_is_starting && at == 6 && scroll == 7) {
                self.column = LEAD;
            } else if self.column == LEAD - 1 {
                self.column = DROPPING;
                return;
            }
        }
        self.window_is_starting = false;
        if let (Ok(column), Some(pixels)) = (usize::try_from(self.column), pixels) {
            pixels[column] = self.mix(colour, object);
        }
        self.column += 1;
    }

    /// The shade of a background colour under an object's pixel.
    fn mix(&self, background: u8, object: ObjectPixel) -> u8 {
        let registers = &self.registers;
        let background = if registers.lcdc_has(lcdc::BACKGROUND) { background } else { 0 };
        let is_covered = object.attributes & attribute::BEHIND != 0 && background != 0;
        let (palette, colour) = if object.colour == 0 || is_covered || !registers.lcdc_has(lcdc::OBJECTS) {
            (registers.bgp, background)
        } else if object.attributes & attribute::PALETTE == 0 {
            (registers.obp0, object.colour)
        } else {
            (registers.obp1, object.colour)
        };
        palette >> (2 * colour) & 3
    }

    /// One dot of the background fetcher: two each for tile number, first and second byte, then pushing.
    fn fetch(&mut self, vram: &[u8; 0x2000]) {
        match self.step {
            0 => self.tile_address = self.map_address(),
            1 => self.tile = vram[self.tile_address],
            2 | 4 => self.row_address = self.background_row_address(),
            3 => self.row_low = vram[self.row_address],
            _ => {}
        }
        if self.step < LAST_STEP {
            self.step += 1;
            return;
        }
        if self.step == LAST_STEP {
            self.step += 1;
            self.row_address |= 1;
            if self.in_window {
                self.window_tile = (self.window_tile + 1) & 0x1F;
            }
        }
        if self.queue.count == 0 {
            self.queue = Queue { low: self.row_low, high: vram[self.row_address], count: 8 };
            self.step = 0;
        }
    }

    /// The row of background or window that the fetcher is in.
    fn row(&self) -> u8 {
        if self.in_window {
            self.window_line
        } else {
            self.line.wrapping_add(self.registers.scy)
        }
    }

    fn map_address(&self) -> usize {
        let registers = &self.registers;
        let (map, column) = if self.in_window {
            (lcdc::WINDOW_MAP, usize::from(self.window_tile))
        } else if self.column < LEAD {
            (lcdc::MAP, usize::from(registers.scx / 8))
        } else {
            let ahead = registers.scx.wrapping_add(u8::try_from(self.column - LEAD).unwrap_or(0));
            (lcdc::MAP, usize::from(ahead / 8))
        };
        let base = if registers.lcdc_has(map) { 0x1C00 } else { 0x1800 };
        base + usize::from(self.row() / 8) * 32 + column
    }

    fn background_row_address(&self) -> usize {
        let base = if self.registers.lcdc_has(lcdc::TILES) || self.tile >= 0x80 { 0 } else { 0x1000 };
        base + usize::from(self.tile) * 16 + usize::from(self.row() & 7) * 2
    }
}
