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
    differing_words,
    rows_of,
    state_of_words,
    words_of_hex,
)
from pokejax import vocabulary

SHOWN_WORDS = 12
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
    seed = np.array([words_of_hex(battle["seed"])], np.uint32)
    state, seen = engine.start(seed, teams[None])
    for step in range(len(battle["hashes"])):
        here = jax.tree.map(lambda leaf: np.asarray(leaf)[0], jax.device_get(state))
        words = differing_words(here, battle["words"][step])
        masks = [int(mask) for mask in seen.masks[0]]
        if words or int(seen.errors[0]) or masks != list(battle["masks"][step]):
            print_step(battle, step, words, int(seen.errors[0]), masks)
            return False
        if step < len(battle["actions"]):
            state, seen = engine.step(state, np.array([battle["actions"][step]], np.int32))
    return True


def each(engine: Engine, battle: Battle, batch: int, counts: collections.Counter[str], shown: int) -> int:
    """Tries every decision of a battle from Showdown's state; prints up to `shown` that differ, and counts them."""
    words = np.array(battle["words"])
    steps = len(battle["actions"])
    differing = 0
    for first in range(0, steps, batch):
        chosen = np.minimum(np.arange(first, first + batch), steps - 1)
        actions = np.array([battle["actions"][i] for i in chosen], np.int32)
        state, seen = engine.step(state_of_words(words[chosen]), actions)
        state, seen = jax.device_get((state, seen))
        for k, step in enumerate(range(first, min(first + batch, steps))):
            here = jax.tree.map(lambda leaf, k=k: leaf[k], state)
            found = differing_words(here, battle["words"][step + 1])
            masks = [int(mask) for mask in seen.masks[k]]
            same = masks == list(battle["masks"][step + 1])
            if not found and same and not seen.errors[k]:
                counts["equal"] += 1
                continue
            counts[f"err {seen.errors[k]}" if seen.errors[k] else found[0].name if found else "masks"] += 1
            if differing < shown:
                print_step(battle, step + 1, found, int(seen.errors[k]), masks)
            differing += 1
    return differing


def main(arguments: Sequence[str] | None = None) -> int:
    """The command; 0 if nothing differed, 1 if something did, 2 without Showdown."""
    parser = argparse.ArgumentParser(prog="python -m benchmarks.parity.pokejax_diff", description=__doc__)
    parser.add_argument("--battle", type=int, default=0, help="seed of the first battle")
    parser.add_argument("--count", type=int, default=1, help="battles, of seeds one after another")
    parser.add_argument("--policy", default="random", choices=(*POLICIES, "mixed"), help="both sides' player")
    parser.add_argument("--each", action="store_true", help="every decision on its own, from Showdown's state")
    parser.add_argument("--batch", type=int, default=32, help="decisions at once with --each")
    parser.add_argument("--shown", type=int, default=3, help="differences printed with --each, a battle")
    flags = parser.parse_args(arguments)
    engine, equal = Engine(), 0
    counts: collections.Counter[str] = collections.Counter()
    try:
        with Oracle() as oracle:
            for seed in range(flags.battle, flags.battle + flags.count):
                asked = fresh_battles(1, seed, (flags.policy, flags.policy))
                (battle,) = oracle.play(asked, WANT)
                if flags.each:
                    equal += each(engine, battle, flags.batch, counts, flags.shown) == 0
                else:
                    equal += follow(engine, battle, rows_of([battle], oracle.format)[0])
    except InputMissingError as error:
        print(error, file=sys.stderr)
        return INPUT_MISSING
    for name, count in counts.most_common():
        print(f"{count:6d} {name}")
    print(f"{equal} of {flags.count} battles without a difference")
    return int(equal < flags.count)


if __name__ == "__main__":
    sys.exit(main())
