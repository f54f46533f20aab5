"""The environments: the game of two players, one decision a step, and one player's side of it against a policy."""

from __future__ import annotations

import dataclasses
import functools
from collections.abc import Callable
from typing import Any, ClassVar

import jax
import jax.numpy as jnp
import numpy as np

from tcgjax import actions, decisions, legal, observation, transitions
from tcgjax.data.decks import Deck, shipped_decks
from tcgjax.players import PLAYERS, SEARCHERS
from tcgjax.state import EnvParams, EnvState
from twinenvs import fusion, spaces
from twinenvs.batch_last import batch_last
from twinenvs.environment import check_option, select
from twinenvs.multi import LEARNER, NUM_PLAYERS, VIEWERS, WAIT, MultiEnvironment, Policy, SoloEnvironment
from twinenvs.rare import rarely

OPENINGS = ("inject", "mulligan")
PLAYERS_OF_A_GAME = tuple(range(NUM_PLAYERS))


@functools.cache
def _decision(rules: transitions.Rules) -> Callable[..., transitions.Decision]:
    """`transitions.decide` of (state, both players' actions, params)."""
    return batch_last(functools.partial(transitions.decide, rules))


@functools.cache
def _following(rules: transitions.Rules) -> Callable[..., EnvState]:
    """`transitions.following` of (ended, params)."""
    return batch_last(functools.partial(transitions.following, rules))


@functools.cache
def _seen(form: str, players: tuple[int, ...]) -> Callable[[EnvState], Any]:
    """What players see in one form, of the state: leaves (players, ...); what they share is computed once."""

    def tokens(state: EnvState) -> Any:
        views = [observation.tokens(state, player) for player in players]
        return jax.tree.map(lambda *leaves: jnp.stack(leaves), *views)

    def numbers(state: EnvState) -> jax.Array:
        parts = [part for player in players for part in observation.numbers(state, player)]
        return jnp.concatenate(parts).reshape(len(players), -1)

    if form == "tokens":
        return batch_last(tokens)
    whole = batch_last(numbers)
    return lambda state: observation.scaled(whole(state))


