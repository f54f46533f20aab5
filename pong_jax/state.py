"""State and parameters of Pong: every field once, with dtype, unit and the original's name (`struct Pong`, pong.h)."""

from __future__ import annotations

import dataclasses
import math
from typing import Any, Literal

import jax
import jax.numpy as jnp
import numpy as np
from flax import struct
from jax.core import Tracer

Number = Literal["int16", "float32"]
LARGEST_INT16_CONSTANT = 8192  # Sums of two constants and a speed must stay inside int16.
NEVER = 2**31 - 1


class EnvState(struct.PyTreeNode):
    """One game of Pong; y grows upwards, positions are lower left corners.

    The first six fields have the dtype `number` of the environment: int16, exact for whole constants, or float32.
    """

    paddle_yl: jax.Array  # number (), pixels: the opponent's paddle, left
    paddle_yr: jax.Array  # number (), pixels: the agent's paddle, right
    ball_x: jax.Array  # number (), pixels
    ball_y: jax.Array  # number (), pixels
    ball_vx: jax.Array  # number (), pixels per frame
    ball_vy: jax.Array  # number (), pixels per frame
    score_l: jax.Array  # int16 (), points of the opponent
    score_r: jax.Array  # int16 (), points of the agent
    win: jax.Array  # int8 (), 1 if the agent made the last point; survives resets, as in the original
    tick: jax.Array  # int32 (), steps since the round began
    n_bounces: jax.Array  # int32 (), bounces on either paddle since the round began
    time: jax.Array  # int32 (), steps since the episode began; not in the original
    bounce_rewards: jax.Array  # int32 (), steps of this episode that paid the bounce reward; not in the original
    seed: jax.Array  # uint32 (), random stream of this game; the original has one stream for all
    draws: jax.Array  # uint32 (), numbers drawn from the stream so far, one at every start of a round


class EnvParams(struct.PyTreeNode):
    """The constants that PufferLib's `Pong` class lets one configure, with its names and defaults."""

    width: Any = 500  # pixels of the field
    height: Any = 640  # pixels of the field
    paddle_width: Any = 20  # pixels; drawn, read by no rule
    paddle_height: Any = 70  # pixels
    ball_width: Any = 32  # pixels
    ball_height: Any = 32  # pixels
    paddle_speed: Any = 8  # pixels per frame
    ball_initial_speed_x: Any = 10  # pixels per frame
    ball_initial_speed_y: Any = 1  # pixels per frame
    ball_speed_y_increment: Any = 3  # pixels per frame, added in the paddle's direction at the agent's bounce
    ball_max_speed_y: Any = 13  # pixels per frame
    max_score: Any = 21  # points that end an episode
    max_steps_in_episode: Any = NEVER  # steps until truncation; the original never truncates


CONSTANTS = tuple(f.name for f in dataclasses.fields(EnvParams) if f.name not in ("max_score", "max_steps_in_episode"))
POSITIVE = ("width", "height", "paddle_height", "ball_width", "ball_height", "ball_initial_speed_x", "ball_max_speed_y")


@dataclasses.dataclass(frozen=True)
class Field:
    """The constants in the environment's number type, and what the original derives from them in `init`."""

    width: Any
    height: Any
    paddle_height: Any
    ball_width: Any
    ball_height: Any
    paddle_speed: Any
    ball_initial_speed_x: Any
    ball_initial_speed_y: Any
    ball_speed_y_increment: Any
    ball_max_speed_y: Any
    half_paddle_height: Any
    min_paddle_y: Any
    max_paddle_y: Any
    serve_paddle_y: Any
    serve_x: Any
    serve_y: Any


def field_of(params: EnvParams, number: Number) -> Field:
    """The constants as `number` scalars: NumPy scalars where they are concrete, traced arrays where they are traced."""

    def cast(value: Any) -> Any:
        return jnp.asarray(value).astype(number) if isinstance(value, jax.Array) else np.dtype(number).type(value)

    def divided(value: Any, divisor: int) -> Any:
        return value // divisor if number == "int16" else value / np.float32(divisor)

    constants = {name: cast(getattr(params, name)) for name in CONSTANTS if name != "paddle_width"}
    width, height = constants["width"], constants["height"]
    half_paddle_height = divided(constants["paddle_height"], 2)
    return Field(
        **constants,
        half_paddle_height=half_paddle_height,
        min_paddle_y=-half_paddle_height,
        max_paddle_y=height - half_paddle_height,
        serve_paddle_y=divided(height, 2) - half_paddle_height,
        serve_x=divided(width, 5),
        serve_y=divided(height, 2) - divided(constants["ball_height"], 2),
    )


def check_params(params: EnvParams, number: Number) -> None:
    """Checks concrete parameters; traced ones pass unchecked.

    Raises:
        ValueError: one sentence with the name, the wrong value and what is allowed.
    """
    values = {f.name: getattr(params, f.name) for f in dataclasses.fields(params)}
    if any(isinstance(value, Tracer) for value in values.values()):
        return
    for name, value in values.items():
        _check_number(name, value, name in CONSTANTS and number == "float32")
    plain = {name: float(value) for name, value in values.items()}
    for name in POSITIVE:
        if plain[name] <= 0:
            raise ValueError(f"{name} must be greater than 0, got {values[name]}.")
    for name in ("max_score", "max_steps_in_episode"):
        largest = 32767 if name == "max_score" else NEVER
        if not 1 <= plain[name] <= largest:
            raise ValueError(f"{name} must lie between 1 and {largest}, got {values[name]}.")
    if number == "int16":
        _check_whole(plain)
    serve = plain["width"] / 5 + plain["ball_initial_speed_x"]
    if serve + plain["ball_width"] > plain["width"]:
        raise ValueError(
            "a serve must not reach the right edge in its first frame: width / 5 + ball_initial_speed_x + ball_width"
            f" is {serve + plain['ball_width']:g}, which must not exceed width {plain['width']:g}."
        )


def _check_number(name: str, value: Any, may_be_fraction: bool) -> None:
    array = np.asarray(value)
    if array.shape != () or array.dtype.kind not in "iuf" or not math.isfinite(array):
        raise ValueError(f"{name} must be one finite number, got {value!r}.")
    if not may_be_fraction and float(array) != int(array):
        hint = "" if name not in CONSTANTS else "; make(number='float32') allows fractions"
        raise ValueError(f"{name} must be a whole number, got {value}{hint}.")


def _check_whole(plain: dict[str, float]) -> None:
    for name in CONSTANTS:
        if abs(plain[name]) > LARGEST_INT16_CONSTANT:
            raise ValueError(
                f"{name} must lie between -{LARGEST_INT16_CONSTANT} and {LARGEST_INT16_CONSTANT}, got {plain[name]:g};"
                " make(number='float32') allows more."
            )
    for name, divisor in (("width", 5), ("height", 2), ("paddle_height", 2), ("ball_height", 2)):
        if plain[name] % divisor:
            raise ValueError(
                f"{name} must be a multiple of {divisor}, got {plain[name]:g}; make(number='float32') allows the rest."
            )
