"""The environments: the game of two players, one decision a step, and one player's side of it against a policy."""

from __future__ import annotations

import dataclasses
from typing import Any, ClassVar

import jax
import jax.numpy as jnp
import numpy as np

from tcgjax import actions, decisions, engine, legal, observation
from tcgjax.data.decks import Deck, shipped_decks
from tcgjax.players import PLAYERS
from tcgjax.state import EnvParams, EnvState
from twinenvs import counter_random, spaces
from twinenvs.environment import check_option, select
from twinenvs.multi import NUM_PLAYERS, WAIT, MultiEnvironment, Policy, SoloEnvironment

OPENINGS = ("inject", "mulligan")
_SIDES = np.arange(NUM_PLAYERS)


@dataclasses.dataclass(frozen=True, kw_only=True)
class TCGJaxMulti(MultiEnvironment):
    """Pokemon TCG Pocket between two players, by the rules of docs/tcgjax/SPEC.md.

    A game's random stream lives in its state: `step` reads its key only where `auto_reset` is "pooled".

    Attributes:
        decks: of each player, those that an episode draws its deck from; an empty tuple stands for the shipped ones.
        observation: "flat" or "tokens", see `tcgjax.observation`.
        opening: how the opening Basic is guaranteed (A2).
        constants: the default parameters.
    """

    name: ClassVar[str] = "TCGJax-v0"
    version: ClassVar[str] = "0"

    decks: tuple[tuple[Deck, ...], tuple[Deck, ...]] = ((), ())
    observation: str = "flat"
    opening: str = decisions.A2_OPENING
    constants: EnvParams = dataclasses.field(default_factory=EnvParams)

    def __post_init__(self) -> None:
        super().__post_init__()
        check_option("observation", self.observation, observation.FORMS)
        check_option("opening", self.opening, OPENINGS)

    @property
    def default_params(self) -> EnvParams:
        """The numbers given to `make_multi`."""
        return self.constants

    def compiler_options(self, platform: str) -> dict[str, Any]:
        """On CPU XLA's fusion pass recomputes shared values and makes compilation many times longer."""
        return {"xla_disable_hlo_passes": "fusion"} if platform == "cpu" else {}

    def action_space(self, params: EnvParams | None = None) -> spaces.Discrete:
        """The 76 actions of section 13.1."""
        return spaces.Discrete(actions.NUM_ACTIONS)

    def observation_space(self, params: EnvParams | None = None) -> spaces.Space:
        """float32 (n,), ordered as `tcgjax.observation.names()`; as tokens a Dict."""
        return observation.space(self.observation)

    def player_observation(self, state: EnvState, player: Any, params: EnvParams | None = None) -> Any:
        """A player's view, in `observation_space`."""
        return observation.observe(state, player, self.observation)

    def player_mask(self, state: EnvState, player: Any) -> jax.Array:
        """A player's legal actions: bool (76,)."""
        waiting = np.arange(actions.NUM_ACTIONS) == WAIT
        return jnp.where(state.decider == player, legal.mask(jnp.asarray(state.legal)), waiting)

    def needs_decision(self, state: EnvState) -> jax.Array:
        """Which player decides: bool (2,)."""
        return legal.needs_decision(state)

    def reset_env(self, key: jax.Array, params: EnvParams) -> tuple[jax.Array, EnvState]:
        """Starts a game: (observations (2, n), state)."""
        state = engine.with_legal(self._begin(jax.random.bits(key, (4,), jnp.uint32), params))
        return self.observe(None, state, None, params), state

    def next_episode(self, key: jax.Array, ended: EnvState, params: EnvParams) -> tuple[jax.Array, EnvState]:
        """Starts the game that follows, from the random stream of the ended one: (observations (2, n), state)."""
        state = engine.with_legal(self._next(ended, params))
        return self.observe(None, state, None, params), state

    def step(
        self, key: jax.Array, state: EnvState, action: Any, params: EnvParams | None = None
    ) -> tuple[jax.Array, EnvState, jax.Array, jax.Array, jax.Array, dict[str, Any]]:
        """One decision, followed by a new game where one ended; see `Environment.step`.

        Legal actions and observations are computed once, of the state that is returned.
        """
        params = self.constants if params is None else params
        if self.auto_reset == "none":
            return super().step(key, state, action, params)
        action = self.check_action(action, state)
        played, reward, terminated, truncated, illegal = self._play(state, action, params)
        following = self._next(played, params) if self.auto_reset == "fresh" else self._prepared(key, played, params)
        new = engine.with_legal(select(terminated | truncated, following, played))
        final = self.observe(None, played, None, params)
        return self.observe(None, new, None, params), *self._rest(
            new, played, reward, terminated, truncated, illegal, final
        )

    def step_env(
        self, key: jax.Array, state: EnvState, action: jax.Array, params: EnvParams
    ) -> tuple[jax.Array, EnvState, jax.Array, jax.Array, jax.Array, dict[str, Any]]:
        """One decision without reset; see `Environment.step_env`."""
        played, reward, terminated, truncated, illegal = self._play(state, action, params)
        new = engine.with_legal(played)
        final = self.observe(None, new, None, params)
        return final, *self._rest(new, new, reward, terminated, truncated, illegal, final)

    def render(self, state: EnvState) -> np.ndarray:
        """The board as pixels: uint8 (height, width, 3)."""
        from tcgjax.render import draw

        return draw(jax.device_get(state))

    def _play(self, state: EnvState, action: jax.Array, params: EnvParams) -> Any:
        """The state after a decision, rewards float32 (2,), terminated, truncated bool (), illegal int32 (2,)."""
        given = jnp.asarray(action).astype(jnp.int32)
        played, was_replaced = engine.play(state, jnp.where(state.decider == 0, given[0], given[1]))
        illegal = jnp.where(state.decider == _SIDES, was_replaced, given != WAIT).astype(jnp.int32)
        terminated = played.result != actions.ONGOING
        won = (played.result == _SIDES + actions.WON_0) & (state.result == actions.ONGOING)
        reward = won.astype(jnp.float32) - won[::-1].astype(jnp.float32)
        return played, reward, terminated, ~terminated & self.is_truncated(played, params), illegal

    def _rest(
        self,
        new: EnvState,
        played: EnvState,
        reward: jax.Array,
        terminated: jax.Array,
        truncated: jax.Array,
        illegal: jax.Array,
        final: jax.Array,
    ) -> tuple[EnvState, jax.Array, jax.Array, jax.Array, dict[str, Any]]:
        """What `step` returns beside the observations."""
        info = {
            "terminated": terminated,
            "truncated": truncated,
            "final_observation": final,
            "action_mask": self.action_mask(new),
            "illegal": illegal,
            "needs_decision": self.needs_decision(new),
            "turn": played.turn.astype(jnp.int32),
        }
        return new, reward, terminated, truncated, info

    def _begin(self, words: jax.Array, params: EnvParams) -> EnvState:
        """A new game from random words, uint32 (4,)."""
        chosen = [self._draw_deck(side, words[2 + side]) for side in range(NUM_PLAYERS)]
        cards, types = (jnp.stack(parts) for parts in zip(*chosen, strict=True))
        return engine.begin(words[:2], cards, types, self.opening, jnp.asarray(params.max_turns))

    def _next(self, ended: EnvState, params: EnvParams) -> EnvState:
        """The game after another, from the four words after those that the other used."""
        count = ended.draws + np.arange(4, dtype=np.uint32)
        mixed = count * jnp.uint32(counter_random.WEYL_INCREMENT) + ended.seed[0]
        return self._begin(counter_random.hash_uint32(mixed ^ ended.seed[1]), params)

    def _prepared(self, key: jax.Array, ended: EnvState, params: EnvParams) -> EnvState:
        """One of the prepared starts, which goes on with the ended game's random stream."""
        _, state = self._auto_reset(jax.random.split(key)[1], ended, params)
        return state.replace(seed=ended.seed, draws=ended.draws)

    def _draw_deck(self, side: int, word: jax.Array) -> tuple[jax.Array, jax.Array]:
        """A uniform deck of a player's: its cards int16 (20,) and types uint8 ()."""
        candidates = self.decks[side] or tuple(shipped_decks().values())
        index = (word >> 16) * np.uint32(len(candidates)) >> 16
        cards = np.array([deck.cards for deck in candidates], np.int16)
        types = np.array([deck.energy_mask for deck in candidates], np.uint8)
        return jnp.asarray(cards)[index], jnp.asarray(types)[index]


