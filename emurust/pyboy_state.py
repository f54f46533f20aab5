"""Reading state files of PyBoy, in which the community keeps its starting points.

Where things stand was found by saving states of our own cartridges with PyBoy (version byte 29, PyBoy 2.8) and from the
layout notes of bkase/gbxcule (version byte 9). Not taken over: sound registers, the clock of MBC3, and the picture; the
first picture is the second frame's, as after switching the LCD on. States of PyBoy stand at the start of line 0.
"""

from __future__ import annotations

import dataclasses
import struct

from emurust._emurust import Batch, Registers, describe_rom

BANK = 0x2000  # bytes of a bank of video, work and cartridge memory
TRAMPOLINE = 0xFF80  # high memory, where a few instructions bring the CPU into its state
SLED = 120  # bytes of NOP before the jump back
EI, HALT, JP, JR, NOP = 0xFB, 0x76, 0xC3, 0x18, 0x00
T_PER_M = 4
OAM_LENGTH, IO_LENGTH, HIGH_LENGTH, UNUSED_LENGTH = 160, 76, 127, 96
# The order of the LCD's registers behind the sprites.
LCD_ADDRESSES = (0xFF40, 0xFF47, 0xFF48, 0xFF49, 0xFF41, 0xFF44, 0xFF45, 0xFF42, 0xFF43, 0xFF4A, 0xFF4B)
READ_ONLY = (0xFF44,)


@dataclasses.dataclass(frozen=True)
class Layout:
    """Offsets of one version of the format, in bytes from the start.

    Attributes:
        registers: A F B C D E, HL, SP, PC.
        interrupts: flags that follow: master enable, halted, IE, IF.
        video: video memory, behind it the sprites and the LCD's registers.
        work: work memory, behind it 96 unused bytes, the I/O ports and the high memory.
        timer: DIV, the low byte of its counter, TIMA, TMA, TAC.
        banks: ROM bank, RAM bank, RAM enabled, mode; the RAM follows.
    """

    registers: int
    interrupts: tuple[int, int, int, int]
    video: int
    work: int
    timer: tuple[int, int, int, int, int]
    banks: tuple[int, int, int, int]
    ram: int


LAYOUTS = {
    9: Layout(
        registers=5,
        interrupts=(17, 18, 20, 22),
        video=23,
        work=124463,
        timer=(133006, 133010, 133007, 133008, 133009),
        banks=(133014, 133016, 133017, 133018),
        ram=133019,
    ),
    29: Layout(
        registers=6,
        interrupts=(18, 20, 22, 24),
        video=45,
        work=126394,
        timer=(134886, 134888, 134887, 134892, 134893),
        banks=(134911, 134912, 134913, 134914),
        ram=134915,
    ),
}


def is_pyboy_state(state: bytes) -> bool:
    """Whether this looks like a state of PyBoy, of whatever version: they begin with a small version number."""
    return len(state) > 100_000 and 0 < state[0] < 64


def convert(rom: bytes, state: bytes) -> bytes:
    """A state of PyBoy as a state of ours, for the same cartridge.

    Raises:
        ValueError: not a state of PyBoy, of a version that is not known, or for the Game Boy Color.
    """
    if not is_pyboy_state(state):
        raise ValueError("this is no state file of PyBoy: it is too short, or begins with no version number.")
    if state[0] not in LAYOUTS:
        known = " or ".join(map(str, LAYOUTS))
        raise ValueError(
            f"this state file of PyBoy has version {state[0]}, but {known} is needed; load and save it with PyBoy 2.8."
        )
    layout = LAYOUTS[state[0]]
    if any(state[1 : layout.registers]):
        raise ValueError(
            "this state file of PyBoy is for the Game Boy Color, or from its start-up program; save one of a DMG game."
        )
    machine = Batch(rom, 1, threads=1, drawing="every")
    banks = describe_rom(rom)["ram_bytes"] // BANK
    if len(state) < layout.ram + banks * BANK:
        raise ValueError(f"this state file of PyBoy ends after {len(state)} bytes; it belongs to another cartridge.")
    _write_memory(machine, layout, state)
    _write_cartridge(machine, layout, state, banks)
    _write_timer_and_cpu(machine, layout, state)
    return machine.save_state(0)


