"""Chance (section 10): words of a counter hash, or of a tape; coins and picks made of them."""

from __future__ import annotations

import dataclasses
from collections.abc import Iterable
from typing import Any

from tcgjax.decisions import MAX_COINS

WORD = 2**32
_MASK = WORD - 1
WEYL_INCREMENT = 0x9E3779B9


def mix(x: int) -> int:
    """The finaliser lowbias32 of a 32-bit word (10.1)."""
    x ^= x >> 16
    x = x * 0x7FEB352D & _MASK
    x ^= x >> 15
    x = x * 0x846CA68B & _MASK
    return x ^ (x >> 16)


class TapeError(ValueError):
    """A tape does not fit the game; the sentence says where."""


def heads_word(coins: Iterable[Any]) -> int:
    """A word whose coins fall as given: "H" or a true value is heads."""
    return sum(1 << i for i, coin in enumerate(coins) if coin in ("H", True, 1))


def pick_word(index: int, count: int) -> int:
    """The lowest word that picks `index` out of `count` candidates."""
    return -(-index * WORD // count)


@dataclasses.dataclass
class Chance:
    """Where coins and picks come from; the only source of randomness of a game.

    Attributes:
        seed: two 32-bit words.
        draws: number of words used so far.
        tape: entries that replace the words, in order: an integer (a word), "HTH" (coins), or {"pick": index}. None
            means the hash; with a tape, what it does not say is an error.
        record: if a list, every use is appended as (purpose, candidates or coins, result).
    """

    seed: tuple[int, int]
    draws: int = 0
    tape: list[Any] | None = None
    record: list[tuple[str, int, int]] | None = None

    def _word(self, purpose: str, count: int, kind: str) -> int:
        index = self.draws
        self.draws += 1
        if self.tape is None:
            return mix((index * WEYL_INCREMENT + self.seed[0] & _MASK) ^ self.seed[1])
        if index >= len(self.tape):
            raise TapeError(f"the tape ends before draw {index} ({purpose}, {kind} of {count}).")
        entry = self.tape[index]
        if isinstance(entry, str) and kind == "coins" and set(entry) <= {"H", "T"} and len(entry) <= count:
            return heads_word(entry)
        if isinstance(entry, dict) and kind == "pick" and 0 <= entry.get("pick", -1) < count:
            return pick_word(entry["pick"], count)
        if isinstance(entry, int) and 0 <= entry < WORD:
            return entry
        raise TapeError(f"draw {index} of the tape is {entry!r}, but {purpose} needs {kind} of {count}.")

    def pick(self, count: int, purpose: str) -> int:
        """A uniform index below `count` (10.4)."""
        index = self._word(purpose, count, "pick") * count >> 32
        if self.record is not None:
            self.record.append((purpose, count, index))
        return index

    def coins(self, count: int, purpose: str) -> int:
        """The number of heads of `count` coins (10.5)."""
        count = min(count, MAX_COINS)
        heads = (self._word(purpose, count, "coins") & ((1 << count) - 1)).bit_count()
        if self.record is not None:
            self.record.append((purpose, count, heads))
        return heads

    def until_tails(self, purpose: str) -> int:
        """The number of heads before the first tails (10.6)."""
        word = self._word(purpose, MAX_COINS, "coins")
        heads = (word & ~(word + 1)).bit_count()
        if self.record is not None:
            self.record.append((purpose, MAX_COINS, heads))
        return heads
