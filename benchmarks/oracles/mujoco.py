"""MuJoCo's own HalfCheetah-v5 in C: the compiled model, its terms at a state, and batches of steps.

The model is compiled from the XML that Gymnasium carries. "exact" options make C's solver run until nothing moves any
more, which is what exact comparisons need; "default" options are those of the XML, which Gymnasium runs with.
"""

from __future__ import annotations

import contextlib
import functools
import importlib
import importlib.util
import pathlib
from collections.abc import Iterator
from typing import Any, Literal

import numpy as np

from benchmarks.errors import InputMissingError

Precision = Literal["default", "exact"]
NUM_DOFS, NUM_ACTUATORS = 9, 6
FRAME_SKIP = 5
RESET_NOISE_SCALE = 0.1
# C's options for exact comparisons: with tolerance 0 Newton ends when a step changes nothing.
EXACT_TOLERANCE, EXACT_ITERATIONS, EXACT_LS_TOLERANCE = 0.0, 30, 1e-6
XML = "half_cheetah.xml"
STATE_FIELDS = ("qpos", "qvel")
# Links and hinges in our order; the names are the XML's.
LINKS = ("torso", "bthigh", "bshin", "bfoot", "fthigh", "fshin", "ffoot")
GEOMS = ("torso", "head", *LINKS[1:])


def require() -> None:
    """Raises an InputMissingError, in one sentence, if MuJoCo or Gymnasium's model is not installed."""
    for package in ("mujoco", "gymnasium"):
        if importlib.util.find_spec(package) is None:
            raise InputMissingError(
                f"HalfCheetah's original is missing (the package {package} is not installed); run"
                " `pip install 'twinenvs[oracles]'` or `make setup`."
            )
    if not _xml_path().is_file():
        raise InputMissingError(
            f"HalfCheetah's original is missing (the installed gymnasium has no {XML}); install gymnasium 1.1 or newer."
        )


def version() -> str:
    """Version of the installed MuJoCo, "not installed" without one."""
    if importlib.util.find_spec("mujoco") is None:
        return "not installed"
    return library().__version__


def library() -> Any:
    """The module `mujoco` with its `rollout`, imported at first use; its names come from C, unseen by type checkers."""
    importlib.import_module("mujoco.rollout")
    return importlib.import_module("mujoco")


@contextlib.contextmanager
def quiet() -> Iterator[None]:
    """Keeps MuJoCo from saying, on stderr and in a file in the working folder, that the XML's settotalmass is old."""
    mujoco = library()
    mujoco.set_mju_user_warning(lambda message: None)
    try:
        yield
    finally:
        mujoco.set_mju_user_warning(None)


@functools.lru_cache(maxsize=4)
def model(precision: Precision = "default") -> Any:
    """The compiled `mjModel`; not to be changed by the caller.

    Args:
        precision: "default" keeps the XML's solver options, "exact" runs the solver until nothing moves.
    """
    require()
    mujoco = library()
    with quiet():
        compiled = mujoco.MjModel.from_xml_path(str(_xml_path()))
    if precision == "exact":
        compiled.opt.tolerance = EXACT_TOLERANCE
        compiled.opt.iterations = EXACT_ITERATIONS
        compiled.opt.ls_tolerance = EXACT_LS_TOLERANCE
    return compiled