@dataclasses.dataclass(frozen=True, kw_only=True)
class TCGJaxMulti(MultiEnvironment):
    """Pokemon TCG Pocket between two players, by the rules of docs/tcgjax/SPEC.md.

    A game's random stream lives in its state: `step` reads its key only where `auto_reset` is "pooled".

    Attributes:
        decks: of each player, those that an episode draws its deck from; an empty tuple stands for the shipped ones.
        observation: "flat" or "tokens", see `tcgjax.observation`.
        opening: how the opening Basic is guaranteed (A2).
        viewers: the players whose observations `reset` and `step` give; leaves (viewers, ...).
        constants: the default parameters.
    """

    name: ClassVar[str] = "TCGJax-v0"
    version: ClassVar[str] = "0"

    decks: tuple[tuple[Deck, ...], tuple[Deck, ...]] = ((), ())
    observation: str = "flat"
    viewers: tuple[int, ...] = PLAYERS_OF_A_GAME
    opening: str = decisions.A2_OPENING
    constants: EnvParams = dataclasses.field(default_factory=EnvParams)

    def __post_init__(self) -> None:
        super().__post_init__()
        check_option("observation", self.observation, observation.FORMS)
        check_option("viewers", self.viewers, VIEWERS)
        check_option("opening", self.opening, OPENINGS)

    @property
    def default_params(self) -> EnvParams:
        """The numbers given to `make_multi`."""
        return self.constants

    def compiler_options(self, platform: str) -> dict[str, Any]:
        """On CPU those under which XLA keeps to the rules' plan of what is computed together."""
        return dict(fusion.OPTIONS) if platform == "cpu" else {}

    def action_space(self, params: EnvParams | None = None) -> spaces.Discrete:
        """The 76 actions of section 13.1."""
        return spaces.Discrete(actions.NUM_ACTIONS)

    def observation_space(self, params: EnvParams | None = None) -> spaces.Space:
        """float32 (n,), ordered as `tcgjax.observation.names()`; as tokens a Dict."""
        return observation.space(self.observation)

    def player_observation(self, state: EnvState, player: Any, params: EnvParams | None = None) -> Any:
        """A player's view, in `observation_space`."""
        if isinstance(player, jax.Array):
            return jax.tree.map(lambda leaf: leaf[player], _seen(self.observation, PLAYERS_OF_A_GAME)(state))
        return jax.tree.map(lambda leaf: leaf[0], _seen(self.observation, (int(player),))(state))

    def observe(self, key: jax.Array | None, state: EnvState, action: jax.Array | None, params: EnvParams) -> Any:
        """The viewers' observations: leaves (viewers, ...)."""
        return _seen(self.observation, self.viewers)(state)

    def player_mask(self, state: EnvState, player: Any) -> jax.Array:
        """A player's legal actions: bool (76,)."""
        waiting = np.arange(actions.NUM_ACTIONS) == WAIT
        return jnp.where(state.decider == player, legal.mask(jnp.asarray(state.legal)), waiting)

    def needs_decision(self, state: EnvState) -> jax.Array:
        """Which player decides: bool (2,)."""
        return legal.needs_decision(state)

    def reset_env(self, key: jax.Array, params: EnvParams) -> tuple[Any, EnvState]:
        """Starts a game: (observations of both, state)."""
        words = jax.random.bits(key, (4,), jnp.uint32)
        state = transitions.start(self._rules, words, params)
        return self.observe(None, state, None, params), state

    def next_episode(self, key: jax.Array, ended: EnvState, params: EnvParams) -> tuple[Any, EnvState]:
        """Starts the game that follows, from the random stream of the ended one: (observations of both, state)."""
        state = transitions.following(self._rules, ended, params)
        return self.observe(None, state, None, params), state

    def step(
        self, key: jax.Array, state: EnvState, action: Any, params: EnvParams | None = None
    ) -> tuple[Any, EnvState, jax.Array, jax.Array, jax.Array, dict[str, Any]]:
        """One decision, followed by a new game where one ended; see `Environment.step`.

        Few games of a batch end in a step: the new game and the last observation are made for those alone.
        """
        params = self.constants if params is None else params
        if self.auto_reset == "none":
            return super().step(key, state, action, params)
        action = self.check_action(action, state)
        outcome = _decision(self._rules)(state, action, params)
        over, ended = outcome.terminated | outcome.truncated, outcome.state
        if self.auto_reset == "fresh":
            begin = _following(self._rules)
            new = rarely(lambda when, game: select(when, begin(game, params), game), over, ended)
        else:
            new = select(over, self._prepared(key, ended, params), ended)
        seen = self.observe(None, new, None, params)
        last = rarely(lambda when, seen: select(when, self.observe(None, ended, None, params), seen), over, seen)
        return self._values(outcome, new, seen, last)

    def step_env(
        self, key: jax.Array, state: EnvState, action: jax.Array, params: EnvParams
    ) -> tuple[Any, EnvState, jax.Array, jax.Array, jax.Array, dict[str, Any]]:
        """One decision without reset; see `Environment.step_env`."""
        outcome = _decision(self._rules)(state, jnp.asarray(action), params)
        seen = self.observe(None, outcome.state, None, params)
        return self._values(outcome, outcome.state, seen, seen)

    def render(self, state: EnvState) -> np.ndarray:
        """The board as pixels: uint8 (height, width, 3)."""
        from tcgjax.render import draw

        return draw(jax.device_get(state))

    def _values(self, outcome: transitions.Decision, new: EnvState, seen: Any, last: Any) -> Any:
        """The six values of a step: observations of the new state and of the one that the decision led to."""
        info = {
            "terminated": outcome.terminated,
            "truncated": outcome.truncated,
            "final_observation": last,
            "action_mask": self.action_mask(new),
            "illegal": outcome.illegal,
            "needs_decision": self.needs_decision(new),
            "turn": outcome.state.turn.astype(jnp.int32),
        }
        return seen, new, outcome.reward, outcome.terminated, outcome.truncated, info

    @property
    def _rules(self) -> transitions.Rules:
        decks = tuple(side or tuple(shipped_decks().values()) for side in self.decks)
        return transitions.Rules((decks[0], decks[1]), self.opening)

    def _prepared(self, key: jax.Array, ended: EnvState, params: EnvParams) -> EnvState:
        """One of the prepared starts, which goes on with the ended game's random stream."""
        _, state = self._auto_reset(jax.random.split(key)[1], ended, params)
        return state.replace(seed=ended.seed, draws=ended.draws)


@dataclasses.dataclass(frozen=True, kw_only=True)
class TCGJax(SoloEnvironment):
    """Pokemon TCG Pocket against an opponent, by the rules of docs/tcgjax/SPEC.md.

    A step is one decision of either player. While the opponent decides, the learner's only legal action is 0, which has
    no effect, and `info["needs_decision"]` is false.

    Attributes:
        decks: the learner's deck; with several, each episode draws one. Empty: the shipped ones.
        opponent_decks: the same for the opponent.
        opponent: a name out of `tcgjax.players.PLAYERS` or `SEARCHERS`, or a pure function (params, observation,
            action_mask, key) -> action.
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
        _ = self.game  # checks the options of the game
        if not callable(self.opponent):
            check_option("opponent", self.opponent, (*PLAYERS, *SEARCHERS))

    @property
    def game(self) -> TCGJaxMulti:
        """The game of two that is played."""
        return TCGJaxMulti(
            decks=(self.decks, self.opponent_decks),
            observation=self.observation,
            opening=self.opening,
            viewers=LEARNER,
            constants=self.constants,
            auto_reset=self.auto_reset,
            pool_size=self.pool_size,
        )

    @property
    def opponent_policy(self) -> Policy:
        """Who plays the other side, where it is a policy.

        Raises:
            ValueError: the opponent searches, which no function of an observation does.
        """
        if self.opponent in SEARCHERS:
            raise ValueError(f"opponent {self.opponent!r} searches and is no policy; ask `opponent_action`.")
        return PLAYERS[self.opponent] if isinstance(self.opponent, str) else self.opponent

    def opponent_action(self, key: jax.Array, state: EnvState, params: EnvParams) -> jax.Array:
        """What the opponent does; see `SoloEnvironment.opponent_action`."""
        depth = SEARCHERS.get(self.opponent) if isinstance(self.opponent, str) else None
        if depth is None:
            return super().opponent_action(key, state, params)
        from tcgjax.search import search

        chosen = search(state, key, depth)
        return jnp.where(state.decider == 1, chosen, WAIT)
