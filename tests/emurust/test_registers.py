"""The compiled extension, seen from Python."""

from __future__ import annotations

import pytest

emurust = pytest.importorskip(
    "emurust",
    reason="emurust is not compiled here: install cargo 1.83 or newer and run `make setup`",
    exc_type=ImportError,
)


def test_boot_state_is_the_documented_one() -> None:
    registers = emurust.Registers.after_boot(header_checksum=0x5A)
    assert (registers.af, registers.bc, registers.de, registers.hl) == (0x01B0, 0x0013, 0x00D8, 0x014D)
    assert (registers.sp, registers.pc) == (0xFFFE, 0x0100)
    assert emurust.Registers.after_boot(0).f == 0x80


def test_each_property_writes_the_register_it_names() -> None:
    registers = emurust.Registers.after_boot(0)
    names = "abcdehl"
    for value, name in enumerate(names, start=1):
        setattr(registers, name, value)
    registers.f = 0x50
    registers.sp, registers.pc = 0xFFFF, 0x1234
    assert [getattr(registers, name) for name in names] == [1, 2, 3, 4, 5, 6, 7]
    assert (registers.af, registers.bc, registers.de, registers.hl) == (0x0150, 0x0203, 0x0405, 0x0607)
    assert (registers.sp, registers.pc) == (0xFFFF, 0x1234)
    for name, value in (("af", 0x1230), ("bc", 0x4567), ("de", 0x89AB), ("hl", 0xCDEF)):
        setattr(registers, name, value)
        assert getattr(registers, name) == value


def test_low_nibble_of_f_is_dropped() -> None:
    registers = emurust.Registers.after_boot(0)
    registers.af = 0xFFFF
    assert (registers.a, registers.f, registers.af) == (0xFF, 0xF0, 0xFFF0)


@pytest.mark.parametrize(
    ("name", "value"), [("a", 256), ("f", -1), ("hl", 0x10000), ("sp", 1.0), ("pc", "100"), ("b", 10**30)]
)
def test_a_value_that_does_not_fit_is_named(name: str, value: object) -> None:
    registers = emurust.Registers.after_boot(0)
    with pytest.raises(ValueError, match=rf"^{name} holds an integer from 0 to (255|65535), got {value!r}\.$"):
        setattr(registers, name, value)
    with pytest.raises(ValueError, match=r"^header_checksum holds an integer from 0 to 255, got 256\.$"):
        emurust.Registers.after_boot(256)


def test_registers_compare_by_value() -> None:
    registers = emurust.Registers.after_boot(1)
    assert registers == emurust.Registers.after_boot(2)
    registers.l = 0
    assert registers != emurust.Registers.after_boot(2)
