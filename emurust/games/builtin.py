"""The declarations of our own cartridges, and the one that fits any."""

from __future__ import annotations

from emurust.games.spec import GENERIC, Condition, GameSpec, Number, Term

# The addresses are those at the head of asm/roms/hedgerow.asm; a test compares them with its symbols.
HEDGEROW = GameSpec(
    name="hedgerow",
    actions=((), ("up",), ("down",), ("left",), ("right",)),
    rewards=(Term(0xC004, bytes=2),),
    done=(Condition(0xC001, op="==", to=1),),
    score=Number(0xC004, bytes=2),
    features=((0xC010, 16), (0xC002, 1)),
    ready=Condition(0xC000, op="==", to=1),
    seed=0xC006,
    frame_skip=4,
    max_steps=1024,
)

WORKLOAD = GameSpec(
    name="workload",
    rewards=(Term(0xC004, bytes=2),),
    score=Number(0xC004, bytes=2),
    features=((0xC000, 32),),
    ready=Condition(0xC000, op="==", to=1),
    seed=0xC006,
)

BUILTIN = {spec.name: spec for spec in (HEDGEROW, WORKLOAD, GENERIC)}
