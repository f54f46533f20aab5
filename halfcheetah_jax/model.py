"""HalfCheetah-v5's body as numbers: the compiled MuJoCo model's as float64 literals, the rest computed from them.

Links are ordered torso, back thigh, back shin, back foot, front thigh, front shin, front foot; hinges likewise without
the torso. Vectors are (x, z) in the link's frame. The floats are MuJoCo's to the last bit, because its XML attribute
`settotalmass` is deprecated: a later MuJoCo may compile other masses from the same file.
"""

from __future__ import annotations

import dataclasses
import functools
from typing import Any

import numpy as np

TIMESTEP = 0.01  # s, one substep
FRAME_SKIP = 5  # substeps of a step
GRAVITY = 9.81  # m/s^2
TORSO_HEIGHT = 0.7  # m, of the torso's origin at qpos = 0
ARMATURE = 0.1  # kg m^2, on every hinge
RADIUS = 0.046  # m, of every capsule
FRICTION = 0.4  # sliding, of every contact
CONTACT_WIDTH, LIMIT_WIDTH = 0.01, 0.03  # m and rad, depth at which a constraint has its full impedance
LEAST_IMPEDANCE, MOST_IMPEDANCE = 1e-4, 0.8
SOLREF_TIME, SOLREF_DAMPING = 0.02, 1.0  # s and 1, MuJoCo's solref of contacts and limits

LINKS = ("torso", "bthigh", "bshin", "bfoot", "fthigh", "fshin", "ffoot")
PARENT = (-1, 0, 1, 2, 0, 4, 5)
DOFS = ("rootx", "rootz", "rooty", *LINKS[1:])

# m (7, 2): origin in the parent's frame; the torso's is its height.
OFFSET = np.array(
    [[0, TORSO_HEIGHT], [-0.5, 0], [0.16, -0.25], [-0.28, -0.14], [0.5, 0], [-0.14, -0.24], [0.13, -0.18]]
)
# m (7, 2): centre of mass.
COM = np.array(
    [
        [0.15238987816307403, 0.025398313027179008],
        [0.1, -0.13],
        [-0.14, -0.07],
        [0.03, -0.097],
        [-0.07, -0.12],
        [0.065, -0.09],
        [0.045, -0.07],
    ]
)
# kg (7,)
MASS = np.array(
    [
        6.25020920502092, 1.5435146443514645, 1.5874476987447697, 1.0953974895397491, 1.4380753138075317,
        1.200836820083682, 0.8845188284518829,
    ]
)  # fmt: skip
# kg m^2 (7,): about the centre of mass.
INERTIA = np.array(
    [
        0.897117688111749, 0.01684433958158996, 0.018267419079497905, 0.0063524232635983275, 0.013739643347280341,
        0.008222108619246861, 0.003529109456066946,
    ]
)  # fmt: skip
# 1/kg (7,): MuJoCo's body_invweight0[0].
LINK_INVWEIGHT = np.array(
    [
        0.06415751945610272, 0.09691101560963138, 0.12720922534654552, 0.24374928349017175, 0.0814837948136707,
        0.1319968179007737, 0.2661441029233887,
    ]
)  # fmt: skip
STIFFNESS = np.array([240.0, 180.0, 120.0, 180.0, 120.0, 60.0])  # N m/rad (6,)
DAMPING = np.array([6.0, 4.5, 3.0, 4.5, 3.0, 1.5])  # N m s/rad (6,)
GEAR = np.array([120.0, 90.0, 60.0, 120.0, 60.0, 30.0])  # N m (6,), torque at action 1
# rad (6, 2): lower and upper limit.
LIMIT = np.array([[-0.52, 1.05], [-0.785, 0.785], [-0.4, 0.785], [-1.0, 0.7], [-1.2, 0.87], [-0.5, 0.5]])
# 1/(kg m^2) (6,): MuJoCo's dof_invweight0 of the hinges.
HINGE_INVWEIGHT = np.array(
    [2.729788644884893, 5.893248984162904, 8.894877004054676, 3.0813926054768768, 6.882795962275771, 9.468134962769764]
)

# The capsules: their link, centre and unit axis (x, z) in its frame, half length. Self-collision is off in the XML.
GEOMS = ("torso", "head", *LINKS[1:])
GEOM_LINK = (0, 0, 1, 2, 3, 4, 5, 6)
GEOM_POSITION = np.array([[0, 0], [0.6, 0.1], *COM[1:].tolist()])  # m (8, 2)
GEOM_AXIS = np.array(
    [
        [-1.0, 0.0],
        [0.7643289370255051, 0.6448265472400012],
        [0.6118578909427189, -0.7909677119144167],
        [-0.8964057411515601, -0.4432344156657089],
        [-0.2667314366888311, 0.9637708963658904],
        [0.49688013784373675, 0.8678191796776498],
        [-0.5646424733950353, 0.8253356149096782],
        [-0.5646424733950353, 0.8253356149096782],
    ]
)
GEOM_HALF_LENGTH = np.array([0.5, 0.15, 0.145, 0.15, 0.094, 0.133, 0.106, 0.07])  # m (8,)

# What follows from these numbers ------------------------------------------------------------------------------------

