"""Symmetric 9 x 9 matrices with the sparsity of the body: no entry links the two legs. Sum, product, LDL' and solve.

The elimination order foot, shin, thigh, torso, z, x makes no new entries. All products are written out element by
element, so that no backend may compute them in a lower precision.
"""

from __future__ import annotations

from typing import Any, NamedTuple

import jax

from halfcheetah_jax.kinematics import Motion


class TreeMatrix(NamedTuple):
    """The entries on and above the diagonal; `thigh_x` couples the thigh's angle and the root's x, and so on."""

    x_x: Any  # (N,) or a number
    x_z: Any
    z_z: Any
    torso_x: Any  # (N,)
    torso_z: Any
    torso_torso: Any
    thigh_x: Any  # (2, N) from here on
    thigh_z: Any
    thigh_torso: Any
    thigh_thigh: Any
    shin_x: Any
    shin_z: Any
    shin_torso: Any
    shin_thigh: Any
    shin_shin: Any
    foot_x: Any
    foot_z: Any
    foot_torso: Any
    foot_thigh: Any
    foot_shin: Any
    foot_foot: Any

    def __matmul__(self, motion: Motion) -> Motion:
        """The product with a vector."""
        return _product(self, motion)


@jax.jit  # Compiled apart, since each of its values enters many formulas of `solve`.
def _product(m: TreeMatrix, motion: Motion) -> Motion:
    x, z, torso, thigh, shin, foot = motion
    return Motion(
        m.x_x * x + m.x_z * z + m.torso_x * torso
        + _legs(m.thigh_x * thigh + m.shin_x * shin + m.foot_x * foot),
        m.x_z * x + m.z_z * z + m.torso_z * torso
        + _legs(m.thigh_z * thigh + m.shin_z * shin + m.foot_z * foot),
        m.torso_x * x + m.torso_z * z + m.torso_torso * torso
        + _legs(m.thigh_torso * thigh + m.shin_torso * shin + m.foot_torso * foot),
        m.thigh_x * x + m.thigh_z * z + m.thigh_torso * torso
        + m.thigh_thigh * thigh + m.shin_thigh * shin + m.foot_thigh * foot,
        m.shin_x * x + m.shin_z * z + m.shin_torso * torso
        + m.shin_thigh * thigh + m.shin_shin * shin + m.foot_shin * foot,
        m.foot_x * x + m.foot_z * z + m.foot_torso * torso
        + m.foot_thigh * thigh + m.foot_shin * shin + m.foot_foot * foot,
    )  # fmt: skip


def solve(matrix: TreeMatrix, right: Motion) -> Motion:
    """The solution of matrix @ solution = right, for a positive definite matrix."""
    m = matrix
    # The foot: its row divided by the pivot, then the rest of the leg without it.
    inverse_foot = 1 / m.foot_foot
    fs, ft = m.foot_shin * inverse_foot, m.foot_thigh * inverse_foot
    f0, fz, fx = m.foot_torso * inverse_foot, m.foot_z * inverse_foot, m.foot_x * inverse_foot
    shin_shin = m.shin_shin - fs * m.foot_shin
    shin_thigh = m.shin_thigh - fs * m.foot_thigh
    shin_torso = m.shin_torso - fs * m.foot_torso
    shin_z = m.shin_z - fs * m.foot_z
    shin_x = m.shin_x - fs * m.foot_x
    shin = right.shin - fs * right.foot

    inverse_shin = 1 / shin_shin
    st, s0 = shin_thigh * inverse_shin, shin_torso * inverse_shin
    sz, sx = shin_z * inverse_shin, shin_x * inverse_shin
    thigh_thigh = m.thigh_thigh - ft * m.foot_thigh - st * shin_thigh
    thigh_torso = m.thigh_torso - ft * m.foot_torso - st * shin_torso
    thigh_z = m.thigh_z - ft * m.foot_z - st * shin_z
    thigh_x = m.thigh_x - ft * m.foot_x - st * shin_x
    thigh = right.thigh - ft * right.foot - st * shin

    inverse_thigh = 1 / thigh_thigh
    t0, tz, tx = thigh_torso * inverse_thigh, thigh_z * inverse_thigh, thigh_x * inverse_thigh
    # What both legs leave to torso, z and x.
    torso_torso = m.torso_torso - _legs(f0 * m.foot_torso + s0 * shin_torso + t0 * thigh_torso)
    torso_z = m.torso_z - _legs(f0 * m.foot_z + s0 * shin_z + t0 * thigh_z)
    torso_x = m.torso_x - _legs(f0 * m.foot_x + s0 * shin_x + t0 * thigh_x)
    z_z = m.z_z - _legs(fz * m.foot_z + sz * shin_z + tz * thigh_z)
    x_z = m.x_z - _legs(fx * m.foot_z + sx * shin_z + tx * thigh_z)
    x_x = m.x_x - _legs(fx * m.foot_x + sx * shin_x + tx * thigh_x)
    torso = right.torso - _legs(f0 * right.foot + s0 * shin + t0 * thigh)
    z = right.z - _legs(fz * right.foot + sz * shin + tz * thigh)
    x = right.x - _legs(fx * right.foot + sx * shin + tx * thigh)

    inverse_torso = 1 / torso_torso
    oz, ox = torso_z * inverse_torso, torso_x * inverse_torso
    z_z = z_z - oz * torso_z
    x_z = x_z - ox * torso_z
    x_x = x_x - ox * torso_x
    z = z - oz * torso
    x = x - ox * torso
    zx = x_z / z_z
    x = (x - zx * z) / (x_x - zx * x_z)

    z = z / z_z - zx * x
    torso = torso * inverse_torso - oz * z - ox * x
    thigh = thigh * inverse_thigh - t0 * torso - tz * z - tx * x
    shin = shin * inverse_shin - st * thigh - s0 * torso - sz * z - sx * x
    foot = right.foot * inverse_foot - fs * shin - ft * thigh - f0 * torso - fz * z - fx * x
    return Motion(x, z, torso, thigh, shin, foot)


def _legs(per_leg: Any) -> Any:
    """The sum over both legs: (2, N) to (N,)."""
    return per_leg[0] + per_leg[1]