@dataclasses.dataclass(frozen=True, kw_only=True)
class TCGJax(SoloEnvironment):
    """Pokemon TCG Pocket against an opponent, by the rules of docs/tcgjax/SPEC.md.

    A step is one decision of either player. While the opponent decides, the learner's only legal action is 0, which has
    no effect, and `info["needs_decision"]` is false.

    Attributes:
        decks: the learner's deck; with several, each episode draws one. Empty: the shipped ones.
        opponent_decks: the same for the opponent.
        opponent: a name out of `tcgjax.players.PLAYERS`, or a pure function (params, observation, action_mask, key) ->
            action.
        observation: "flat" or "tokens".
        opening: how the opening Basic is guaranteed (A2).
        constants: the default parameters.
    """

    name: ClassVar[str] = "TCGJax-v0"
    version: ClassVar[str] = "0"

    decks: tuple[Deck, ...] = ()
    opponent_decks: tuple[Deck, ...] = ()
    opponent: str | Policy = "weighted"
    observation: str = "flat"
    opening: str = decisions.A2_OPENING
    constants: EnvParams = dataclasses.field(default_factory=EnvParams)

    def __post_init__(self) -> None:
        super().__post_init__()
        check_option("observation", self.observation, observation.FORMS)
        check_option("opening", self.opening, OPENINGS)
        if not callable(self.opponent):
            check_option("opponent", self.opponent, tuple(PLAYERS))

    @property
    def game(self) -> TCGJaxMulti:
        """The game of two that is played."""
        return TCGJaxMulti(
            decks=(self.decks, self.opponent_decks),
            observation=self.observation,
            opening=self.opening,
            constants=self.constants,
            auto_reset=self.auto_reset,
            pool_size=self.pool_size,
        )

    @property
    def opponent_policy(self) -> Policy:
        """Who plays the other side."""
        return PLAYERS[self.opponent] if isinstance(self.opponent, str) else self.opponent
