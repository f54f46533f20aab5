"""The environments: a battle of two players, one decision point a step, and one player's side of it."""

from __future__ import annotations

import dataclasses
import functools
from collections.abc import Callable
from typing import Any, ClassVar

import jax
import jax.numpy as jnp
import numpy as np

from pokejax import battle, masks, observation, rng, vocabulary
from pokejax.players import PLAYERS
from pokejax.state import EnvParams, EnvState
from pokejax.tables import FORMATS, load_teams
from pokejax.teams import Team, rows_of
from twinenvs import fusion, spaces
from twinenvs.batch_last import batch_last
from twinenvs.environment import check_option, select
from twinenvs.multi import LEARNER, NUM_PLAYERS, VIEWERS, MultiEnvironment, Policy, SoloEnvironment
from twinenvs.rare import rarely

PRIZES = np.array([[0, 0], [1, -1], [-1, 1], [0, 0]], np.float32)  # by RESULTS: both players' rewards
BOTH = tuple(range(NUM_PLAYERS))
# Passes of XLA that look at loops again and again: they make compilation longer and no step faster.
LOOP_PASSES = ("simplify-while-loops", "while-loop-constant-sinking", "while-loop-invariant-code-motion")
VIEWED_AT_ONCE = 512  # battles whose tables lie in a processor's nearer caches together


@functools.cache
def _seen(form: str, players: tuple[int, ...]) -> Callable[[EnvState], Any]:
    """What players see in one form, of the state: leaves (players, ...)."""

    def views(state: EnvState) -> Any:
        each = [observation.observe(state, np.int32(player), form) for player in players]
        return jax.tree.map(lambda *leaves: jnp.stack(leaves), *each)

    return batch_last(views, VIEWED_AT_ONCE)


def _seen_by(form: str, state: EnvState, player: Any) -> Any:
    if isinstance(player, jax.Array):
        return jax.tree.map(lambda leaf: leaf[player], _seen(form, BOTH)(state))
    return jax.tree.map(lambda leaf: leaf[0], _seen(form, (int(player),))(state))


