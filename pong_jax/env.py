"""The Pong environment: spaces, reset, step."""

from __future__ import annotations

import dataclasses
from typing import Any, ClassVar, NamedTuple, get_args

import jax
import jax.numpy as jnp
import numpy as np
from jax.core import Tracer

from pong_jax import observation, rules
from pong_jax.state import NEVER, EnvParams, EnvState, Field, Number, check_params, field_of
from twinenvs import counter_random, spaces
from twinenvs.environment import Environment, check_option, select

OBSERVATION_LOW, OBSERVATION_HIGH = -0.1, 1.1


class Outcome(NamedTuple):
    """What one step came to, before it is decided whether an ended game starts anew."""

    played: rules.Played
    last_frame: rules.Moving  # after the frame that made a point
    served: rules.Moving  # at the start of a round
    is_point: jax.Array  # bool ()
    reward: jax.Array  # float32 ()
    score_l: jax.Array  # int16 (), points with this step's
    score_r: jax.Array  # int16 (), points with this step's
    won_l: jax.Array  # bool (), the opponent has all points
    won_r: jax.Array  # bool (), the agent has all points
    terminated: jax.Array  # bool ()
    truncated: jax.Array  # bool ()
    illegal: jax.Array  # bool (), the action was replaced


@dataclasses.dataclass(frozen=True, kw_only=True)
class PongJax(Environment):
    """Twin of PufferLib 3.0.0's Pong; the agent is the right paddle.

    Every game has a random stream of its own, of which it reads one bit at the start of each round; `step` therefore
    never uses its key. With `auto_reset="fresh"` the next episode goes on with the same stream, as the original does.

    DIFFERS: observation_space is wider than the original's Box(0, 1), which its own observations leave.
    (tests/pong_jax/test_env.py::test_observation_space_contains_every_recorded_observation)
    DIFFERS: each game has its own random stream; the original's environments share the C library's.
    (tests/pong_jax/test_env.py::test_serves_of_different_keys_are_independent)
    DIFFERS: `final_observation` exists; the winner's score slot in it shows 1, which the original computes never.
    (tests/pong_jax/test_env.py::test_final_observation_shows_the_winner)

    Attributes:
        frameskip: frames per step, 1 as in the original's class, 8 in its training configuration.
        continuous: a Box action in -1 .. 1 instead of the three discrete ones.
        number: dtype of positions and speeds: "int16" for discrete actions and whole constants, or "float32"; None
            chooses.
        constants: the default parameters.
    """

    name: ClassVar[str] = "PongJax-v0"
    version: ClassVar[str] = "0"

    frameskip: int = 1
    continuous: bool = False
    number: Number | None = None
    constants: EnvParams = dataclasses.field(default_factory=EnvParams)

    def __post_init__(self) -> None:
        super().__post_init__()
        if isinstance(self.frameskip, bool) or not isinstance(self.frameskip, int) or not 1 <= self.frameskip <= 1024:
            raise ValueError(f"frameskip must be an integer between 1 and 1024, got {self.frameskip!r}.")
        check_option("continuous", self.continuous, (False, True))
        check_option("number", self.number, (*get_args(Number), None))
        if self.number is None:
            object.__setattr__(self, "number", "float32" if self.continuous else "int16")
        if self.continuous and self.number == "int16":
            raise ValueError("continuous actions need number='float32', got 'int16'.")
        check_params(self.constants, self._number)

    @property
    def default_params(self) -> EnvParams:
        """The constants given to `make`."""
        return self.constants

    def compiler_options(self, platform: str) -> dict[str, Any]:
        """On CPU no loop is split over threads: waking them costs a step of this length more than they save."""
        return {"xla_disable_hlo_passes": "cpu-parallel-task-assigner"} if platform == "cpu" else {}

    def action_space(self, params: EnvParams | None = None) -> spaces.Discrete | spaces.Box:
        """0 still, 1 up, 2 down; or one float32 in -1 .. 1, positive up, with `continuous`."""
        return spaces.Box(-1.0, 1.0, (1,)) if self.continuous else spaces.Discrete(3)

    def observation_space(self, params: EnvParams | None = None) -> spaces.Box:
        """float32 (8,), ordered as `pong_jax.observation.NAMES`."""
        bounded = self.constants.replace(max_steps_in_episode=NEVER) == EnvParams()
        low, high = (OBSERVATION_LOW, OBSERVATION_HIGH) if bounded else (-np.inf, np.inf)
        return spaces.Box(low, high, (len(observation.NAMES),))

    def reset_env(self, key: jax.Array, params: EnvParams) -> tuple[jax.Array, EnvState]:
        """Starts a game on a random stream of its own.

        Args:
            key: a JAX random key.
            params: the constants.

        Returns:
            (observation float32 (8,), state).
        """
        seed = counter_random.seed_from_key(key)
        return self.reset_with_rand(counter_random.draw_uint32(seed, jnp.uint32(0)), params, seed)

    def reset_with_rand(
        self, rand: jax.Array, params: EnvParams | None = None, seed: jax.Array | None = None
    ) -> tuple[jax.Array, EnvState]:
        """Starts a game whose first serve uses `rand` (uint32 ()), the value the original's `rand()` would return."""
        params = self._params(params)
        field = field_of(params, self._number)
        moving = rules.serve(rand, field, self._number)
        zero = jnp.zeros((), jnp.int32)
        state = EnvState(
            **moving._asdict(),
            score_l=zero.astype(jnp.int16),
            score_r=zero.astype(jnp.int16),
            win=zero.astype(jnp.int8),
            tick=zero,
            n_bounces=zero,
            time=zero,
            bounce_rewards=zero,
            seed=zero.astype(jnp.uint32) if seed is None else seed,
            draws=jnp.ones((), jnp.uint32),
        )
        return observation.observe(moving, field), state

    def next_episode(self, key: jax.Array, ended: EnvState, params: EnvParams) -> tuple[jax.Array, EnvState]:
        """Starts the next game on the random stream of the ended one, as the original does: (observation, state)."""
        rand = counter_random.draw_uint32(ended.seed, ended.draws)
        seen, state = self.reset_with_rand(rand, params, ended.seed)
        return seen, state.replace(win=ended.win, draws=ended.draws + 1)

    def step(
        self, key: jax.Array, state: EnvState, action: Any, params: EnvParams | None = None
    ) -> tuple[jax.Array, EnvState, jax.Array, jax.Array, jax.Array, dict[str, Any]]:
        """One step, followed by the next episode's serve where the episode ended; see `Environment.step`."""
        if self.auto_reset != "fresh":
            return super().step(key, state, action, params)
        return self.step_with_rand(state, action, counter_random.draw_uint32(state.seed, state.draws), params)

    def step_with_rand(
        self, state: EnvState, action: Any, rand: jax.Array, params: EnvParams | None = None
    ) -> tuple[jax.Array, EnvState, jax.Array, jax.Array, jax.Array, dict[str, Any]]:
        """The same, with the number that is drawn if a round starts: uint32 (), as the original's `rand()` returns it.

        Tests replay recorded games through it: `state.draws` grows by one where the number was used.
        """
        params = self._params(params)
        outcome = self._play(state, self.check_action(action, state), rand, params)
        done = outcome.terminated | outcome.truncated
        # A point has drawn its number already, also the one that ends an episode: not once more for the reset.
        new_round = outcome.is_point | done
        next_state = self._next_state(state, outcome, new_round)
        zero = np.zeros((), np.int32)
        next_state = next_state.replace(
            score_l=jnp.where(done, zero.astype(np.int16), next_state.score_l),
            score_r=jnp.where(done, zero.astype(np.int16), next_state.score_r),
            time=jnp.where(done, zero, next_state.time),
            bounce_rewards=jnp.where(done, zero, next_state.bounce_rewards),
        )
        field = field_of(params, self._number)
        seen = observation.observe(select(done, outcome.served, outcome.played.moving), field)
        info = self._info(state, outcome, self._final_observation(outcome, field))
        return seen, next_state, outcome.reward, outcome.terminated, outcome.truncated, info

    def step_env(
        self, key: jax.Array, state: EnvState, action: Any, params: EnvParams
    ) -> tuple[jax.Array, EnvState, jax.Array, jax.Array, jax.Array, dict[str, Any]]:
        """One step that leaves an ended game as it ended, with its last observation; see `Environment.step_env`."""
        params = self._params(params)
        rand = counter_random.draw_uint32(state.seed, state.draws)
        outcome = self._play(state, self.check_action(action, state), rand, params)
        ended = self._next_state(state, outcome, outcome.is_point & ~outcome.terminated)
        moving = select(outcome.terminated, outcome.last_frame, rules.moving_of(ended))
        final = self._final_observation(outcome, field_of(params, self._number))
        info = self._info(state, outcome, final)
        return final, ended.replace(**moving._asdict()), outcome.reward, outcome.terminated, outcome.truncated, info

    def observe(self, key: jax.Array | None, state: EnvState, action: jax.Array | None, params: EnvParams) -> jax.Array:
        """The original's formula applied to a state: float32 (8,).

        After a point that ends no episode, `step` returns the observation before the point instead, as the original.
        """
        field = field_of(self._params(params), self._number)
        won_l, won_r = (score >= params.max_score for score in (state.score_l, state.score_r))
        return observation.observe(rules.moving_of(state), field, won_l, won_r)

    def render(self, state: EnvState) -> np.ndarray:
        """The field in the original's look: uint8 (height, width + 6 paddle widths, 3)."""
        from pong_jax.render import draw

        return draw(state, self.constants)

    @property
    def _number(self) -> Number:
        assert self.number is not None
        return self.number

    def _params(self, params: EnvParams | None) -> EnvParams:
        if params is None or params is self.constants:
            return self.constants
        check_params(params, self._number)
        return params

    def _direction(self, action: jax.Array) -> tuple[jax.Array, jax.Array]:
        if self.continuous:
            finite = jnp.isfinite(action[0])
            direction = jnp.clip(jnp.where(finite, action[0], 0), -1, 1).astype(jnp.float32)
            return direction, ~finite
        return rules.direction_of(action, self._number), (action < 0) | (action >= 3)

    def _play(self, state: EnvState, action: jax.Array, rand: jax.Array, params: EnvParams) -> Outcome:
        field = field_of(params, self._number)
        direction, illegal = self._direction(action)
        played = rules.play_frames(rules.moving_of(state), direction, field, self.frameskip)
        is_point = played.event >= rules.AGENT_POINT
        score_l = state.score_l + (played.event == rules.OPPONENT_POINT).astype(jnp.int16)
        score_r = state.score_r + (played.event == rules.AGENT_POINT).astype(jnp.int16)
        won_l, won_r = score_l >= params.max_score, score_r >= params.max_score
        terminated = is_point & (won_l | won_r)
        return Outcome(
            played=played,
            last_frame=rules.play_frame(played.moving, direction, field)[0],
            served=rules.serve(rand, field, self._number),
            is_point=is_point,
            reward=rules.reward_of(played.event),
            score_l=score_l,
            score_r=score_r,
            won_l=won_l,
            won_r=won_r,
            terminated=terminated,
            truncated=~terminated & self._limit_reached(state, params),
            illegal=illegal,
        )

    def _limit_reached(self, state: EnvState, params: EnvParams) -> jax.Array:
        limit = params.max_steps_in_episode
        # Without a limit the comparison would cost every step for nothing.
        unlimited = not isinstance(limit, Tracer) and int(limit) == NEVER
        return jnp.zeros_like(state.time, bool) if unlimited else state.time + 1 >= limit

    def _next_state(self, state: EnvState, outcome: Outcome, new_round: jax.Array) -> EnvState:
        """The state after the step; where `new_round` holds, the serve of the next round."""
        event, zero = outcome.played.event, np.zeros((), np.int32)
        return EnvState(
            **select(new_round, outcome.served, outcome.played.moving)._asdict(),
            score_l=outcome.score_l,
            score_r=outcome.score_r,
            win=jnp.where(outcome.is_point, (event == rules.AGENT_POINT).astype(jnp.int8), state.win),
            tick=jnp.where(new_round, zero, state.tick + 1),
            n_bounces=jnp.where(new_round, zero, state.n_bounces + outcome.played.bounces),
            time=state.time + 1,
            bounce_rewards=state.bounce_rewards + (event == rules.BOUNCE).astype(jnp.int32),
            seed=state.seed,
            draws=state.draws + new_round.astype(jnp.uint32),
        )

    def _final_observation(self, outcome: Outcome, field: Field) -> jax.Array:
        seen = select(outcome.terminated, outcome.last_frame, outcome.played.moving)
        return observation.observe(seen, field, outcome.terminated & outcome.won_l, outcome.terminated & outcome.won_r)

    def _info(self, state: EnvState, outcome: Outcome, final_observation: jax.Array) -> dict[str, Any]:
        """The common keys, the episode so far, and the original's log (`add_log` of pong.h), 0 but at a terminal.

        The log's quirks are the original's: its length is that of the last rally, its return leaves out bounces.
        """
        score_l, score_r = outcome.score_l.astype(jnp.int32), outcome.score_r.astype(jnp.int32)
        score = (score_r - score_l).astype(jnp.float32)
        bounce_rewards = state.bounce_rewards + (outcome.played.event == rules.BOUNCE).astype(jnp.int32)
        log = {
            "perf": score_r / jnp.maximum(score_l + score_r, 1).astype(jnp.float32),
            "score": score,
            "episode_return": score,
            "episode_length": (state.tick + 1).astype(jnp.float32),
            "n": jnp.ones_like(score),
        }
        return {
            "terminated": outcome.terminated,
            "truncated": outcome.truncated,
            "final_observation": final_observation,
            "action_mask": self.action_mask(state),
            "illegal": outcome.illegal.astype(jnp.int32),
            "score": score_r - score_l,
            "episode_return": score + rules.BOUNCE_REWARD * bounce_rewards.astype(jnp.float32),
            "episode_length": state.time + 1,
            "log": {name: jnp.where(outcome.terminated, value, 0) for name, value in log.items()},
        }
