"""The Gymnasium forms: one environment, and a vector of them stepped by one call into Rust."""

from __future__ import annotations

import concurrent.futures
from collections.abc import Mapping
from typing import Any

import gymnasium
import numpy as np
from gymnasium.vector import AutoresetMode

from emurust.env import FRAMES_PER_SECOND, Games, Options

RENDER_MODES = ("rgb_array", "human")


def check_render_mode(render_mode: str | None) -> None:
    """Raises a ValueError that names the wrong mode and the known ones."""
    if render_mode is not None and render_mode not in RENDER_MODES:
        raise ValueError(f"render_mode must be None or one of {', '.join(RENDER_MODES)}, got {render_mode!r}.")


class EmuRustEnv(gymnasium.Env):
    """A Game Boy game as a `gymnasium.Env`; it never resets by itself."""

    metadata: dict[str, Any] = {"render_modes": list(RENDER_MODES), "render_fps": 60}  # noqa: RUF012  (Gymnasium's own)

    def __init__(self, render_mode: str | None = None, **options: Any) -> None:
        """Makes the environment.

        Args:
            render_mode: None, "rgb_array" or "human".
            **options: fields of `emurust.env.Options`.
        """
        check_render_mode(render_mode)
        self.render_mode = render_mode
        self.games = self.make_games(Options(**options), render_mode is not None)
        # The class's own dict is shared; how often a picture comes depends on the frame skip.
        fps = FRAMES_PER_SECOND / self.games.frame_skip
        self.metadata = {**type(self).metadata, "render_fps": fps}
        self.observation_space = self.games.observation_space
        self.action_space = self.games.action_space
        self._everyone = np.ones(1, bool)
        self._is_seeded = False
        self._ended = True
        self._window: Any = None

    def make_games(self, options: Options, draws: bool) -> Games:
        """The machine behind the environment; other games override this."""
        return Games(1, options, draws=draws)

    def reset(self, *, seed: int | None = None, options: dict[str, Any] | None = None) -> tuple[Any, dict[str, Any]]:
        """Starts an episode.

        Args:
            seed: makes what follows reproducible; None goes on with the stream, drawn from fresh entropy at first.
            options: "state", bytes of `save_state`, starts from there instead.

        Returns:
            (observation, info), where `info` holds the action mask.
        """
        super().reset(seed=seed)
        if seed is not None or not self._is_seeded:
            drawn = int(self.np_random.integers(2**63)) if seed is None else seed
            self.games.seed(np.array([drawn], np.uint64), self._everyone)
            self._is_seeded = True
        state = (options or {}).get("state")
        observation = self.games.reset(self._everyone, None if state is None else {0: state})
        self._ended = False
        if self.render_mode == "human":
            self.render()
        return row_of(observation, 0), {"action_mask": self._mask(), "score": int(self.games.scores()[0])}

    def step(self, action: Any) -> tuple[Any, float, bool, bool, dict[str, Any]]:
        """One step.

        Returns:
            (observation, reward, terminated, truncated, info); `info` holds the action mask, the game's score, the
            episode's length in steps, and the reason in "error" if the machine broke.

        Raises:
            gymnasium.error.ResetNeeded: the episode has ended or none was started.
            TypeError: the action is no integer.
            ValueError: the action is outside the space.
        """
        if self._ended:
            raise gymnasium.error.ResetNeeded(f"{self.games.spec.name}: call reset() before step().")
        outcome = self.games.step(self.games.check_actions(np.asarray(action)[None]))
        terminated, truncated = bool(outcome.terminated[0]), bool(outcome.truncated[0])
        self._ended = terminated or truncated
        info: dict[str, Any] = {
            name: values[0].item() if values.ndim == 1 else values[0] for name, values in outcome.info.items()
        }
        if info["broken"]:
            info["error"] = self.games.batch.message(0)
        if self.render_mode == "human":
            self.render()
        info |= {"action_mask": self._mask(), "illegal": 0}
        return row_of(outcome.observation, 0), float(outcome.reward[0]), terminated, truncated, info

    def render(self) -> np.ndarray | None:  # type: ignore[override]
        """The picture, uint8 (144, 160, 3); None without a render mode, or with "human", which shows it in a window."""
        if self.render_mode is None:
            return None
        from emurust import render

        picture = render.to_rgb(self.games.frame(0))
        if self.render_mode == "rgb_array":
            return picture
        self._window = self._window or render.Window(self.games.spec.name, self.games.frame_skip / FRAMES_PER_SECOND)
        self._window.show(picture)
        return None

    def save_state(self) -> bytes:
        """The machine as it is, for `reset(options={"state": ...})`."""
        return self.games.batch.save_state(0)

    def close(self) -> None:
        """Closes the window, if there is one."""
        if self._window is not None:
            self._window.close()
            self._window = None

    def _mask(self) -> np.ndarray:
        return np.ones(int(self.games.action_space.n), bool)


