"""Games: what the buttons are, what is rewarded, when an episode ends; each a declaration."""

from __future__ import annotations

from emurust.games.builtin import BUILTIN
from emurust.games.spec import Condition, GameSpec, Term, read_spec

__all__ = ["BUILTIN", "Condition", "GameSpec", "Term", "read_spec"]
