"""The single-agent environment: the learner is player 0, a policy plays the other side, one decision a step."""

from __future__ import annotations

import dataclasses
from typing import Any, ClassVar

import jax
import jax.numpy as jnp
import numpy as np

from tcgjax import actions, decisions, engine, legal, observation
from tcgjax.data.decks import Deck, shipped_decks
from tcgjax.players import PLAYERS, Policy
from tcgjax.state import EnvParams, EnvState
from twinenvs import spaces
from twinenvs.environment import Environment, check_option

OPENINGS = ("inject", "mulligan")
# Above what any entry of the observation reaches: HP, counts and amounts are divided to come near 1.
LARGEST = 64.0


@dataclasses.dataclass(frozen=True, kw_only=True)
class TCGJax(Environment):
    """Pokemon TCG Pocket against an opponent, by the rules of docs/tcgjax/SPEC.md.

    A step is one decision of either player. While the opponent decides, the learner's only legal action is 0, which has
    no effect, and `info["needs_decision"]` is false.

    Attributes:
        decks: the learner's deck; with several, each episode draws one. Empty: the shipped ones.
        opponent_decks: the same for the opponent.
        opponent: "weighted", "random", or a pure function (params, observation, action_mask, key) -> action.
        opening: how the opening Basic is guaranteed (A2).
        constants: the default parameters.
    """

    name: ClassVar[str] = "TCGJax-v0"
    version: ClassVar[str] = "0"

    decks: tuple[Deck, ...] = ()
    opponent_decks: tuple[Deck, ...] = ()
    opponent: str | Policy = "weighted"
    opening: str = decisions.A2_OPENING
    constants: EnvParams = dataclasses.field(default_factory=EnvParams)

    def __post_init__(self) -> None:
        super().__post_init__()
        check_option("opening", self.opening, OPENINGS)
        if not callable(self.opponent):
            check_option("opponent", self.opponent, tuple(PLAYERS))

    @property
    def default_params(self) -> EnvParams:
        """The numbers given to `make`."""
        return self.constants

    def compiler_options(self, platform: str) -> dict[str, Any]:
        """On CPU XLA's fusion pass recomputes shared values and makes compilation many times longer."""
        return {"xla_disable_hlo_passes": "fusion"} if platform == "cpu" else {}

    def action_space(self, params: EnvParams | None = None) -> spaces.Discrete:
        """The 76 actions of section 13.1."""
        return spaces.Discrete(actions.NUM_ACTIONS)

    def observation_space(self, params: EnvParams | None = None) -> spaces.Box:
        """float32 (n,), ordered as `tcgjax.observation.names()`."""
        return spaces.Box(-LARGEST, LARGEST, (len(observation.names()),))

    def action_mask(self, state: EnvState) -> jax.Array:
        """The learner's legal actions: bool (76,); only 0 while the opponent decides."""
        waiting = np.arange(actions.NUM_ACTIONS) == actions.END
        return jnp.where(state.decider == 0, legal.mask(jnp.asarray(state.legal)), waiting)

    def observe(self, key: jax.Array | None, state: EnvState, action: jax.Array | None, params: EnvParams) -> jax.Array:
        """The learner's view: float32 (n,)."""
        return observation.flat(state, np.int32(0))

    def reset_env(self, key: jax.Array, params: EnvParams) -> tuple[jax.Array, EnvState]:
        """Starts a game: (observation, state)."""
        words = jax.random.bits(key, (4,), jnp.uint32)
        chosen = [self._draw_deck(self.decks, words[2]), self._draw_deck(self.opponent_decks, words[3])]
        cards, types = (jnp.stack(parts) for parts in zip(*chosen, strict=True))
        state = engine.reset(words[:2], cards, types, self.opening, jnp.asarray(params.max_turns))
        return self.observe(None, state, None, params), state

    def step_env(
        self, key: jax.Array, state: EnvState, action: jax.Array, params: EnvParams
    ) -> tuple[jax.Array, EnvState, jax.Array, jax.Array, jax.Array, dict[str, Any]]:
        """One decision without reset; see `Environment.step_env`."""
        decides = state.decider == 0
        policy = self.opponent if callable(self.opponent) else PLAYERS[self.opponent]
        seen = observation.flat(state, np.int32(1))
        theirs = policy(None, seen, legal.mask(jnp.asarray(state.legal)), key)
        new, replaced = engine.step(state, jnp.where(decides, action, theirs))
        illegal = jnp.where(decides, replaced, jnp.asarray(action) != actions.END)
        ended = (state.result == actions.ONGOING) & (new.result != actions.ONGOING)
        won = (new.result == actions.WON_0).astype(jnp.float32) - (new.result == actions.WON_1).astype(jnp.float32)
        terminated = new.result != actions.ONGOING
        truncated = ~terminated & self.is_truncated(new, params)
        final = self.observe(None, new, None, params)
        info = {
            "terminated": terminated,
            "truncated": truncated,
            "final_observation": final,
            "action_mask": self.action_mask(new),
            "illegal": illegal.astype(jnp.int32),
            "needs_decision": (new.decider == 0) & ~terminated,
            "turn": new.turn.astype(jnp.int32),
        }
        return final, new, jnp.where(ended, won, 0.0), terminated, truncated, info

    def render(self, state: EnvState) -> np.ndarray:
        """The board as pixels: uint8 (height, width, 3)."""
        from tcgjax.render import draw

        return draw(jax.device_get(state))

    def _draw_deck(self, decks: tuple[Deck, ...], word: jax.Array) -> tuple[jax.Array, jax.Array]:
        """A uniform deck: its cards int16 (20,) and types uint8 ()."""
        candidates = decks or tuple(shipped_decks().values())
        index = (word >> 16) * np.uint32(len(candidates)) >> 16
        cards = np.array([deck.cards for deck in candidates], np.int16)
        types = np.array([deck.energy_mask for deck in candidates], np.uint8)
        return jnp.asarray(cards)[index], jnp.asarray(types)[index]
