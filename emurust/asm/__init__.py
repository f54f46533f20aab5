"""A small SM83 assembler and the project's own cartridges, in source."""

from __future__ import annotations

from emurust.asm.assembler import Program, assemble, assemble_file
from emurust.asm.expressions import AssemblyError

__all__ = ["AssemblyError", "Program", "assemble", "assemble_file"]
