"""Drawing a game of Pong in the original's look: ports the layout and colours of `c_render` of pong.h.

DIFFERS: the ball is a disc with an eye of our own, since the original's picture of it is not ours to copy.
(tests/pong_jax/test_render.py::test_ball_is_drawn_where_the_state_says)
"""

from __future__ import annotations

import numpy as np

from pong_jax.state import EnvParams, EnvState

BACKGROUND = (6, 24, 24)
LEFT_PADDLE = (255, 0, 0)
RIGHT_PADDLE = (0, 255, 255)
SCORE = (0, 187, 187)
BALL = (255, 255, 255)
PAD_IN_PADDLE_WIDTHS = 3
SCORE_TOP, SCORE_DISTANCE, DIGIT_SCALE = 10, 50, 6
DIGITS = (
    "111101101101111",
    "010110010010111",
    "111001111100111",
    "111001111001111",
    "101101111001001",
    "111100111001111",
    "111100111101111",
    "111001001001001",
    "111101111101111",
    "111101111001111",
)
DIGIT_ROWS, DIGIT_COLUMNS = 5, 3


def draw(state: EnvState, params: EnvParams) -> np.ndarray:
    """The field with a pad of three paddle widths at both sides: uint8 (height, width + 6 paddle widths, 3).

    Args:
        state: one concrete state.
        params: the constants, concrete.
    """
    width, height = round(float(params.width)), round(float(params.height))
    paddle_width, paddle_height = round(float(params.paddle_width)), round(float(params.paddle_height))
    pad = PAD_IN_PADDLE_WIDTHS * paddle_width
    frame = np.empty((height, width + 2 * pad, 3), np.uint8)
    frame[:] = BACKGROUND
    for x, y, colour in (
        (pad - paddle_width, state.paddle_yl, LEFT_PADDLE),
        (width + pad, state.paddle_yr, RIGHT_PADDLE),
    ):
        top = height - round(float(y)) - paddle_height
        frame[max(top, 0) : max(top + paddle_height, 0), x : x + paddle_width] = colour
    _draw_ball(frame, state, params, pad)
    for score, sign in ((state.score_l, -1), (state.score_r, 1)):
        _draw_number(frame, int(score), width // 2 + pad + sign * SCORE_DISTANCE)
    return frame


def _draw_ball(frame: np.ndarray, state: EnvState, params: EnvParams, pad: int) -> None:
    height = round(float(params.height))
    ball_width, ball_height = float(params.ball_width), float(params.ball_height)
    left = pad + float(state.ball_x)
    top = height - float(state.ball_y) - ball_height
    rows, columns = np.mgrid[: frame.shape[0], : frame.shape[1]]
    across = (columns + 0.5 - left) / ball_width * 2 - 1
    down = (rows + 0.5 - top) / ball_height * 2 - 1
    facing = 1 if float(state.ball_vx) > 0 else -1
    eye = (across - 0.45 * facing) ** 2 + (down + 0.3) ** 2 < 0.03
    frame[(across**2 + down**2 < 1) & ~eye] = BALL


def _draw_number(frame: np.ndarray, number: int, centre: int) -> None:
    step = (DIGIT_COLUMNS + 1) * DIGIT_SCALE
    text = str(number)
    left = centre - (len(text) * step - DIGIT_SCALE) // 2
    for position, digit in enumerate(text):
        cells = np.array([cell == "1" for cell in DIGITS[int(digit)]]).reshape(DIGIT_ROWS, DIGIT_COLUMNS)
        mask = np.kron(cells, np.ones((DIGIT_SCALE, DIGIT_SCALE), bool)).astype(bool)
        x = left + position * step
        part = frame[SCORE_TOP : SCORE_TOP + mask.shape[0], max(x, 0) : x + mask.shape[1]]
        part[mask[: part.shape[0], : part.shape[1]]] = SCORE
