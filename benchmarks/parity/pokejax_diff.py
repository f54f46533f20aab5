"""Shows where the engine and Showdown part: `python -m benchmarks.parity.pokejax_diff --battle SEED`.

By default each battle is followed from its start to its first difference. With --each every decision is tried on its
own from Showdown's state before it, so that one run shows many differences: a help to find faults, no proof of parity.
"""

from __future__ import annotations

import argparse
import collections
import sys
from collections.abc import Sequence

import jax
import numpy as np

from benchmarks.errors import INPUT_MISSING, InputMissingError
from benchmarks.oracles.showdown.process import POLICIES, Oracle, fresh_battles
from benchmarks.parity.pokejax_engine import Engine
from benchmarks.parity.pokejax_replay import (
    Battle,
    Word,
    decisions_of,
    differing_words,
    rows_of,
    try_decisions,
    words_of_hex,
    words_of_states,
)
from pokejax import vocabulary

SHOWN_WORDS = 12
SHOWN_OF_A_FIELD = 2
WANT = ("teams", "words", "draws", "log")


def describe_action(action: int, battle: Battle, side: int) -> str:
    """An action in words."""
    if action < 6:
        return f"switch to {battle['rows'][side][action][0]}"
    return f"move slot {action - 6}"


def print_step(battle: Battle, step: int, words: Sequence[Word], errors: int, masks: Sequence[int]) -> None:
    """What happened at a decision point in Showdown, and the words that differ after it."""
    print(f"battle {battle['seed']}, teams {battle['teams']}, decision point {step}:")
    if step > 0:
        actions = battle["actions"][step - 1]
        print("  actions: " + "; ".join(describe_action(a, battle, i) for i, a in enumerate(actions)))
    for site, n, result in battle["draws"][step]:
        print(f"  draw {site}: {result} of {n}")
    for line in battle["logs"][step]:
        if line.strip("|") and not line.startswith(("|t:", "|split")):
            print(f"  {line}")
    flags = [name for i, name in enumerate(vocabulary.ERRORS) if errors >> i & 1]
    if flags:
        print(f"  the engine says: {', '.join(flags)}")
    for word in words[:SHOWN_WORDS]:
        print(f"  {word.name}: {word.ours} here, {word.original} in Showdown")
    if len(words) > SHOWN_WORDS:
        print(f"  and {len(words) - SHOWN_WORDS} words more")
    expected = list(battle["masks"][step])
    if list(masks) != expected:
        print(f"  legal actions: {[f'{m:010b}' for m in masks]} here, {[f'{m:010b}' for m in expected]} in Showdown")


def follow(engine: Engine, battle: Battle, teams: np.ndarray) -> bool:
    """Plays one battle to its first difference; whether there was none."""
    state, seen = engine.start(np.array([words_of_hex(battle["seed"])], np.uint32), teams[None])
    for step in range(len(battle["hashes"])):
        state, seen = jax.device_get((state, seen))
        words = differing_words(words_of_states(state)[0], battle["words"][step])
        masks = [int(mask) for mask in seen.masks[0]]
        if words or int(seen.errors[0]) or masks != list(battle["masks"][step]):
            print_step(battle, step, words, int(seen.errors[0]), masks)
            return False
        if step < len(battle["actions"]):
            state, seen = engine.step(state, np.array([battle["actions"][step]], np.int32))
    return True


def each(engine: Engine, battles: Sequence[Battle], batch: int, shown: int, with_errors: bool) -> bool:
    """Tries every decision from Showdown's state; prints some that differ, two of a field; whether all agree."""
    decisions = decisions_of(battles)
    tried = try_decisions(engine, decisions, batch)
    places = [(battle, step) for battle in battles for step in range(1, len(battle["hashes"]))]
    counts: collections.Counter[str] = collections.Counter(equal=int(tried.is_equal(decisions).sum()))
    printed: collections.Counter[str] = collections.Counter()
    for k in np.flatnonzero(~tried.is_equal(decisions)):
        words = differing_words(tried.after[k], decisions.after[k])
        error = int(tried.errors[k])
        name = f"err {error}" if error else words[0].name if words else "masks"
        counts[name] += 1
        field = name.split("[")[0]
        if (with_errors or not error) and printed[field] < SHOWN_OF_A_FIELD and sum(printed.values()) < shown:
            printed[field] += 1
            print_step(*places[k], words, error, tried.masks[k].tolist())
    for name, count in counts.most_common():
        print(f"{count:6d} {name}")
    return counts.total() == counts["equal"]


def main(arguments: Sequence[str] | None = None) -> int:
    """The command; 0 if nothing differed, 1 if something did, 2 without Showdown."""
    parser = argparse.ArgumentParser(prog="python -m benchmarks.parity.pokejax_diff", description=__doc__)
    parser.add_argument("--battle", type=int, default=0, help="seed of the first battle")
    parser.add_argument("--count", type=int, default=1, help="battles, of seeds one after another")
    parser.add_argument("--policy", default="random", choices=(*POLICIES, "mixed"), help="both sides' player")
    parser.add_argument("--each", action="store_true", help="every decision on its own, from Showdown's state")
    parser.add_argument("--changed", action="store_true", help="with --each: positions are changed at random before")
    parser.add_argument("--errors", action="store_true", help="with --each: show decisions with error flags too")
    parser.add_argument("--batch", type=int, default=128, help="decisions at once with --each")
    parser.add_argument("--shown", type=int, default=8, help="differences printed with --each")
    flags = parser.parse_args(arguments)
    engine = Engine()
    try:
        with Oracle() as oracle:
            asked = [fresh_battles(1, flags.battle + i, (flags.policy,) * 2)[0] for i in range(flags.count)]
            if flags.changed:
                asked = [battle | {"perturb": flags.battle + i} for i, battle in enumerate(asked)]
            battles = list(oracle.play(asked, WANT))
            if flags.each:
                return int(not each(engine, battles, flags.batch, flags.shown, flags.errors))
            equal = sum(follow(engine, one, rows_of([one], oracle.format)[0]) for one in battles)
    except InputMissingError as error:
        print(error, file=sys.stderr)
        return INPUT_MISSING
    print(f"{equal} of {flags.count} battles without a difference")
    return int(equal < flags.count)


if __name__ == "__main__":
    sys.exit(main())
