"""The assembler: every opcode, expressions, directives, the header, its messages, and the recorded cartridges."""

from __future__ import annotations

import hashlib
import json

import pytest

from emurust.asm import AssemblyError, assemble, header, library, opcodes

ORIGIN = 0x200
EXISTING_OPCODES = 500  # 256 less the prefix and eleven holes, and 256 behind the prefix
# Encodings as the tables of Pan Docs print them, a few from each group, so that the table is not only held to itself.
KNOWN = {
    "nop": "00", "ld bc,$1234": "013412", "ld [bc],a": "02", "rlca": "07", "ld [$C000],sp": "0800C0", "stop": "1000",
    "jr @+2": "1800", "ld [hl+],a": "22", "daa": "27", "ld a,[hl-]": "3A", "scf": "37", "ld b,[hl]": "46",
    "ld [hl],l": "75", "halt": "76", "ld a,a": "7F", "add a,b": "80", "adc a,[hl]": "8E", "sub c": "91",
    "sbc a,d": "9A", "and e": "A3", "xor a": "AF", "or [hl]": "B6",
    "cp $90": "FE90", "ret nz": "C0", "pop af": "F1", "push de": "D5",
    "jp $0150": "C35001", "jp hl": "E9", "call c,$4000": "DC0040", "rst $38": "FF", "reti": "D9",
    "ldh [$FF44],a": "E044",
    "ldh a,[$44]": "F044", "ldh [c],a": "E2", "add sp,-2": "E8FE", "ld hl,sp+5": "F805", "ld hl,sp-1": "F8FF",
    "ld sp,hl": "F9", "ld a,[$FFFF]": "FAFFFF", "di": "F3", "ei": "FB", "rlc b": "CB00", "swap a": "CB37",
    "bit 7,[hl]": "CB7E", "res 0,b": "CB80", "set 7,a": "CBFF", "srl h": "CB3C",
}  # fmt: skip


def code_of(text: str, count: int) -> bytes:
    return assemble(f"org ${ORIGIN:X}\n{text}").rom[ORIGIN : ORIGIN + count]


def test_the_table_holds_every_opcode_once():
    assert len(opcodes.table()) == EXISTING_OPCODES == len(set(opcodes.table().values()))


@pytest.mark.parametrize("operand", [(0x12, 0x34), (0xFE, 0xFF)], ids=["positive", "negative"])
def test_every_opcode_survives_disassembling_and_assembling(operand):
    for code, template in opcodes.table().items():
        kind = opcodes.placeholder(template)
        whole = code + bytes(operand)[: opcodes.OPERAND_BYTES[kind] if kind else 0]
        text, length = opcodes.disassemble(whole, ORIGIN)
        assert length == len(whole)
        assert code_of(text, length) == whole, text


@pytest.mark.parametrize("text", KNOWN)
def test_an_instruction_has_the_documented_bytes(text):
    expected = bytes.fromhex(KNOWN[text])
    assert code_of(text, len(expected)) == expected


@pytest.mark.parametrize("code", [0xD3, 0xDB, 0xDD, 0xE3, 0xE4, 0xEB, 0xEC, 0xED, 0xF4, 0xFC, 0xFD])
def test_an_opcode_that_does_not_exist_is_refused(code):
    with pytest.raises(ValueError, match=f"{code:02X} does not exist"):
        opcodes.disassemble(bytes([code, 0, 0]))


@pytest.mark.parametrize(
    ("expression", "value"),
    [
        ("$1F", 0x1F), ("%1010", 10), ("'A'", 65), ("2 + 3 * 4", 14), ("(2 + 3) * 4", 20), ("7 / 2", 3), ("-1", 255),
        ("low($1234)", 0x34), ("high($1234)", 0x12), ("1 << 3 | 1", 9), ("~0 & $F", 15), ("later - here", 2),
    ],
)  # fmt: skip
def test_an_expression_has_its_value(expression, value):
    assert assemble(f"org 0\nhere:\n  db {expression}\n  db 0\nlater:").rom[0] == value


def test_local_labels_belong_to_the_label_above():
    program = assemble("org 0\none:\n.a:\n  jr .a\ntwo:\n.a:\n  jr .a\n  dw one.a, two.a")
    assert program.rom[:8] == bytes.fromhex("18FE18FE00000200")
    assert program.symbols == {"one": 0, "one.a": 0, "two": 2, "two.a": 2}


