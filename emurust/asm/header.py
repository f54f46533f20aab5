"""The cartridge header at 0100 .. 014F and its checksums (Pan Docs, "The Cartridge Header").

The logo area stays blank: only original boot ROMs compare it.
"""

from __future__ import annotations

import dataclasses

ENTRY = 0x0100
TITLE, TITLE_LENGTH = 0x0134, 15
CGB_FLAG, KIND, ROM_SIZE, RAM_SIZE, OLD_LICENSEE = 0x0143, 0x0147, 0x0148, 0x0149, 0x014B
HEADER_CHECKSUM, GLOBAL_CHECKSUM = 0x014D, 0x014E
HEADER_END = 0x0150
BANK_SIZE = 0x4000
SMALLEST_ROM = 2 * BANK_SIZE
LARGEST_ROM = 512 * BANK_SIZE


@dataclasses.dataclass(frozen=True)
class Header:
    """What a source says of its cartridge.

    Attributes:
        title: up to 15 capitals, digits and spaces.
        kind: byte at 0147, the memory bank controller; 0 for none.
        ram_size: byte at 0149; 0 for none.
        cgb_flag: byte at 0143; 0 for a game of the DMG.
    """

    title: str
    kind: int = 0
    ram_size: int = 0
    cgb_flag: int = 0


def padded_size(used: int) -> int:
    """The smallest size of a cartridge that holds so many bytes: a power of two of at least 32 KiB."""
    size = SMALLEST_ROM
    while size < used:
        size *= 2
    return size


def header_checksum(image: bytes | bytearray) -> int:
    """The byte at 014D: what the boot ROM computes over 0134 .. 014C."""
    checksum = 0
    for value in image[TITLE:HEADER_CHECKSUM]:
        checksum = (checksum - value - 1) & 0xFF
    return checksum


def global_checksum(image: bytes | bytearray) -> int:
    """The word at 014E, high byte first: the sum of all other bytes."""
    own = image[GLOBAL_CHECKSUM] + image[GLOBAL_CHECKSUM + 1]
    return (sum(image) - own) & 0xFFFF


def write(image: bytearray, header: Header) -> None:
    """Writes the header's fields and then both checksums into an image of its final size."""
    image[TITLE : TITLE + TITLE_LENGTH] = header.title.encode("ascii").ljust(TITLE_LENGTH, b"\0")
    image[CGB_FLAG] = header.cgb_flag
    image[KIND] = header.kind
    image[ROM_SIZE] = (len(image) // SMALLEST_ROM).bit_length() - 1
    image[RAM_SIZE] = header.ram_size
    image[OLD_LICENSEE] = 0x33  # says that the licensee stands in the new field, left at zero: none
    image[HEADER_CHECKSUM] = header_checksum(image)
    image[GLOBAL_CHECKSUM : GLOBAL_CHECKSUM + 2] = global_checksum(image).to_bytes(2, "big")
