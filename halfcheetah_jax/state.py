"""State and parameters of HalfCheetah: every field once, with dtype, shape, unit and MuJoCo's name for it.

`number` is the environment's precision, float32 or float64.
"""

from __future__ import annotations

import dataclasses
import math
from typing import Any, Literal

import jax
import numpy as np
from flax import struct
from jax.core import Tracer

Precision = Literal["float32", "float64"]
NEVER = 2**31 - 1


class EnvState(struct.PyTreeNode):
    """One body. Joints are ordered rootx, rootz, rooty, then thigh, shin, foot of the back and the front leg."""

    qpos: jax.Array  # number (9,), m and rad
    qvel: jax.Array  # number (9,), m/s and rad/s
    qacc_warmstart: jax.Array  # number (9,), m/s^2 and rad/s^2, the solver's last acceleration, its next first guess
    x_residue: jax.Array  # number (), m, what qpos[0] lost to rounding; not in MuJoCo
    time: jax.Array  # int32 (), steps since the episode began


class EnvParams(struct.PyTreeNode):
    """The numbers of Gymnasium's `HalfCheetah-v5`, with its names and defaults."""

    forward_reward_weight: Any = 1.0  # per m/s
    ctrl_cost_weight: Any = 0.1  # per squared action
    reset_noise_scale: Any = 0.1  # half width of the positions' uniform noise, deviation of the velocities' normal one
    max_steps_in_episode: Any = 1000  # steps until truncation


def check_params(params: EnvParams) -> None:
    """Checks concrete parameters; traced ones pass unchecked.

    Raises:
        ValueError: one sentence with the name, the wrong value and what is allowed.
    """
    for field in dataclasses.fields(params):
        value = getattr(params, field.name)
        if isinstance(value, Tracer):
            continue
        array = np.asarray(value)
        if array.shape != () or array.dtype.kind not in "iuf" or not math.isfinite(array):
            raise ValueError(f"{field.name} must be one finite number, got {value!r}.")
        if field.name == "reset_noise_scale" and array < 0:
            raise ValueError(f"reset_noise_scale must be 0 or more, got {value}.")
        if field.name == "max_steps_in_episode" and not (1 <= array <= NEVER and float(array) == int(array)):
            raise ValueError(f"max_steps_in_episode must be a whole number between 1 and {NEVER}, got {value}.")