def test_directives_write_their_bytes():
    source = 'x equ 3\norg 0\n  db "Hi", x ; a "comment"; on\n  ds 2, $FF\n  px "#..12..."\nrept 2\n  nop\nendr'
    assert assemble(source).rom[:9] == b"Hi\x03\xff\xff\x90\x88\0\0"


def test_banks_stand_behind_each_other_at_4000():
    program = assemble("org 0\n  db 1\nbank 1\nhere:\n  db 2\nbank 3\n  db 3")
    assert len(program.rom) == 4 * header.BANK_SIZE
    assert [program.rom[bank * header.BANK_SIZE] for bank in range(4)] == [1, 2, 0, 3]
    assert program.symbols["here"] == 0x4000


def test_header_checksums_are_those_of_the_documentation():
    rom = assemble('header "TEST 1", $03, $02').rom
    assert rom[0x134:0x143] == b"TEST 1".ljust(15, b"\0") and rom[0x147] == 3 and rom[0x148] == 0 and rom[0x149] == 2
    checksum = 0
    for value in rom[0x134:0x14D]:
        checksum = checksum - value - 1 & 0xFF
    assert rom[0x14D] == checksum
    assert int.from_bytes(rom[0x14E:0x150], "big") == sum(rom[:0x14E] + rom[0x150:]) & 0xFFFF
    assert not any(rom[0x104:0x134]), "the logo area stays blank"


@pytest.mark.parametrize(
    ("source", "words"),
    [
        ("frob a", r"source:1: there is no instruction or directive 'frob'"),
        ("nop\n ld bc,de", "source:2: ld does not take these operands"),
        ("ld a,missing", "the symbol 'missing' is not defined"),
        ("db 256", "a byte must lie in -128 .. 255, got 256"),
        ("x:\nx:", "the symbol 'x' is defined twice"),
        ("hl:", "'hl' is a register"),
        ("ds 200\njr 0", "the distance must lie in -128 .. 127"),
        ("ldh a,[$C000]", r"ldh reaches \$FF00 .. \$FFFF"),
        ("org $8000\nnop", "lies outside the cartridge"),
        ("nop\norg 0\nnop", "written twice"),
        ("rept 2\nnop", "rept without endr"),
        ("db 1 +", "is no expression"),
        ("db 1 / 0", "divides by zero"),
        ('px "12"', "px takes eight pixels"),
        ('header "lower"', "a title has 1 to 15 capitals"),
        ('include "none.asm"', "there is no file"),
        ("db __import__('os')", "is no expression"),
    ],
)
def test_a_wrong_source_is_named_with_its_line(source, words):
    with pytest.raises(AssemblyError, match=words):
        assemble(source)


def test_a_file_that_includes_itself_is_refused(tmp_path):
    (tmp_path / "a.asm").write_text('include "a.asm"')
    with pytest.raises(AssemblyError, match="include each other"):
        assemble('include "a.asm"', folder=tmp_path)


@pytest.mark.parametrize("name", library.names())
def test_a_cartridge_of_our_own_has_the_recorded_hash(name):
    recorded = json.loads((library.FOLDER / "sha256.json").read_text())
    assert set(recorded) == set(library.names()), "run `python -m emurust assemble --record`"
    assert hashlib.sha256(library.program(name).rom).hexdigest() == recorded[name], "`assemble --record` after a change"


def test_a_cartridge_is_assembled_once_and_mended_when_damaged(tmp_path, monkeypatch):
    monkeypatch.setenv("TWINENVS_CACHE", str(tmp_path))
    library.rom.cache_clear()
    image = library.rom("workload")
    (kept,) = (tmp_path / "roms").iterdir()
    assert kept.read_bytes() == image
    kept.write_bytes(image[:-1] + b"\x01")
    library.rom.cache_clear()
    assert library.rom("workload") == image == kept.read_bytes()
    monkeypatch.setattr(library, "program", None)
    library.rom.cache_clear()
    assert library.rom("workload") == image
    library.rom.cache_clear()


def test_an_unknown_cartridge_is_named():
    with pytest.raises(ValueError, match="there is no cartridge 'tetris' of our own; there are 'hedgerow'"):
        library.rom("tetris")