def terms(qpos: np.ndarray, qvel: np.ndarray, ctrl: np.ndarray, precision: Precision = "exact") -> dict[str, Any]:
    """What C computes at one state, under `mjData`'s names.

    Args:
        qpos: float64 (9,), m and rad.
        qvel: float64 (9,), m/s and rad/s.
        ctrl: float64 (6,), before C clamps it to -1 .. 1.
        precision: options of the solver.

    Returns:
        M (9, 9); qfrc_bias, qfrc_passive, qfrc_actuator, qfrc_smooth, qfrc_constraint, qacc (9,); the constraint rows
        efc_J (rows, 9), efc_pos, efc_aref, efc_D (rows,) and efc_is_limit bool (rows,); next_qpos and next_qvel (9,)
        after one substep.
    """
    mujoco = library()
    compiled = model(precision)
    data = mujoco.MjData(compiled)
    data.qpos[:], data.qvel[:], data.ctrl[:] = qpos, qvel, ctrl
    mujoco.mj_forward(compiled, data)
    mass = np.zeros((NUM_DOFS, NUM_DOFS))
    _full_mass(compiled, data, mass)
    rows = data.nefc
    found = {
        "M": mass,
        **{
            name: np.array(getattr(data, name))
            for name in (
                "qfrc_bias", "qfrc_passive", "qfrc_actuator", "qfrc_smooth", "qfrc_constraint", "qacc",
            )
        },
        "efc_J": np.array(data.efc_J).reshape(rows, NUM_DOFS) if rows else np.zeros((0, NUM_DOFS)),
        **{name: np.array(getattr(data, name))[:rows] for name in ("efc_pos", "efc_aref", "efc_D")},
        "efc_is_limit": np.array(data.efc_type)[:rows] == mujoco.mjtConstraint.mjCNSTR_LIMIT_JOINT,
    }  # fmt: skip
    mujoco.mj_step(compiled, data)
    return {**found, "next_qpos": np.array(data.qpos), "next_qvel": np.array(data.qvel)}


def constants(precision: Precision = "default") -> dict[str, np.ndarray]:
    """The compiled model's numbers in the order of `LINKS` and `GEOMS`, planar parts only (x, z)."""
    compiled = model(precision)
    links = [compiled.body(name).id for name in LINKS]
    geoms = [compiled.geom(name).id for name in GEOMS]
    planar = [0, 2]
    axes = np.stack([_rotation(compiled.geom_quat[g])[:, 2] for g in geoms])
    return {
        "offset": compiled.body_pos[links][:, planar],
        "com": compiled.body_ipos[links][:, planar],
        "mass": compiled.body_mass[links],
        "inertia": np.array([_inertia_yy(compiled, body) for body in links]),
        "link_invweight": compiled.body_invweight0[links, 0],
        "stiffness": compiled.jnt_stiffness[3:],
        "damping": compiled.dof_damping[3:].reshape(-1),
        "gear": compiled.actuator_gear[:, 0],
        "limit": compiled.jnt_range[3:],
        "hinge_invweight": compiled.dof_invweight0[3:],
        "armature": compiled.dof_armature,
        "geom_position": compiled.geom_pos[geoms][:, planar],
        "geom_axis": axes[:, planar],
        "geom_half_length": compiled.geom_size[geoms, 1],
        "geom_radius": compiled.geom_size[geoms, 0],
        "timestep": np.array(compiled.opt.timestep),
        "gravity": np.array(-compiled.opt.gravity[2]),
        "friction": compiled.geom_friction[geoms, 0],
    }


