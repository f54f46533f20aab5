"""An observation's tables by the names of their columns: what the scripted players read."""

from __future__ import annotations

from typing import Any

import jax
import jax.numpy as jnp
import numpy as np

from pokejax import observation_layout as columns
from pokejax import state as layout

OWN, FOE = 0, 1


class View:
    """One player's observation as tokens; rows 0-5 of the Pokemon are the own team in its first order.

    Attributes:
        standing: int32 (2,), the row of each side's Pokemon on the field within its six; 0 if none has been seen.
    """

    def __init__(self, seen: dict[str, Any]) -> None:
        """Of tables int16 as `pokejax.observation_layout.PARTS` declares them."""
        self._tables = {part: jnp.asarray(seen[part]).astype(jnp.int32) for part in columns.PARTS}
        self.standing = jnp.argmax(self.team("active"), axis=1).astype(jnp.int32)

    def team(self, name: str) -> jax.Array:
        """A column of the Pokemon: int32 (2, 6), the own team first."""
        return self._tables["pokemon"][:, columns.index("pokemon", name)].reshape(2, layout.PARTY)

    def now(self, name: str) -> jax.Array:
        """A column of the Pokemon on the field: int32 (2,), the own one first."""
        return self._tables["active"][:, columns.index("active", name)]

    def field(self, name: str) -> jax.Array:
        """A value that both sides share: int32 ()."""
        return self._tables["field"][columns.index("field", name)]

    def at_hand(self, name: str) -> jax.Array:
        """A column of the team's rows of those on the field: int32 (2,), the own one first."""
        here = np.arange(layout.PARTY) == self.standing[:, None]
        return jnp.sum(jnp.where(here, self.team(name), 0), axis=1)

    def fraction(self) -> tuple[jax.Array, jax.Array]:
        """HP left as (points, points when whole), int32 (2, 6) each: the own exactly, the foe's in percent."""
        own = np.array([[True], [False]])
        left = jnp.where(own, self.team("hp"), self.team("percent"))
        return left, jnp.where(own, jnp.maximum(self.team("max_hp"), 1), 100)
