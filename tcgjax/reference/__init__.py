"""The reference engine: plain Python objects, one function a rule, written from docs/tcgjax/SPEC.md."""

from tcgjax.reference.engine import Game, IllegalActionError, replay

__all__ = ["Game", "IllegalActionError", "replay"]