def _write_memory(machine: Batch, layout: Layout, state: bytes) -> None:
    """With the LCD off, so that everything can be written."""
    machine.write(0, 0xFF40, b"\0")
    sprites = layout.video + BANK
    machine.write(0, 0x8000, state[layout.video : sprites])
    machine.write(0, 0xFE00, state[sprites : sprites + OAM_LENGTH])
    machine.write(0, 0xC000, state[layout.work : layout.work + BANK])
    ports = layout.work + BANK + UNUSED_LENGTH
    machine.write(0, 0xFF00, bytes([state[ports] & 0x30]))


def _write_cartridge(machine: Batch, layout: Layout, state: bytes, banks: int) -> None:
    rom_bank, ram_bank, is_enabled, mode = (state[offset] for offset in layout.banks)
    machine.write(0, 0x0000, b"\x0a")
    machine.write(0, 0x6000, b"\1")  # MBC1 reaches its RAM banks in this mode only; MBC3 latches its clock
    for bank in range(banks):
        machine.write(0, 0x4000, bytes([bank]))
        machine.write(0, 0xA000, state[layout.ram + bank * BANK : layout.ram + (bank + 1) * BANK])
    machine.write(0, 0x6000, bytes([mode & 1]))
    machine.write(0, 0x4000, bytes([ram_bank]))
    machine.write(0, 0x2100, bytes([rom_bank]))
    machine.write(0, 0x0000, b"\x0a" if is_enabled else b"\0")


def _write_timer_and_cpu(machine: Batch, layout: Layout, state: bytes) -> None:
    """Lets the CPU run a few instructions in high memory until divider, interrupt enable and HALT are as they were."""
    r = layout.registers
    is_master_enabled, is_halted, enabled, requested = (state[offset] for offset in layout.interrupts)
    hl, sp, pc = struct.unpack_from("<HHH", state, r + 6)
    registers = Registers.after_boot(0)
    (registers.a, registers.f, registers.b, registers.c, registers.d, registers.e) = state[r : r + 6]
    registers.hl, registers.sp = hl, sp

    entry = bytes([EI] if is_master_enabled else [NOP])
    entry += bytes([HALT]) if is_halted else bytes([JP, pc & 0xFF, pc >> 8])
    t_of_entry = T_PER_M * (2 if is_halted else 5)
    divider, below, tima, tma, tac = layout.timer
    count = state[divider] << 8 | state[below]
    registers.pc = TRAMPOLINE
    machine.write(0, 0xFFFF, b"\0")
    machine.write(0, TRAMPOLINE, bytes([NOP] * SLED + [JR, 256 - SLED - 2]))
    machine.set_registers(0, registers)
    machine.write(0, 0xFF07, b"\0")
    machine.write(0, 0xFF04, b"\0")
    start = machine.cycles(0)
    machine.run_until_cycles(0, start + (count - t_of_entry) % 0x10000, 0)
    registers.pc = TRAMPOLINE
    machine.write(0, TRAMPOLINE, entry)
    machine.set_registers(0, registers)
    machine.run_until_cycles(0, machine.cycles(0) + t_of_entry, 0)
    registers.pc = pc
    machine.set_registers(0, registers)

    high = layout.work + BANK + UNUSED_LENGTH + IO_LENGTH
    machine.write(0, 0xFF80, state[high : high + HIGH_LENGTH])
    for address, offset in ((0xFF06, tma), (0xFF07, tac), (0xFF05, tima)):
        machine.write(0, address, state[offset : offset + 1])
    lcd = layout.video + BANK + OAM_LENGTH
    values = dict(zip(LCD_ADDRESSES, state[lcd : lcd + len(LCD_ADDRESSES)], strict=True))
    for address, value in values.items():
        if address not in (0xFF40, *READ_ONLY):
            machine.write(0, address, bytes([value]))
    # Last, since it starts line 0 and may request what the state says is not requested.
    machine.write(0, 0xFF40, bytes([values[0xFF40]]))
    machine.write(0, 0xFF0F, bytes([requested]))
    machine.write(0, 0xFFFF, bytes([enabled]))
