"""The Game Boy in Rust. So far this is the CPU's register file, on which the emulator will stand.

The compiled half is optional at installation: without it this package alone cannot be imported.
"""

from __future__ import annotations

try:
    from emurust._emurust import Registers
except ModuleNotFoundError as error:
    if error.name != "emurust._emurust":
        raise
    raise ImportError(
        "emurust needs its compiled part, which this installation lacks: install cargo 1.83 or newer "
        "(https://rustup.rs) and run `REQUIRE_EMURUST=1 python -m pip install --force-reinstall --no-deps .` in the "
        "source folder of TwinEnvs."
    ) from None

__all__ = ["Registers"]
