"""Drawing a half cheetah from the side, from its joint positions alone; MuJoCo is not needed."""

from __future__ import annotations

import numpy as np

from halfcheetah_jax import model

HEIGHT, WIDTH = 320, 480
PIXELS_PER_METRE = 160.0
FLOOR_ROW = 250  # pixel row of z = 0
TILE = 0.5  # m
SKY_TOP, SKY_BOTTOM = (112, 146, 190), (214, 226, 240)
FLOOR = ((62, 70, 84), (84, 94, 110))
OUTLINE = (30, 26, 22)
# The legs far from the viewer are drawn first, the torso and the head last.
DRAWN = ((2, (122, 82, 46)), (3, (122, 82, 46)), (4, (122, 82, 46)), (5, (196, 138, 76)), (6, (196, 138, 76)),
         (7, (196, 138, 76)), (0, (222, 168, 96)), (1, (222, 168, 96)))  # fmt: skip


def ends(qpos: np.ndarray) -> np.ndarray:
    """World coordinates of the capsules' ends.

    Args:
        qpos: (9,), m and rad.

    Returns:
        float64 (8, 2, 2): capsule in the order of `model.GEOMS`, its +axis and -axis end, (x, z) in m.
    """
    qpos = np.asarray(qpos, np.float64)
    angle, origin = np.zeros(7), np.zeros((7, 2))
    angle[0], origin[0] = qpos[2], (qpos[0], model.TORSO_HEIGHT + qpos[1])
    for link in range(1, 7):
        parent = model.PARENT[link]
        angle[link] = angle[parent] + qpos[2 + link]
        origin[link] = origin[parent] + _turn(angle[parent], model.OFFSET[link])
    found = np.zeros((8, 2, 2))
    for geom, link in enumerate(model.GEOM_LINK):
        for end, sign in enumerate((1, -1)):
            local = model.GEOM_POSITION[geom] + sign * model.GEOM_HALF_LENGTH[geom] * model.GEOM_AXIS[geom]
            found[geom, end] = origin[link] + _turn(angle[link], local)
    return found


def draw(qpos: np.ndarray) -> np.ndarray:
    """The body in front of a tiled floor, the camera following its x: uint8 (320, 480, 3).

    Args:
        qpos: (9,), m and rad; where it is not finite, the empty scene is drawn.
    """
    known = bool(np.isfinite(qpos).all())
    centre = float(qpos[0]) if known else 0.0
    rows, columns = np.mgrid[:HEIGHT, :WIDTH] + 0.5
    x = centre + (columns - WIDTH / 2) / PIXELS_PER_METRE
    z = (FLOOR_ROW - rows) / PIXELS_PER_METRE
    share = (rows / FLOOR_ROW)[..., None]
    frame = np.array(SKY_TOP) * (1 - share) + np.array(SKY_BOTTOM) * share
    tile = np.floor(x / TILE).astype(np.int64) % 2
    frame = np.where((z < 0)[..., None], np.array(FLOOR)[tile], frame)
    if known:
        capsules = ends(qpos)
        for geom, colour in DRAWN:
            distance = _distance(x, z, *capsules[geom])
            frame[distance < model.RADIUS] = OUTLINE
            frame[distance < model.RADIUS - 1.5 / PIXELS_PER_METRE] = colour
    return frame.astype(np.uint8)


def _turn(angle: float, vector: np.ndarray) -> np.ndarray:
    cos, sin = np.cos(angle), np.sin(angle)
    return np.array([cos * vector[0] + sin * vector[1], cos * vector[1] - sin * vector[0]])


def _distance(x: np.ndarray, z: np.ndarray, first: np.ndarray, second: np.ndarray) -> np.ndarray:
    """Distance in m of points (x, z) from the segment between two ends."""
    along = second - first
    share = np.clip(((x - first[0]) * along[0] + (z - first[1]) * along[1]) / (along @ along), 0, 1)
    return np.hypot(x - first[0] - share * along[0], z - first[1] - share * along[1])
