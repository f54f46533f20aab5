"""A two-pass assembler for the SM83.

    ; comment                     label:  .local:        name equ 3
    org $150                      bank 2                 header "TITLE", kind, ram_size
    db 1, "text", low(label)      dw label               ds count, fill
    px "..##1122"                 rept 5 ... endr        include "file.asm"
    ld a, [hl+]                   ldh [$FF40], a         jr nz, .loop

Pixels of `px` are `.`, `1`, `2` and `#` (or `3`), eight a row: one row of a tile, two bytes. `bank`
starts a switchable bank at 4000.
"""

from __future__ import annotations

import dataclasses
import pathlib
import re
from collections.abc import Callable, Iterator

from emurust.asm import header as headers
from emurust.asm import opcodes
from emurust.asm.expressions import AssemblyError, UnknownSymbolError, evaluate

LABEL = re.compile(r"(\.?[A-Za-z_]\w*):\s*(.*)", re.DOTALL)
EQUATE = re.compile(r"([A-Za-z_]\w*)\s+equ\s+(.+)", re.IGNORECASE)
PIXELS = {".": 0, "1": 1, "2": 2, "#": 3, "3": 3}
LONGEST_REPEAT = 0x8000
DEEPEST_INCLUDE = 8


@dataclasses.dataclass(frozen=True)
class Line:
    """One line of a source, with its place for messages."""

    text: str
    place: str


@dataclasses.dataclass(frozen=True)
class Program:
    """An assembled cartridge.

    Attributes:
        rom: the image, a power of two of at least 32 KiB, bytes.
        symbols: values by name, local labels as "global.local".
    """

    rom: bytes
    symbols: dict[str, int]


def assemble(source: str, name: str = "source", folder: pathlib.Path | None = None) -> Program:
    """Assembles a source.

    Args:
        source: its text.
        name: how messages call it.
        folder: where `include` looks.

    Raises:
        AssemblyError: the source is wrong; the message names place and reason.
    """
    lines = list(_expand(source, name, folder, 0))
    first = _Pass(lines, {}, is_last=False)
    first.run()
    last = _Pass(lines, first.symbols, is_last=True)
    last.run()
    return Program(bytes(last.image()), last.symbols)


def assemble_file(path: pathlib.Path) -> Program:
    """Assembles a file; `include` looks beside it."""
    return assemble(path.read_text(encoding="utf-8"), path.name, path.parent)


def _expand(source: str, name: str, folder: pathlib.Path | None, depth: int) -> Iterator[Line]:
    """All lines with includes and repetitions written out."""
    if depth > DEEPEST_INCLUDE:
        raise AssemblyError(f"{name}: files include each other more than {DEEPEST_INCLUDE} deep")
    repeat: tuple[int, list[Line], str] | None = None
    for number, raw in enumerate(source.splitlines(), start=1):
        line = Line(_without_comment(raw).strip(), f"{name}:{number}")
        word, _, rest = line.text.partition(" ")
        if word == "rept":
            if repeat is not None:
                raise AssemblyError(f"{line.place}: rept inside rept is not allowed")
            try:
                count = evaluate(rest, {}, 0, "")
            except AssemblyError as error:
                raise AssemblyError(f"{line.place}: {error}") from None
            if not 0 <= count <= LONGEST_REPEAT:
                raise AssemblyError(f"{line.place}: rept takes 0 to {LONGEST_REPEAT}, got {count}")
            repeat = (count, [], line.place)
        elif word == "endr":
            if repeat is None:
                raise AssemblyError(f"{line.place}: endr without rept")
            count, body, _ = repeat
            repeat = None
            for _ in range(count):
                yield from body
        elif word == "include":
            path = None if folder is None else folder / rest.strip().strip('"')
            if path is None or not path.is_file():
                raise AssemblyError(f"{line.place}: there is no file {rest.strip()} to include")
            yield from _expand(path.read_text(encoding="utf-8"), path.name, folder, depth + 1)
        elif line.text:
            if repeat is None:
                yield line
            else:
                repeat[1].append(line)
    if repeat is not None:
        raise AssemblyError(f"{repeat[2]}: rept without endr")


def _without_comment(text: str) -> str:
    quote = ""
    for i, character in enumerate(text):
        if quote:
            quote = "" if character == quote else quote
        elif character in "\"'":
            quote = character
        elif character == ";":
            return text[:i]
    return text