class CheetahBatch:
    """A batch of HalfCheetah-v5 bodies stepped by `mujoco.rollout`; rewards and resets are Gymnasium's.

    Args:
        num_envs: number of bodies.
        precision: options of the solver.
        threads: threads of C's rollout; 0 steps in the caller's.
        frame_skip: substeps of a step.
    """

    def __init__(
        self, num_envs: int, precision: Precision = "default", threads: int = 0, frame_skip: int = FRAME_SKIP
    ) -> None:
        mujoco = library()
        self.num_envs, self.frame_skip = num_envs, frame_skip
        self.model = model(precision)
        self._data = [mujoco.MjData(self.model) for _ in range(max(threads, 1))]
        self._rollout = mujoco.rollout.Rollout(nthread=threads)
        self._size = mujoco.mj_stateSize(self.model, mujoco.mjtState.mjSTATE_FULLPHYSICS)
        self.qpos = np.zeros((num_envs, NUM_DOFS))
        self.qvel = np.zeros((num_envs, NUM_DOFS))
        self._warmstart = np.zeros((num_envs, NUM_DOFS))
        self._draws = np.zeros(num_envs, np.int64)
        self._rng = np.random.default_rng(0)

    def reset(self, seed: int) -> None:
        """Starts all bodies from Gymnasium's reset distribution."""
        self._rng = np.random.default_rng(seed)
        self._draws[:] = 0
        self.reset_where(np.ones(self.num_envs, bool))

    def reset_where(self, mask: np.ndarray) -> None:
        """Starts the bodies of a mask (bool (num_envs,)) from Gymnasium's reset distribution."""
        count = int(mask.sum())
        self.qpos[mask] = self._rng.uniform(-RESET_NOISE_SCALE, RESET_NOISE_SCALE, (count, NUM_DOFS))
        self.qvel[mask] = RESET_NOISE_SCALE * self._rng.standard_normal((count, NUM_DOFS))
        self._warmstart[mask] = 0
        self._draws[mask] += 2 * NUM_DOFS

    def step(self, action: np.ndarray) -> None:
        """One step of all bodies; action: (num_envs, 6)."""
        qpos, qvel = self.roll(np.asarray(action)[None])
        self.qpos, self.qvel = qpos[0], qvel[0]

    def roll(self, actions: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
        """Steps open loop from the present state, which stays as it is but for the solver's warm start.

        Args:
            actions: (T, num_envs, 6).

        Returns:
            qpos and qvel after each of the T steps: float64 (T, num_envs, 9) each.
        """
        steps = len(actions)
        start = np.zeros((self.num_envs, self._size))
        start[:, 1 : 1 + NUM_DOFS], start[:, 1 + NUM_DOFS : 1 + 2 * NUM_DOFS] = self.qpos, self.qvel
        control = np.repeat(np.asarray(actions, np.float64).swapaxes(0, 1), self.frame_skip, axis=1)
        states, _ = self._rollout.rollout(
            self.model, self._data, start, np.ascontiguousarray(control), initial_warmstart=self._warmstart
        )
        qpos, qvel = states[..., 1 : 1 + NUM_DOFS], states[..., 1 + NUM_DOFS : 1 + 2 * NUM_DOFS]
        before = qvel[:, -2] if self.frame_skip * steps > 1 else self.qvel
        # C does not return its warm start; the last substep's acceleration is as good a guess.
        self._warmstart = np.ascontiguousarray((qvel[:, -1] - before) / self.model.opt.timestep)
        last = slice(self.frame_skip - 1, None, self.frame_skip)
        return qpos[:, last].swapaxes(0, 1).copy(), qvel[:, last].swapaxes(0, 1).copy()

    def export(self) -> dict[str, np.ndarray]:
        """Copies of qpos and qvel: float64 (num_envs, 9)."""
        return {name: getattr(self, name).copy() for name in STATE_FIELDS}

    def load(self, fields: dict[str, np.ndarray]) -> None:
        """Sets qpos and qvel, in the form of `export`, with a cold solver."""
        for name in STATE_FIELDS:
            getattr(self, name)[:] = fields[name]
        self._warmstart[:] = 0

    def draws(self) -> np.ndarray:
        """Random numbers drawn by each body's resets: int64 (num_envs,)."""
        return self._draws.copy()

    def close(self) -> None:
        """Ends the rollout's threads."""
        self._rollout.close()


def _xml_path() -> pathlib.Path:
    spec = importlib.util.find_spec("gymnasium")
    assert spec is not None and spec.origin is not None
    return pathlib.Path(spec.origin).parent / "envs" / "mujoco" / "assets" / XML


def _full_mass(compiled: Any, data: Any, mass: np.ndarray) -> None:
    mujoco = library()
    try:
        mujoco.mj_fullM(compiled, data, mass)
    except TypeError:  # MuJoCo 3 takes the sparse matrix instead of the data
        mujoco.mj_fullM(compiled, mass, data.qM)


def _rotation(quaternion: np.ndarray) -> np.ndarray:
    mujoco = library()
    matrix = np.zeros(9)
    mujoco.mju_quat2Mat(matrix, quaternion)
    return matrix.reshape(3, 3)


def _inertia_yy(compiled: Any, body: int) -> float:
    rotation = _rotation(compiled.body_iquat[body])
    return float((rotation * compiled.body_inertia[body])[1] @ rotation[1])