TOTAL_MASS = float(MASS.sum())  # kg
# 1/s^2 and 1/s: stiffness and damping of MuJoCo's soft constraints, from solref.
CONSTRAINT_STIFFNESS = 1 / (MOST_IMPEDANCE * SOLREF_TIME * SOLREF_DAMPING) ** 2
CONSTRAINT_DAMPING = 2 / (MOST_IMPEDANCE * SOLREF_TIME)


def _children(link: int) -> list[int]:
    return [child for child, parent in enumerate(PARENT) if parent == link]


def _subtree_mass(link: int) -> float:
    return float(MASS[link]) + sum(_subtree_mass(child) for child in _children(link))


# kg m (7, 2): first moment of the link with its children's subtrees hung at their origins.
MOMENT = np.array(
    [MASS[k] * COM[k] + sum((_subtree_mass(c) * OFFSET[c] for c in _children(k)), np.zeros(2)) for k in range(7)]
)
# kg m^2 (7,): diagonal of the mass matrix in absolute link angles, without armature.
ROTARY = np.array(
    [
        INERTIA[k] + MASS[k] * (COM[k] @ COM[k]) + sum(_subtree_mass(c) * (OFFSET[c] @ OFFSET[c]) for c in _children(k))
        for k in range(7)
    ]
)


def per_level(per_hinge: np.ndarray) -> np.ndarray:
    """Values by hinge, (6, ...) back leg first, as (3, 2, ...): thigh, shin, foot; back, front."""
    return np.swapaxes(np.reshape(per_hinge, (2, 3, *np.shape(per_hinge)[1:])), 0, 1)


def per_point(per_geom: np.ndarray) -> np.ndarray:
    """Values by capsule, (8, ...), as (8, 2, ...) by contact point.

    The first axis counts level and end: torso, thigh, shin, foot, two ends each. The second tells back from front; on
    the torso's level it tells the torso's capsule from the head's.
    """
    levels = np.concatenate([per_geom[None, :2], per_level(per_geom[2:])])
    return np.repeat(levels, 2, axis=0)


def end_points() -> np.ndarray:
    """The capsules' end points, m (8, 2, 2), in the order of `per_point`; the last axis is (x, z)."""
    signs = np.tile([1, -1], 4)[:, None, None]
    return per_point(GEOM_POSITION) + signs * per_point(GEOM_HALF_LENGTH[:, None] * GEOM_AXIS)


@dataclasses.dataclass(frozen=True)
class Constants:
    """The model's arrays in one dtype, shaped to be broadcast against arrays whose last axis is the batch.

    Levels are thigh, shin and foot; legs are back and front; points are ordered as by `per_point`.
    """

    leg_offset_x: Any  # (3, 2, 1), m
    leg_offset_z: Any  # (3, 2, 1), m
    torso_moment_x: Any  # (), kg m
    torso_moment_z: Any  # (), kg m
    leg_moment_x: Any  # (3, 2, 1), kg m
    leg_moment_z: Any  # (3, 2, 1), kg m
    torso_rotary: Any  # (), kg m^2, armature of the thighs included
    leg_rotary: Any  # (3, 2, 1), kg m^2, armature included
    stiffness: Any  # (3, 2, 1), N m/rad
    damping: Any  # (3, 2, 1), N m s/rad
    gear: Any  # (3, 2, 1), N m
    lower: Any  # (3, 2, 1), rad
    upper: Any  # (3, 2, 1), rad
    hinge_invweight: Any  # (3, 2, 1), 1/(kg m^2)
    end_x: Any  # (8, 2, 1), m
    end_z: Any  # (8, 2, 1), m
    regularizer: Any  # (8, 2, 1), 1/kg: R of a contact row at imp = 1/2


@functools.lru_cache(maxsize=2)
def constants(dtype: str) -> Constants:
    """The model in "float32" or "float64"."""

    def cast(array: Any) -> Any:
        return np.asarray(array, dtype)

    def levels(per_hinge: np.ndarray) -> Any:
        return cast(per_level(per_hinge)[..., None])

    ends = end_points()
    # Every hinge adds its armature to its own link and to the parent of it.
    leg_armature = np.array([2, 2, 1, 2, 2, 1]) * ARMATURE
    pyramid = 2 * FRICTION**2 * (1 + FRICTION**2)
    return Constants(
        leg_offset_x=levels(OFFSET[1:, 0]),
        leg_offset_z=levels(OFFSET[1:, 1]),
        torso_moment_x=cast(MOMENT[0, 0]),
        torso_moment_z=cast(MOMENT[0, 1]),
        leg_moment_x=levels(MOMENT[1:, 0]),
        leg_moment_z=levels(MOMENT[1:, 1]),
        torso_rotary=cast(ROTARY[0] + 2 * ARMATURE),
        leg_rotary=levels(ROTARY[1:] + leg_armature),
        stiffness=levels(STIFFNESS),
        damping=levels(DAMPING),
        gear=levels(GEAR),
        lower=levels(LIMIT[:, 0]),
        upper=levels(LIMIT[:, 1]),
        hinge_invweight=levels(HINGE_INVWEIGHT),
        end_x=cast(ends[..., :1]),
        end_z=cast(ends[..., 1:]),
        regularizer=cast(pyramid * per_point(LINK_INVWEIGHT[list(GEOM_LINK)])[..., None]),
    )