def _arguments(text: str) -> list[str]:
    """Splits at commas outside quotes and brackets."""
    parts, depth, quote = [""], 0, ""
    for character in text:
        if quote:
            quote = "" if character == quote else quote
        elif character in "\"'":
            quote = character
        elif character in "([":
            depth += 1
        elif character in ")]":
            depth -= 1
        elif character == "," and depth == 0:
            parts.append("")
            continue
        parts[-1] += character
    return [part.strip() for part in parts] if text.strip() else []


def _is_text(argument: str) -> bool:
    return len(argument) >= 2 and argument[0] == argument[-1] == '"'


class _Pass:
    """One run over all lines: the first collects the symbols, the last emits the bytes."""

    def __init__(self, lines: list[Line], known: dict[str, int], is_last: bool) -> None:
        self.lines, self.known, self.is_last = lines, known, is_last
        self.symbols: dict[str, int] = {}
        self.cells: dict[int, int] = {}
        self.bank = self.address = 0
        self.scope = ""
        self.header: headers.Header | None = None
        self.directives: dict[str, Callable[[list[str]], None]] = {
            "db": self._db, "dw": self._dw, "ds": self._ds, "org": self._org, "bank": self._bank, "px": self._px,
            "header": self._header,
        }  # fmt: skip

    def run(self) -> None:
        for line in self.lines:
            try:
                self._line(line.text)
            except AssemblyError as error:
                raise AssemblyError(f"{line.place}: {error}: {line.text}") from None

    def image(self) -> bytearray:
        """The image, with its header where the source asks for one."""
        image = bytearray(headers.padded_size(max(self.cells, default=0) + 1))
        for offset, value in self.cells.items():
            image[offset] = value
        if self.header is not None:
            headers.write(image, self.header)
        return image

    def _line(self, text: str) -> None:
        label = LABEL.fullmatch(text)
        if label:
            self._define(label[1], self.address, is_label=True)
            text = label[2]
        if not text:
            return
        equate = EQUATE.fullmatch(text)
        if equate:
            self._define(equate[1], self._now(equate[2]), is_label=False)
            return
        word, _, rest = text.partition(" ")
        arguments = _arguments(rest)
        if word.lower() in self.directives:
            self.directives[word.lower()](arguments)
        else:
            self._instruction(word.lower(), arguments)

    def _define(self, name: str, value: int, is_label: bool) -> None:
        if name.lower() in opcodes.RESERVED:
            raise AssemblyError(f"{name!r} is a register or a condition and cannot be a symbol")
        if name.startswith("."):
            name = f"{self.scope}{name}"
        elif is_label:
            self.scope = name
        if name in self.symbols:
            raise AssemblyError(f"the symbol {name!r} is defined twice")
        self.symbols[name] = value

    def _now(self, text: str) -> int:
        """A value that both passes must know already."""
        return evaluate(text, self.symbols, self.address, self.scope)

    def _later(self, text: str) -> int:
        """A value that the last pass knows; 0 before."""
        try:
            return evaluate(text, self.known | self.symbols, self.address, self.scope)
        except UnknownSymbolError:
            if self.is_last:
                raise
            return 0

    def _emit(self, values: bytes) -> None:
        for value in values:
            if not 0 <= self.address < 0x8000:
                raise AssemblyError(f"the address {self.address:04X} lies outside the cartridge's 0000 .. 7FFF")
            start = (self.bank - 1) * headers.BANK_SIZE if self.bank else 0
            offset = start + self.address
            if offset in self.cells:
                raise AssemblyError(f"the byte at {self.bank:02X}:{self.address:04X} is written twice")
            self.cells[offset] = value
            self.address += 1

    def _bytes(self, value: int, size: int, what: str) -> bytes:
        limit = 1 << 8 * size
        if not -limit // 2 <= value < limit:
            raise AssemblyError(f"{what} must lie in {-limit // 2} .. {limit - 1}, got {value}")
        return (value % limit).to_bytes(size, "little")

    # Directives ---------------------------------------------------------------------------------------------------

    def _db(self, arguments: list[str]) -> None:
        for argument in arguments:
            if _is_text(argument):
                self._emit(argument[1:-1].encode("ascii"))
            else:
                self._emit(self._bytes(self._later(argument), 1, "a byte"))

    def _dw(self, arguments: list[str]) -> None:
        for argument in arguments:
            self._emit(self._bytes(self._later(argument), 2, "a word"))

    def _ds(self, arguments: list[str]) -> None:
        count = self._now(arguments[0]) if arguments else -1
        if not 0 <= count <= 0x8000:
            raise AssemblyError(f"ds takes 0 to 32768 bytes, got {count}")
        self._emit(self._bytes(self._later(arguments[1]) if len(arguments) > 1 else 0, 1, "a byte") * count)

    def _org(self, arguments: list[str]) -> None:
        self.address = self._now(arguments[0]) if len(arguments) == 1 else -1
        if not 0 <= self.address <= 0xFFFF:
            raise AssemblyError(f"org takes an address in $0000 .. $FFFF, got {self.address}")

    def _bank(self, arguments: list[str]) -> None:
        self.bank = self._now(arguments[0]) if len(arguments) == 1 else -1
        if not 0 <= self.bank < headers.LARGEST_ROM // headers.BANK_SIZE:
            raise AssemblyError(f"bank takes 0 to 511, got {self.bank}")
        self.address = headers.BANK_SIZE if self.bank else 0

    def _px(self, arguments: list[str]) -> None:
        for argument in arguments:
            row = argument.strip('"')
            if len(row) != 8 or set(row) - set(PIXELS):
                raise AssemblyError(f"px takes eight pixels of {''.join(PIXELS)}, got {argument}")
            colours = [PIXELS[pixel] for pixel in row]
            planes = [sum((colour >> plane & 1) << 7 - i for i, colour in enumerate(colours)) for plane in (0, 1)]
            self._emit(bytes(planes))

    def _header(self, arguments: list[str]) -> None:
        if not 1 <= len(arguments) <= 3 or not _is_text(arguments[0]):
            raise AssemblyError('header takes "TITLE", kind, ram_size')
        title = arguments[0][1:-1]
        if not re.fullmatch(r"[A-Z0-9 ]{1,15}", title):
            raise AssemblyError(f"a title has 1 to 15 capitals, digits and spaces, got {title!r}")
        self.header = headers.Header(title, *(self._now(argument) for argument in arguments[1:]))

    # Instructions -------------------------------------------------------------------------------------------------

    def _instruction(self, mnemonic: str, arguments: list[str]) -> None:
        forms = opcodes.by_mnemonic().get(mnemonic)
        if forms is None:
            raise AssemblyError(f"there is no instruction or directive {mnemonic!r}")
        if mnemonic in opcodes.ARITHMETIC and len(arguments) == 1:
            arguments = ["a", *arguments]
        if mnemonic == "stop" and not arguments:
            arguments = ["0"]
        for code, operands in forms:
            if len(operands) == len(arguments) and all(map(self._fits, operands, arguments)):
                self._emit(code + self._operand_bytes(code, operands, arguments))
                return
        raise AssemblyError(f"{mnemonic} does not take these operands")

    def _fits(self, operand: str, argument: str) -> bool:
        plain = re.sub(r"\s+", "", argument)
        if plain.lower() == operand:
            return True
        inner = plain.lower().strip("[]").rstrip("+-")
        kind = opcodes.placeholder(operand)
        if operand.startswith("sp+"):
            return plain.lower().startswith(("sp+", "sp-"))
        if kind is not None:
            is_pointer = plain.startswith("[") and plain.endswith("]")
            is_free = inner not in opcodes.RESERVED and not inner.startswith(("sp+", "sp-"))
            return is_free and is_pointer == operand.startswith("[")
        if operand.isdigit() and inner not in opcodes.RESERVED:
            return self._now(argument) == int(operand)
        return False

    def _operand_bytes(self, code: bytes, operands: tuple[str, ...], arguments: list[str]) -> bytes:
        for operand, argument in zip(operands, arguments, strict=True):
            kind = opcodes.placeholder(operand)
            if kind is None:
                continue
            text = argument.strip()
            if operand.startswith("["):
                text = text[1:-1]
            elif operand.startswith("sp+"):
                text = text[2:]
            value = self._later(text)
            size = opcodes.OPERAND_BYTES[kind]
            if kind == "R8":
                value -= self.address + len(code) + size
                value = value if self.is_last else 0
            if kind == "H8" and 0xFF00 <= value <= 0xFFFF:
                value -= 0xFF00
            if kind in ("R8", "S8") and not -128 <= value <= 127:
                raise AssemblyError(f"the distance must lie in -128 .. 127, got {value}")
            if kind == "H8" and not 0 <= value <= 0xFF:
                raise AssemblyError(f"ldh reaches $FF00 .. $FFFF, got {value:#x}")
            return self._bytes(value, size, "the operand")
        return b""