class EmuRustVectorEnv(gymnasium.vector.VectorEnv):
    """Many copies of one Game Boy game as a `gymnasium.vector.VectorEnv`, stepped by one call."""

    def __init__(
        self,
        num_envs: int = 1,
        *,
        autoreset_mode: AutoresetMode | str = AutoresetMode.SAME_STEP,
        render_mode: str | None = None,
        **options: Any,
    ) -> None:
        """Makes the environments.

        Args:
            num_envs: how many, at least 1.
            autoreset_mode: SAME_STEP (default), NEXT_STEP or DISABLED, Gymnasium's enum or its value.
            render_mode: None or "rgb_array".
            **options: fields of `emurust.env.Options`.
        """
        check_render_mode(render_mode)
        if render_mode == "human":
            raise ValueError("render_mode 'human' shows one environment; use gymnasium.make, or 'rgb_array' here.")
        try:
            self.autoreset_mode = AutoresetMode(autoreset_mode)
        except ValueError as error:
            known = ", ".join(repr(mode.value) for mode in AutoresetMode)
            raise ValueError(f"autoreset_mode must be one of {known}, got {autoreset_mode!r}.") from error
        self.games = self.make_games(num_envs, Options(**options), render_mode is not None)
        self.num_envs, self.render_mode = num_envs, render_mode
        self.metadata = {
            "render_modes": ["rgb_array"],
            "render_fps": FRAMES_PER_SECOND / self.games.frame_skip,
            "autoreset_mode": self.autoreset_mode,
        }
        self.single_observation_space = self.games.observation_space
        self.single_action_space = self.games.action_space
        self.observation_space = gymnasium.vector.utils.batch_space(self.single_observation_space, num_envs)
        self.action_space = gymnasium.vector.utils.batch_space(self.single_action_space, num_envs)
        self._is_started = False
        self._ended = np.zeros(num_envs, bool)
        self._worker: concurrent.futures.ThreadPoolExecutor | None = None
        self._pending: concurrent.futures.Future[Any] | None = None

    def make_games(self, num_envs: int, options: Options, draws: bool) -> Games:
        """The machines behind the environments; other games override this."""
        return Games(num_envs, options, draws=draws)

    def reset(
        self, *, seed: int | list[int | None] | None = None, options: dict[str, Any] | None = None
    ) -> tuple[Any, dict[str, Any]]:
        """Starts an episode in every environment, or in those that `options["reset_mask"]` names.

        Args:
            seed: an integer gives environment i the seed `seed + i`; a list one seed each, None drawing one; None goes
                on with the streams, drawn from fresh entropy at first.
            options: "reset_mask", bool (num_envs,), resets a part of the batch; "state" starts from a saved state
                instead: bytes for all, or a list with bytes or None for each.

        Returns:
            (observations, info), where `info` holds the action masks.
        """
        self._refuse_while_pending()
        super().reset(seed=seed if isinstance(seed, int) else None)
        options = options or {}
        mask = self._reset_mask(options.get("reset_mask"))
        if seed is not None or not self._is_started:
            self.games.seed(self._seeds(seed), mask)
        observation = self.games.reset(mask, self._states(options.get("state"), mask))
        self._is_started = True
        self._ended &= ~mask
        info = {"action_mask": self._action_mask(), "score": self.games.scores()}
        return observation, masked(info, mask)

    def step(self, actions: Any) -> tuple[Any, Any, Any, Any, dict[str, Any]]:
        """One step of every environment.

        Args:
            actions: integers (num_envs,).

        Returns:
            (observations, rewards float32 (num_envs,), terminated bool (num_envs,), truncated bool (num_envs,), info).
            Under SAME_STEP `info["final_obs"]` and `info["final_info"]` belong to the episodes that ended.

        Raises:
            gymnasium.error.ResetNeeded: no episode was started, or with DISABLED one has ended.
            TypeError: the actions are no integers.
            ValueError: a wrong shape, or an action outside the space.
        """
        self._refuse_while_pending()
        return self._step(self._checked(actions))

    def send(self, actions: Any) -> None:
        """Starts a step in another thread and returns at once; `recv` waits for it.

        Raises:
            RuntimeError: a step is under way already.
            gymnasium.error.ResetNeeded, TypeError, ValueError: as `step`.
        """
        self._refuse_while_pending()
        checked = self._checked(actions)
        self._worker = self._worker or concurrent.futures.ThreadPoolExecutor(1, thread_name_prefix="emurust-send")
        self._pending = self._worker.submit(self._step, checked)

    def recv(self) -> tuple[Any, Any, Any, Any, dict[str, Any]]:
        """What `step` would have returned for the actions that were sent.

        Raises:
            RuntimeError: nothing was sent.
        """
        if self._pending is None:
            raise RuntimeError("recv() without send(): send actions first.")
        pending, self._pending = self._pending, None
        return pending.result()

    def render(self) -> tuple[np.ndarray, ...] | None:  # type: ignore[override]
        """A picture of each environment, uint8 (144, 160, 3), or None without a render mode."""
        if self.render_mode is None:
            return None
        from emurust import render

        return tuple(render.to_rgb(self.games.frame(index)) for index in range(self.num_envs))

    def save_states(self, mask: np.ndarray | None = None) -> list[bytes | None]:
        """The states of the masked machines, bool (num_envs,), or of all; None for the others."""
        self._refuse_while_pending()
        return self.games.save_states(mask)

    def load_states(self, states: list[bytes | None]) -> None:
        """Puts saved states back in the midst of episodes; None leaves an environment as it is."""
        self._refuse_while_pending()
        self.games.load_states(states)

    def close_extras(self, **kwargs: Any) -> None:
        """Ends the thread of `send`."""
        if self._worker is not None:
            self._worker.shutdown(wait=True)
            self._worker = None
        self._pending = None

    def _step(self, actions: np.ndarray) -> tuple[Any, Any, Any, Any, dict[str, Any]]:
        games, mode = self.games, self.autoreset_mode
        waiting = self._ended.copy()
        if mode == AutoresetMode.NEXT_STEP and waiting.any():
            # The step after the end: these start anew and their action is not read.
            outcome = games.step(actions, ~waiting)
            observation = games.reset(waiting)
            outcome.info["episode_length"][waiting] = 0
            outcome.info["score"] = games.scores()
        else:
            outcome = games.step(actions)
            observation = outcome.observation
        ended = outcome.terminated | outcome.truncated
        infos = {"action_mask": self._action_mask(), "illegal": np.zeros(self.num_envs, np.int32), **outcome.info}
        if mode != AutoresetMode.SAME_STEP or not ended.any():
            self._ended = ended if mode != AutoresetMode.SAME_STEP else self._ended
            return observation, outcome.reward, outcome.terminated, outcome.truncated, masked(infos, ~waiting)
        final = np.full(self.num_envs, None, object)
        for index in np.flatnonzero(ended):
            final[index] = row_of(observation, int(index))
        observation = games.reset(ended)
        kept = masked({name: value for name, value in infos.items() if name != "action_mask"}, ~ended)
        kept |= {"action_mask": infos["action_mask"], "_action_mask": np.ones(self.num_envs, bool)}
        kept |= {"final_obs": final, "_final_obs": ended, "final_info": masked(infos, ended), "_final_info": ended}
        return observation, outcome.reward, outcome.terminated, outcome.truncated, kept

    def _action_mask(self) -> np.ndarray:
        return np.ones((self.num_envs, int(self.games.action_space.n)), bool)

    def _checked(self, actions: Any) -> np.ndarray:
        if not self._is_started:
            raise gymnasium.error.ResetNeeded(f"{self.games.spec.name}: call reset() before step().")
        if self.autoreset_mode == AutoresetMode.DISABLED and self._ended.any():
            first = int(np.flatnonzero(self._ended)[0])
            raise gymnasium.error.ResetNeeded(
                f"{self.games.spec.name}: environment {first} has ended; reset it with options={{'reset_mask': ...}}."
            )
        return self.games.check_actions(actions)

    def _refuse_while_pending(self) -> None:
        if self._pending is not None:
            raise RuntimeError("a step that was sent is under way; call recv() first.")

    def _reset_mask(self, given: Any) -> np.ndarray:
        if given is None:
            return np.ones(self.num_envs, bool)
        mask = np.asarray(given)
        if mask.shape != (self.num_envs,) or mask.dtype != np.bool_ or not mask.any():
            raise ValueError(
                f"options['reset_mask'] must be bool ({self.num_envs},) with at least one True,"
                f" got {mask.dtype} {mask.shape}."
            )
        if not self._is_started and not mask.all():
            raise gymnasium.error.ResetNeeded("the first reset must start every environment; leave reset_mask out.")
        return mask

    def _states(self, given: Any, mask: np.ndarray) -> Mapping[int, bytes] | None:
        if given is None:
            return None
        states = [given] * self.num_envs if isinstance(given, bytes) else list(given)
        if len(states) != self.num_envs:
            raise ValueError(f"options['state'] must be bytes or {self.num_envs} of them, got {len(states)}.")
        return {index: state for index, state in enumerate(states) if state is not None and mask[index]}

    def _seeds(self, seed: int | list[int | None] | None) -> np.ndarray:
        if isinstance(seed, int | np.integer):
            return (int(seed) + np.arange(self.num_envs)).astype(np.uint64)
        drawn = self.np_random.integers(2**63, size=self.num_envs, dtype=np.uint64)
        if seed is None:
            return drawn
        if len(seed) != self.num_envs:
            raise ValueError(f"a list of seeds must have one per environment, {self.num_envs}, got {len(seed)}.")
        return np.array([d if s is None else s for s, d in zip(seed, drawn, strict=True)], np.uint64)


