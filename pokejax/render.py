"""Both teams as pixels: a box a Pokemon in the colour of its first type, with a bar of HP and a spot for its status."""

from __future__ import annotations

from typing import Any

import numpy as np

from pokejax.tables import load_tables

BOX, GAP, BAR, SPOT = 48, 8, 6, 10
BACKGROUND, LIFE, LOST = (24, 28, 32), (96, 208, 96), (96, 32, 32)
STATUS_COLOURS = (
    (0, 0, 0),
    (232, 96, 48),
    (144, 216, 232),
    (240, 208, 48),
    (176, 80, 184),
    (152, 152, 144),
    (104, 40, 136),
)
TYPE_COLOURS = (
    (60, 66, 72), (168, 184, 32), (112, 88, 72), (112, 56, 248), (248, 208, 48), (192, 48, 40), (240, 128, 48),
    (168, 144, 240), (112, 88, 152), (120, 200, 80), (224, 192, 104), (152, 216, 216), (168, 168, 120), (160, 64, 160),
    (248, 88, 136), (184, 160, 56), (184, 184, 208), (104, 144, 240),
)  # fmt: skip


def draw(state: Any) -> np.ndarray:
    """Player 1 above, player 0 below, the Pokemon on the field larger at the left: uint8 (height, width, 3)."""
    step = BOX + GAP
    frame = np.empty((4 * step + GAP, 6 * step + GAP, 3), np.uint8)
    frame[:] = BACKGROUND
    kinds = load_tables().species.column("type0")
    for side in (0, 1):
        bench, field = (3, 2) if side == 0 else (0, 1)
        for place in range(6):
            row = field if place == 0 else bench
            top, left = GAP + row * step, GAP + place * step
            box = frame[top : top + BOX, left : left + BOX]
            hp, most = int(state.hp[side][place]), max(int(state.max_hp[side][place]), 1)
            colour = np.array(TYPE_COLOURS[int(kinds[int(state.base_species[side][place])])])
            box[:] = colour if hp else colour // 4
            box[BOX - BAR :] = LOST
            box[BOX - BAR :, : BOX * hp // most] = LIFE
            status = int(state.status[side][place])
            if status:
                box[2 : 2 + SPOT, 2 : 2 + SPOT] = STATUS_COLOURS[status]
    return frame