@dataclasses.dataclass(frozen=True, kw_only=True)
class PokeJaxMulti(MultiEnvironment):
    """Pokemon Showdown's random battles between two players.

    A step is one decision point: a commit of choices, or one refused choice. The generator's state lives in the battle;
    `step` reads its key only where a battle ends, for teams and seed of the next.

    Attributes:
        format: Showdown's name of the format.
        teams: of each player, those that a battle draws its team from; an empty tuple stands for the format's pool.
        observation: "flat" or "tokens", see `pokejax.observation_layout`.
        viewers: the players whose observations `reset` and `step` give; leaves (viewers, ...).
        constants: the default parameters.
    """

    name: ClassVar[str] = "PokeJax-v0"
    version: ClassVar[str] = "0"

    format: str = FORMATS[0]
    teams: tuple[tuple[Team, ...], tuple[Team, ...]] = ((), ())
    observation: str = "flat"
    viewers: tuple[int, ...] = BOTH
    constants: EnvParams = dataclasses.field(default_factory=EnvParams)

    def __post_init__(self) -> None:
        super().__post_init__()
        check_option("format", self.format, FORMATS)
        check_option("observation", self.observation, observation.FORMS)
        check_option("viewers", self.viewers, VIEWERS)

    @property
    def default_params(self) -> EnvParams:
        """The numbers given to `make_multi`."""
        return self.constants

    def compiler_options(self, platform: str) -> dict[str, Any]:
        """On CPU those under which XLA keeps to the rules' plan of what is computed together."""
        return fusion.options(*LOOP_PASSES) if platform == "cpu" else {}

    def action_space(self, params: EnvParams | None = None) -> spaces.Discrete:
        """poke-env's numbers: 0-5 switch to that Pokemon of the team's first order, 6-9 use that move slot."""
        return spaces.Discrete(masks.ACTIONS)

    def observation_space(self, params: EnvParams | None = None) -> spaces.Space:
        """float32 (n,), ordered as `pokejax.features.names()`; as tokens a Dict of int16 tables."""
        return observation.space(self.observation)

    def player_observation(self, state: EnvState, player: Any, params: EnvParams | None = None) -> Any:
        """A player's view, in `observation_space`."""
        return _seen_by(self.observation, state, player)

    def scripted_observation(self, state: EnvState, player: Any, params: EnvParams | None = None) -> Any:
        """A player's view as tokens, which `pokejax.players` read."""
        return _seen_by("tokens", state, player)

    def observe(self, key: jax.Array | None, state: EnvState, action: jax.Array | None, params: Any) -> Any:
        """The viewers' observations: leaves (viewers, ...)."""
        return _seen(self.observation, self.viewers)(state)

    def player_mask(self, state: EnvState, player: Any) -> jax.Array:
        """A player's legal actions: bool (10,)."""
        both = masks.action_masks(state)
        return jnp.where(jnp.asarray(player) == 1, both[1], both[0])

    def action_mask(self, state: EnvState) -> jax.Array:
        """Both players' legal actions: bool (2, 10)."""
        return masks.action_masks(state)

    def needs_decision(self, state: EnvState) -> jax.Array:
        """Which players choose: bool (2,)."""
        asked = jnp.asarray(state.request) != vocabulary.WAIT
        return asked & (jnp.asarray(state.kept) == 0) & (jnp.asarray(state.result) == 0)

    def start(self, seed: jax.Array, teams: jax.Array) -> EnvState:
        """Starts a battle of given randomness, as Showdown does from "gen5,<seed>" and the same teams.

        Args:
            seed: uint32 (2,), the generator's state, upper half first.
            teams: int16 (2, 6, 20), rows as `pokejax.teams` makes them.
        """
        return battle.start(seed, teams)

    def reset_env(self, key: jax.Array, params: EnvParams) -> tuple[Any, EnvState]:
        """Starts a battle of two teams drawn from the candidates: (observations of both, state)."""
        state = self._fresh(self._bits(key))
        return self.observe(None, state, None, params), state

    def step(
        self, key: jax.Array, state: EnvState, action: Any, params: EnvParams | None = None
    ) -> tuple[Any, EnvState, jax.Array, jax.Array, jax.Array, dict[str, Any]]:
        """One decision point, followed by a new battle where one ended; see `Environment.step`."""
        params = self.constants if params is None else params
        if self.auto_reset != "fresh":
            return super().step(key, state, action, params)
        ended, reward, terminated, truncated, illegal = self._decide(state, self.check_action(action, state), params)
        bits = self._bits(jax.random.split(key)[1])
        over = terminated | truncated
        new = rarely(lambda when, state: select(when, self._fresh(bits), state), over, ended)
        seen = self.observe(None, new, None, params)
        last = rarely(lambda when, seen: select(when, self.observe(None, ended, None, params), seen), over, seen)
        return self._values(new, seen, last, reward, terminated, truncated, illegal, ended)

    def step_env(
        self, key: jax.Array, state: EnvState, action: jax.Array, params: EnvParams
    ) -> tuple[Any, EnvState, jax.Array, jax.Array, jax.Array, dict[str, Any]]:
        """One decision point without reset; see `Environment.step_env`."""
        ended, reward, terminated, truncated, illegal = self._decide(state, jnp.asarray(action), params)
        seen = self.observe(None, ended, None, params)
        return self._values(ended, seen, seen, reward, terminated, truncated, illegal, ended)

    def render(self, state: EnvState) -> np.ndarray:
        """Both teams as pixels: uint8 (height, width, 3)."""
        from pokejax.render import draw

        return draw(jax.device_get(state))

    def _bits(self, key: jax.Array) -> jax.Array:
        """What a new battle is made of, the key's own bits: the seed and a number for each team, uint32 (4,)."""
        return jax.random.bits(key, (4,), jnp.uint32)

    def _fresh(self, bits: jax.Array) -> EnvState:
        """A new battle of the bits that `_bits` gives."""
        teams = []
        for player, candidates in enumerate(self.teams):
            rows = rows_of(candidates) if candidates else load_teams(self.format)
            teams.append(jnp.asarray(rows)[rng.scale(bits[2 + player], len(rows))])
        return battle.start(bits[:2], jnp.stack(teams))

    def _decide(self, state: EnvState, action: jax.Array, params: EnvParams) -> Any:
        """The state after a decision point, rewards, both flags and what was illegal, each player's on its own."""
        legal = masks.action_masks(state)
        action = action.astype(jnp.int32)
        allowed = jnp.any(legal & (action[:, None] == np.arange(masks.ACTIONS)), axis=1)
        chosen = jnp.where(allowed, action, jnp.argmax(legal, axis=1))
        ended = battle.advance(state, chosen)
        result = ended.result.astype(jnp.int32)
        over = result > 0
        fell = over & (jnp.asarray(state.result) == 0)  # a battle that had ended gives nothing more
        reward = jnp.where(fell, jnp.asarray(PRIZES)[result], 0.0)
        truncated = self.is_truncated(ended, params) & jnp.logical_not(over)
        return ended, reward, over, truncated, jnp.logical_not(allowed).astype(jnp.int32)

    def _values(
        self, new: EnvState, seen: Any, last: Any, reward: Any, terminated: Any, truncated: Any, illegal: Any,
        ended: EnvState,
    ) -> Any:  # fmt: skip
        """The six values of a step: `seen` are the views of the new state, `last` those of the battle played."""
        info = {
            "terminated": terminated,
            "truncated": truncated,
            "final_observation": last,
            "action_mask": self.action_mask(new),
            "illegal": illegal,
            "needs_decision": self.needs_decision(new),
            "turn": ended.turn.astype(jnp.int32),
            "error": ended.err.astype(jnp.int32),
        }
        return seen, new, reward, terminated, truncated, info


