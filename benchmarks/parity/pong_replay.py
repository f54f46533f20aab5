"""The same steps of Pong on both sides: the original plays, our environment follows with the same actions.

Our environment runs its public `step` on its own random streams; the original is given the numbers of those streams
as the tape that its `rand()` reads. Where a recorded tape is replayed instead, our side takes it through
`step_with_rand`.
"""

from __future__ import annotations

import dataclasses
import functools
from typing import Any

import jax
import jax.numpy as jnp
import numpy as np

from benchmarks.oracles.puffer_pong import EXTRA_FIELDS, LOG_FIELDS, STATE_FIELDS, PongConstants, Record
from twinenvs import counter_random

Fields = dict[str, np.ndarray]


@dataclasses.dataclass(frozen=True)
class Variant:
    """One form of the game that is compared."""

    frameskip: int = 1
    continuous: bool = False
    number: str | None = None
    constants: tuple[tuple[str, float], ...] = ()  # those that differ from the defaults

    def env(self) -> Any:
        """Our environment in this form."""
        import pong_jax

        return pong_jax.make(
            frameskip=self.frameskip, continuous=self.continuous, number=self.number, **dict(self.constants)
        )

    def original(self) -> PongConstants:
        """The original's constants in this form."""
        changed: dict[str, Any] = dict(self.constants)
        return PongConstants(frameskip=self.frameskip, continuous=self.continuous, **changed)


@functools.lru_cache(maxsize=16)
def _programs(env: Any) -> tuple[Any, Any, Any, Any]:
    """Jitted (reset of keys, reset with given numbers, replay on own streams, replay with given numbers)."""
    keys = jax.random.key(0)

    def outputs(result: Any) -> Any:
        observation, state, reward, terminated, truncated, info = result
        kept = (observation, info["final_observation"], reward, terminated, truncated, info["illegal"], state)
        return state, (kept, tuple(info["log"][name] for name in LOG_FIELDS))

    def follow(state: Any, action: Any) -> Any:
        return outputs(jax.vmap(lambda s, a: env.step(keys, s, a))(state, action))

    def follow_tape(state: Any, action_and_rand: Any) -> Any:
        return outputs(jax.vmap(env.step_with_rand)(state, *action_and_rand))

    return (
        jax.jit(jax.vmap(env.reset)),
        jax.jit(jax.vmap(env.reset_with_rand)),
        jax.jit(lambda state, actions: jax.lax.scan(follow, state, actions)),
        jax.jit(lambda state, actions, rand: jax.lax.scan(follow_tape, state, (actions, rand))),
    )


class Replay:
    """A batch of n games of ours that follows recorded actions.

    Args:
        variant: form of the game.
        seed: seed of the games' random streams.
        num_envs: n.
    """

    def __init__(self, variant: Variant, seed: int, num_envs: int) -> None:
        self.env = variant.env()
        self._reset, self._serve, self._follow, self._follow_tape = _programs(self.env)
        keys = jax.random.split(jax.random.key(seed), num_envs)
        self.observation, self.state = self._reset(keys)
        self._log = np.zeros((num_envs, len(LOG_FIELDS)), np.float32)

    def tape(self, length: int) -> np.ndarray:
        """The first numbers of every game's stream as the original's `rand()` returns them: int32 (n, length)."""
        index = jnp.arange(length, dtype=jnp.uint32)
        drawn = jax.vmap(lambda seed: jax.vmap(lambda i: counter_random.draw_uint32(seed, i))(index))(self.state.seed)
        # rand() is never negative; only its lowest bit is read.
        return (np.asarray(drawn) & 0x7FFFFFFF).astype(np.int32)

    def serve(self, rand: np.ndarray) -> None:
        """Starts every game anew with this number for its first serve: int32 (n,)."""
        self.observation, self.state = self._serve(jnp.asarray(rand).astype(jnp.uint32))

    def load(self, fields: Fields) -> None:
        """Sets the state of every game: STATE_FIELDS and, where given, EXTRA_FIELDS by name, each (n,)."""
        values = {
            name: jnp.asarray(np.asarray(value).astype(getattr(self.state, name).dtype))
            for name, value in fields.items()
            if name in STATE_FIELDS + EXTRA_FIELDS
        }
        self.state = self.state.replace(**values)

    def follow(self, actions: np.ndarray, rand: np.ndarray | None = None) -> Fields:
        """Takes T steps and returns them in the order in which they are compared.

        Args:
            actions: uint8 (T, n), or float32 (T, n) directions of a continuous game.
            rand: int32 (T, n), the number that is drawn if a round starts in that step; None for the own streams.
        """
        given = jnp.asarray(actions[..., None] if self.env.continuous else actions)
        if rand is None:
            self.state, outputs = self._follow(self.state, given)
        else:
            self.state, outputs = self._follow_tape(self.state, given, jnp.asarray(rand.astype(np.uint32)))
        (observation, final, reward, terminated, truncated, illegal, state), log = jax.tree.map(np.asarray, outputs)
        # In the original's way: summed in float32 over the episodes that end.
        self._log = np.add.accumulate(np.concatenate([self._log[None], np.stack(log, -1)]), axis=0)[-1]
        return {
            "draws": state.draws.astype(np.int64),
            "terminal": terminated.astype(np.uint8),
            "truncated": truncated.astype(np.uint8),
            "illegal": illegal.astype(np.uint8),
            "reward": reward,
            # The sum turns -0 into 0, which whole numbers do not tell apart.
            **{name: getattr(state, name).astype(np.float32) + np.float32(0) for name in STATE_FIELDS},
            **{name: getattr(state, name).astype(np.int32) for name in EXTRA_FIELDS},
            "observation": observation,
            "final_observation": final,
            "log": np.broadcast_to(self._log, (len(reward), *self._log.shape)),
        }


def original_fields(record: Record, log: np.ndarray) -> Fields:
    """A record of the original in the form of `Replay.follow`; log: float32 (n, 5), after the last step."""
    none = np.zeros_like(record.terminal)
    ended = record.terminal[..., None] == 1
    return {
        "draws": record.draws,
        "terminal": record.terminal,
        "truncated": none,
        "illegal": none,
        "reward": record.reward,
        **{name: record.state[..., i] + np.float32(0) for i, name in enumerate(STATE_FIELDS)},
        **{name: record.extra[..., i] for i, name in enumerate(EXTRA_FIELDS)},
        "observation": record.observation,
        "final_observation": np.where(ended, record.final_observation, record.observation),
        "log": np.broadcast_to(log, (len(record.reward), *log.shape)),
    }


def replay_case(case: dict[str, Any]) -> list[str]:
    """Replays the transition of a regression file on our side: the names of the fields that differ from the original's.

    Args:
        case: what `benchmarks.parity.pong.case` made.
    """
    variant = Variant(**{**case["variant"], "constants": tuple(case["variant"]["constants"].items())})
    replay = Replay(variant, 0, 1)
    replay.load({name: np.array([value]) for name, value in (case["state"] | case["extra"]).items()})
    action = np.array([[case["action"]]], np.float32 if variant.continuous else np.uint8)
    ours = replay.follow(action, np.array([[case["rand"]]], np.int32))
    original = case["original"]
    expected = {
        "observation": original["observation"],
        "reward": original["reward"],
        "terminal": original["terminal"],
        **original["state"],
        **original["extra"],
    }
    return [name for name, value in expected.items() if not np.array_equal(ours[name][0, 0], np.float32(value))]
