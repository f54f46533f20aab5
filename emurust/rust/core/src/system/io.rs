//! The registers at FF00-FF7F. Bits and addresses that are not wired read as ones.

use super::System;
use crate::cartridge::OPEN_BUS;
use crate::interrupts::{self, JOYPAD};
use crate::ppu::moves_no_interrupt;

/// IF's bits that are not wired.
const UNUSED_REQUESTS: u8 = !interrupts::ALL;

impl<const EXACT: bool> System<EXACT> {
    /// Reads FF00-FF7F.
    pub(super) fn read_io(&mut self, address: u16) -> u8 {
        let now = self.clock;
        match address {
            0xFF00 => self.joypad.read(),
            0xFF01 | 0xFF02 => {
                self.sync_serial(now);
                if address == 0xFF01 {
                    self.serial.data()
                } else {
                    self.serial.control()
                }
            }
            0xFF04..=0xFF07 => {
                self.sync_timer(now);
                self.timer.read(address - 0xFF04, now)
            }
            0xFF0F => {
                self.sync_all(now);
                self.requested | UNUSED_REQUESTS
            }
            0xFF10..=0xFF3F => {
                self.sync_apu(now);
                self.apu.read(address - 0xFF10, now)
            }
            0xFF46 => self.dma.register,
            0xFF40..=0xFF4B => {
                self.sync_ppu(now);
                self.ppu.read(address - 0xFF40, now)
            }
            _ => OPEN_BUS,
        }
    }

    /// Writes FF00-FF7F.
    pub(super) fn write_io(&mut self, address: u16, value: u8) {
        let now = self.clock;
        match address {
            0xFF00 => {
                if !self.joypad.write(value) {
                    return;
                }
                self.requested |= JOYPAD;
            }
            0xFF01 | 0xFF02 => {
                self.sync_serial(now);
                if address == 0xFF01 {
                    self.serial.set_data(value);
                } else {
                    self.serial.set_control(value);
                }
            }
            0xFF04 => self.reset_counter(now),
            0xFF05..=0xFF07 => {
                self.sync_timer(now);
                self.timer.write(address - 0xFF04, value, now);
            }
            0xFF0F => {
                self.sync_all(now);
                self.requested = value & interrupts::ALL;
            }
            0xFF10..=0xFF3F => {
                self.sync_apu(now);
                self.apu.write(address - 0xFF10, value, now, self.timer.counter(now));
                return;
            }
            0xFF46 => {
                self.sync_dma(now);
                self.dma.request(value, now);
                self.dma_is_engaged = true;
            }
            0xFF40..=0xFF4B => {
                self.sync_ppu(now);
                self.requested |= self.ppu.write(address - 0xFF40, value, now);
                if moves_no_interrupt(address - 0xFF40, self.ppu.registers.stat) {
                    return;
                }
            }
            _ => return,
        }
        self.look_soon();
    }
}
