"""The SM83's instruction set as text templates, for assembling and disassembling.

A template is a mnemonic and its operands. An operand in capitals stands for bytes that follow the opcode:

    N8   one byte          N16  two bytes, low one first
    R8   distance of a jump from the next instruction, -128 .. 127
    S8   signed byte, -128 .. 127
    H8   low byte of an address in FF00 .. FFFF

Source of the encoding: Pan Docs, "CPU Instruction Set".
"""

from __future__ import annotations

import functools

REGISTERS = ("b", "c", "d", "e", "h", "l", "[hl]", "a")
CONDITIONS = ("nz", "z", "nc", "c")
ARITHMETIC = ("add", "adc", "sub", "sbc", "and", "xor", "or", "cp")
SHIFTS = ("rlc", "rrc", "rl", "rr", "sla", "sra", "swap", "srl")
PREFIX = 0xCB
OPERAND_BYTES = {"N8": 1, "N16": 2, "R8": 1, "S8": 1, "H8": 1}
# Words that are never symbols.
RESERVED = frozenset((*"abcdehl", "af", "bc", "de", "hl", "sp", "nz", "z", "nc"))


def _plain() -> dict[int, str]:
    table = {
        0x00: "nop", 0x07: "rlca", 0x0F: "rrca", 0x17: "rla", 0x1F: "rra", 0x27: "daa", 0x2F: "cpl", 0x37: "scf",
        0x3F: "ccf", 0x10: "stop N8", 0x18: "jr R8", 0x08: "ld [N16],sp", 0x76: "halt", 0xC3: "jp N16", 0xC9: "ret",
        0xCD: "call N16", 0xD9: "reti", 0xE0: "ldh [H8],a", 0xE2: "ldh [c],a", 0xE8: "add sp,S8", 0xE9: "jp hl",
        0xEA: "ld [N16],a", 0xF0: "ldh a,[H8]", 0xF2: "ldh a,[c]", 0xF3: "di", 0xF8: "ld hl,sp+S8", 0xF9: "ld sp,hl",
        0xFA: "ld a,[N16]", 0xFB: "ei",
    }  # fmt: skip
    for i, pair in enumerate(("bc", "de", "hl", "sp")):
        table[0x01 + 16 * i] = f"ld {pair},N16"
        table[0x03 + 16 * i] = f"inc {pair}"
        table[0x09 + 16 * i] = f"add hl,{pair}"
        table[0x0B + 16 * i] = f"dec {pair}"
    for i, pointer in enumerate(("[bc]", "[de]", "[hl+]", "[hl-]")):
        table[0x02 + 16 * i] = f"ld {pointer},a"
        table[0x0A + 16 * i] = f"ld a,{pointer}"
    for i, pair in enumerate(("bc", "de", "hl", "af")):
        table[0xC1 + 16 * i] = f"pop {pair}"
        table[0xC5 + 16 * i] = f"push {pair}"
    for i, condition in enumerate(CONDITIONS):
        table[0x20 + 8 * i] = f"jr {condition},R8"
        table[0xC0 + 8 * i] = f"ret {condition}"
        table[0xC2 + 8 * i] = f"jp {condition},N16"
        table[0xC4 + 8 * i] = f"call {condition},N16"
    for i, register in enumerate(REGISTERS):
        table[0x04 + 8 * i] = f"inc {register}"
        table[0x05 + 8 * i] = f"dec {register}"
        table[0x06 + 8 * i] = f"ld {register},N8"
        table[0xC7 + 8 * i] = f"rst {8 * i}"
        for j, source in enumerate(REGISTERS):
            table.setdefault(0x40 + 8 * i + j, f"ld {register},{source}")  # 76, which is halt, stands there already
    for i, operation in enumerate(ARITHMETIC):
        table[0xC6 + 8 * i] = f"{operation} a,N8"
        for j, source in enumerate(REGISTERS):
            table[0x80 + 8 * i + j] = f"{operation} a,{source}"
    return table


def _prefixed() -> dict[int, str]:
    table = {}
    for j, register in enumerate(REGISTERS):
        for i, operation in enumerate(SHIFTS):
            table[8 * i + j] = f"{operation} {register}"
        for i, operation in enumerate(("bit", "res", "set"), start=1):
            for bit in range(8):
                table[64 * i + 8 * bit + j] = f"{operation} {bit},{register}"
    return table


def split(template: str) -> tuple[str, tuple[str, ...]]:
    """Mnemonic and operands of a template."""
    mnemonic, _, operands = template.partition(" ")
    return mnemonic, tuple(operands.split(",")) if operands else ()


@functools.cache
def table() -> dict[bytes, str]:
    """Every instruction: the bytes of its opcode to its template. 500 entries; eleven opcodes do not exist."""
    plain = {bytes([code]): template for code, template in sorted(_plain().items())}
    return plain | {bytes([PREFIX, code]): template for code, template in sorted(_prefixed().items())}


@functools.cache
def by_mnemonic() -> dict[str, list[tuple[bytes, tuple[str, ...]]]]:
    """Opcode and operands of every instruction, by mnemonic."""
    found: dict[str, list[tuple[bytes, tuple[str, ...]]]] = {}
    for code, template in table().items():
        mnemonic, operands = split(template)
        found.setdefault(mnemonic, []).append((code, operands))
    return found


def placeholder(operand: str) -> str | None:
    """Which kind of following bytes an operand stands for; None if it is a register, a condition or a number."""
    return next((kind for kind in OPERAND_BYTES if kind in operand), None)


def disassemble(code: bytes, address: int = 0) -> tuple[str, int]:
    """The instruction at the start of `code`, as text that assembles to the same bytes, and its length in bytes.

    Args:
        code: at least as many bytes as the instruction has.
        address: where the instruction stands, for the target of a relative jump.

    Raises:
        ValueError: the opcode does not exist.
    """
    opcode = code[:2] if code[0] == PREFIX else code[:1]
    if opcode not in table():
        raise ValueError(f"The opcode {opcode.hex().upper()} does not exist on the SM83.")
    template = table()[opcode]
    kind = placeholder(template)
    if kind is None:
        return template, len(opcode)
    end = len(opcode) + OPERAND_BYTES[kind]
    raw = code[len(opcode) : end]
    value = int.from_bytes(raw, "little", signed=kind in ("R8", "S8"))
    if kind == "R8":
        value = (address + end + value) & 0xFFFF
    if kind == "H8":
        value |= 0xFF00
    text = f"{value}" if kind == "S8" else f"${value:X}"
    return template.replace(f"+{kind}", f"{value:+d}").replace(kind, text), end