def row_of(observation: Any, index: int) -> Any:
    """A copy of one environment's observation, an array or a dict of arrays."""
    if isinstance(observation, dict):
        return {name: values[index].copy() for name, values in observation.items()}
    return observation[index].copy()


def masked(info: dict[str, Any], mask: np.ndarray) -> dict[str, Any]:
    """Adds to every key of a batched info its mask `_key`, bool (num_envs,)."""
    infos: dict[str, Any] = {}
    for name, value in info.items():
        infos[name], infos[f"_{name}"] = value, mask
    return infos


def make_single(*, render_mode: str | None = None, **options: Any) -> EmuRustEnv:
    """The single environment; `options` are the fields of `emurust.env.Options`."""
    return EmuRustEnv(render_mode, **known_options(options))


def make_vector(
    num_envs: int = 1,
    *,
    autoreset_mode: Any = AutoresetMode.SAME_STEP,
    render_mode: str | None = None,
    max_episode_steps: int | None = None,
    **options: Any,
) -> EmuRustVectorEnv:
    """The vector environment; `options` are the fields of `emurust.env.Options`, `max_episode_steps` truncates."""
    if max_episode_steps is not None:
        options["max_steps_in_episode"] = max_episode_steps
    return EmuRustVectorEnv(num_envs, autoreset_mode=autoreset_mode, render_mode=render_mode, **known_options(options))


def known_options(options: dict[str, Any]) -> dict[str, Any]:
    """The options, all of them known.

    Raises:
        TypeError: one is not, by name.
    """
    import dataclasses

    from twinenvs.registry import check_options

    check_options("emurust", options, tuple(field.name for field in dataclasses.fields(Options)))
    return options
