"""A board as pixels: one box a Pokemon, coloured by its type, with its remaining HP as a bar and points as squares."""

from __future__ import annotations

from typing import Any

import numpy as np

from tcgjax.data.table import load_table

BOX, GAP, BAR = 48, 8, 6
BACKGROUND, EMPTY, LIFE, LOST, POINT = (24, 28, 32), (44, 50, 56), (96, 208, 96), (96, 32, 32), (240, 200, 64)
TYPE_COLOURS = (
    (96, 176, 80), (224, 88, 56), (72, 144, 224), (240, 200, 56), (168, 96, 200), (184, 104, 56), (72, 72, 88),
    (152, 160, 168),    (192, 160, 48), (208, 204, 196),
)  # fmt: skip


def draw(state: Any) -> np.ndarray:
    """Player 1 above, player 0 below, Actives in the middle: uint8 (height, width, 3)."""
    step = BOX + GAP
    frame = np.empty((4 * step + GAP, 3 * step + GAP, 3), np.uint8)
    frame[:] = BACKGROUND
    cards = load_table().cards
    for side in (0, 1):
        rows = (2, 3) if side == 0 else (1, 0)
        for slot in range(4):
            row, column = (rows[0], 1) if slot == 0 else (rows[1], slot - 1)
            top, left = GAP + row * step, GAP + column * step
            card = cards[int(state.slot_card[side][slot])]
            box = frame[top : top + BOX, left : left + BOX]
            box[:] = EMPTY if card is None else TYPE_COLOURS[card.type]
            if card is not None:
                remaining = max(card.hp - int(state.damage[side][slot]), 0)
                box[BOX - BAR :] = LOST
                box[BOX - BAR :, : BOX * remaining // card.hp] = LIFE
                for unit in range(min(int(np.sum(state.energy[side][slot])), 8)):
                    box[2:6, 2 + 5 * unit : 6 + 5 * unit] = POINT
        top = GAP + rows[0] * step
        for point in range(int(state.points[side])):
            frame[top + 14 * point : top + 14 * point + 10, GAP : GAP + 10] = POINT
    return frame
