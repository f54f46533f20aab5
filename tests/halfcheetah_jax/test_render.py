"""The drawn body is where MuJoCo has it."""

from __future__ import annotations

import numpy as np
import pytest

pytest.importorskip("mujoco", reason="mujoco is not installed (extra `oracles`)")

from benchmarks.oracles.mujoco import GEOMS, model
from halfcheetah_jax import render

pytestmark = pytest.mark.oracle

AXIS_ERROR = 1e-12  # m; the compiled model's axes are rounded at 1e-16


def test_drawn_capsules_lie_where_mujoco_has_them():
    import mujoco

    compiled = model()
    data = mujoco.MjData(compiled)
    data.qpos[:] = np.random.default_rng(0).uniform(-1, 1, 9)
    mujoco.mj_kinematics(compiled, data)
    ends = render.ends(data.qpos)
    for index, name in enumerate(GEOMS):
        geom = compiled.geom(name).id
        axis = data.geom_xmat[geom].reshape(3, 3)[:, 2] * compiled.geom_size[geom, 1]
        for end, sign in enumerate((1, -1)):
            expected = (data.geom_xpos[geom] + sign * axis)[[0, 2]]
            np.testing.assert_allclose(ends[index, end], expected, rtol=0, atol=AXIS_ERROR)


def test_frame_shows_the_body_and_follows_it():
    qpos = np.zeros(9)
    frame = render.draw(qpos)
    assert frame.shape == (render.HEIGHT, render.WIDTH, 3) and frame.dtype == np.uint8
    torso = np.array(render.DRAWN[-1][1])
    drawn = (frame == torso).all(-1)
    assert 0.3 < np.nonzero(drawn)[1].mean() / render.WIDTH < 0.7
    far = render.draw(qpos + np.eye(9)[0] * 2 * render.TILE * 1000)
    np.testing.assert_array_equal(frame, far)
    assert not (render.draw(qpos * np.nan) == torso).all(-1).any()