@dataclasses.dataclass(frozen=True, kw_only=True)
class PokeJax(SoloEnvironment):
    """Pokemon Showdown's random battles against an opponent.

    A step is one decision point. While only the opponent chooses, the learner's only legal action is 0, which has no
    effect, and `info["needs_decision"]` is false.

    Attributes:
        format: Showdown's name of the format.
        teams: those that the learner's team is drawn from; an empty tuple stands for the format's pool.
        opponent_teams: the same for the opponent.
        opponent: a name out of `pokejax.players.PLAYERS`, or a pure function (params, observation, action_mask, key) ->
            action.
        observation: "flat" or "tokens".
        constants: the default parameters.
    """

    name: ClassVar[str] = "PokeJax-v0"
    version: ClassVar[str] = "0"

    format: str = FORMATS[0]
    teams: tuple[Team, ...] = ()
    opponent_teams: tuple[Team, ...] = ()
    opponent: str | Policy = "max_damage"
    observation: str = "flat"
    constants: EnvParams = dataclasses.field(default_factory=EnvParams)

    def __post_init__(self) -> None:
        super().__post_init__()
        check_option("format", self.format, FORMATS)
        check_option("observation", self.observation, observation.FORMS)
        if not callable(self.opponent):
            check_option("opponent", self.opponent, tuple(PLAYERS))

    @property
    def game(self) -> PokeJaxMulti:
        """The battle of two that is played."""
        return PokeJaxMulti(
            format=self.format,
            teams=(self.teams, self.opponent_teams),
            observation=self.observation,
            viewers=LEARNER,
            constants=self.constants,
            auto_reset=self.auto_reset,
            pool_size=self.pool_size,
        )

    @property
    def opponent_policy(self) -> Policy:
        """Who plays the other side."""
        return PLAYERS[self.opponent] if isinstance(self.opponent, str) else self.opponent
