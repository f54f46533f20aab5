"""What float32 would lose in the depth of a contact is kept."""

from __future__ import annotations

import jax
import jax.numpy as jnp
import numpy as np
import pytest

from halfcheetah_jax import depth, kinematics, model
from halfcheetah_jax.rounding import coarse, compensated_sum
from halfcheetah_jax.trigonometry import LARGEST_ANGLE, cos_sin

# A value alone is rounded by up to 3e-8; the pair loses the rounding of its small parts, which grows a little with the
# number of quarter turns.
PAIR = 3e-8
# Half of what float32 leaves of a height of 0.5 m, 3e-8; the steps of plain sums add up to several times that.
DEPTH = 1.5e-8  # m


@pytest.mark.parametrize("largest", [0.75, 20.0])
def test_cosine_and_sine_keep_what_rounding_takes(largest):
    rng = np.random.default_rng(0)
    angle = rng.uniform(-largest, largest, 20_000).astype(np.float32)
    rest = (rng.uniform(-1, 1, angle.shape) * np.spacing(angle) / 2).astype(np.float32)
    value, left = (np.asarray(part, np.float64) for part in jax.jit(cos_sin)(angle, rest))
    exact = angle.astype(np.float64) + rest
    expected = np.stack([np.cos(exact), np.sin(exact)])
    error = np.abs(value + left - expected).max()
    assert error < PAIR
    assert np.abs(value - expected).max() > 1.5 * error, "the rest takes part"


def test_angles_without_meaning_stay_bounded_and_nan_stays():
    angle = jnp.array([1e30, -np.inf, np.nan, 1.01 * LARGEST_ANGLE, 0.99 * LARGEST_ANGLE], jnp.float32)
    value, rest = jax.jit(cos_sin)(angle, jnp.zeros_like(angle))
    finite = np.array([True, True, False, True, True])
    assert (np.isfinite(value) == finite).all() and (np.isfinite(rest) == finite).all()
    assert (np.abs(np.asarray(value)[:, finite]) <= 1).all()
    assert np.abs(np.asarray(value)[:, 4] - [np.cos(float(angle[4])), np.sin(float(angle[4]))]).max() < 1e-6


def test_compensated_sum_is_exact():
    rng = np.random.default_rng(1)
    a, b = (rng.uniform(-1, 1, 1000).astype(np.float32) * 10.0 ** rng.integers(-5, 5) for _ in range(2))
    total, rest = (np.asarray(part, np.float64) for part in compensated_sum(a.astype(np.float32), b.astype(np.float32)))
    exact = a.astype(np.float32).astype(np.float64) + b.astype(np.float32)
    np.testing.assert_array_equal(total + rest, exact)
    assert (rest != 0).any()


def test_coarse_part_leaves_a_small_exact_rest():
    number = np.random.default_rng(2).uniform(-2, 2, 1000).astype(np.float32)
    rough = np.asarray(jax.jit(coarse, static_argnums=1)(number, 11), np.float64)
    np.testing.assert_array_equal(rough * 2**11, np.round(number.astype(np.float64) * 2**11))
    assert np.abs(number - rough).max() <= 2.0**-12


def test_depth_of_a_contact_is_right_to_a_few_nanometres():
    rng = np.random.default_rng(3)
    bodies = 2000
    pitch = rng.uniform(-3, 3, bodies).astype(np.float32)
    hinges = tuple(rng.uniform(-1, 1, (2, bodies)).astype(np.float32) for _ in range(3))
    root_z = rng.uniform(-0.4, 0.3, bodies).astype(np.float32)
    constants = model.constants("float32")

    @jax.jit
    def depths(pitch, root_z, hinges):
        nothing = jax.tree.map(jnp.zeros_like, (pitch, hinges))
        posed = kinematics.pose(
            kinematics.turns(pitch, nothing[0], hinges, nothing[1]), root_z, jnp.zeros_like(root_z), constants
        )
        return depth.depths(posed)

    error = np.abs(np.asarray(depths(pitch, root_z, hinges), np.float64) - _exact_depths(pitch, root_z, hinges))
    near = np.abs(_exact_depths(pitch, root_z, hinges)) < 0.05
    assert near.sum() > 1000
    assert error[near].max() < DEPTH


def _exact_depths(pitch, root_z, hinges):
    """Heights of the capsules' ends by their definition, link by link in float64: (8, 2, N)."""
    angles = np.empty((7, len(pitch)))
    heights = np.empty((7, len(pitch)))
    joints = np.stack(hinges, axis=1).reshape(6, -1).astype(np.float64)
    angles[0], heights[0] = pitch, model.TORSO_HEIGHT + root_z.astype(np.float64)
    for link in range(1, 7):
        parent = model.PARENT[link]
        angles[link] = angles[parent] + joints[link - 1]
        heights[link] = heights[parent] + _turned_z(angles[parent], model.OFFSET[link])
    geoms = np.array(model.GEOM_LINK)
    ends = model.end_points()
    links = model.per_point(geoms)
    return heights[links] + _turned_z(angles[links], ends[..., None, :]) - model.RADIUS


def _turned_z(angle, vector):
    return np.cos(angle) * vector[..., 1] - np.sin(angle) * vector[..., 0]
