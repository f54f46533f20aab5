"""A battle in the terminal: you see what the protocol would show you, and choose by number."""

from __future__ import annotations

import argparse
import secrets
import sys
from collections.abc import Callable
from typing import Any

BAD_USAGE = 64
RESULTS = {1: "You won.", 0: "It is a tie.", -1: "You lost."}
Ask = Callable[[str], str]


class _Parser(argparse.ArgumentParser):
    def error(self, message: str) -> Any:
        print(f"python -m pokejax: {message}", file=sys.stderr)
        raise SystemExit(BAD_USAGE)


def main(arguments: list[str] | None = None, ask: Ask = input) -> int:
    """Runs a command; returns its exit status: 0, or 64 for bad usage."""
    parser = _Parser(prog="python -m pokejax", description="Pokemon Showdown's random battles in JAX.")
    commands = parser.add_subparsers(dest="command", required=True)
    play = commands.add_parser("play", help="play in the terminal")
    play.add_argument("--opponent", default="tactics", help="who plays the other side")
    play.add_argument("--seed", type=int, default=None, help="makes the battle repeatable")
    flags = parser.parse_args(arguments)
    from pokejax.players import PLAYERS

    if flags.opponent not in PLAYERS:
        print(
            f"python -m pokejax: there is no player {flags.opponent!r}; the players are {', '.join(PLAYERS)}.",
            file=sys.stderr,
        )
        return BAD_USAGE
    try:
        print(run(flags.opponent, secrets.randbits(31) if flags.seed is None else flags.seed, ask))
    except (EOFError, KeyboardInterrupt):
        print("\nThe battle was left.")
    return 0


def run(opponent: str, seed: int, ask: Ask) -> str:
    """Plays one battle; returns how it ended.

    Args:
        opponent: a name out of `pokejax.players.PLAYERS`.
        seed: of the teams, the battle and the opponent.
        ask: puts a question and returns the answer; raises EOFError to leave.
    """
    import jax
    import numpy as np

    import pokejax
    import twinenvs
    from pokejax import observation_layout as columns
    from pokejax import vocabulary
    from pokejax.describe import describe_tokens

    env = pokejax.make(opponent=opponent, observation="tokens", auto_reset="none")
    reset, step = twinenvs.jit(env.reset_env, env=env), twinenvs.jit(env.step_env, env=env)
    params = env.default_params
    key, first = jax.random.split(jax.random.key(seed))
    observation, state = reset(first, params)
    print(f"You play against {opponent}. Answer with the number of an action; q leaves.")
    while True:
        seen = jax.device_get(observation)
        action = 0
        if seen["field"][columns.index("field", "request")] != vocabulary.WAIT:
            print(f"\n{describe_tokens(seen)}")
            action = _ask(np.flatnonzero(seen["mask"]).tolist(), ask)
        key, one = jax.random.split(key)
        observation, state, reward, terminated, _, _ = step(one, state, np.int32(action), params)
        if bool(terminated):
            return RESULTS[round(float(reward))]


def _ask(legal: list[int], ask: Ask) -> int:
    while True:
        answer = ask("your choice: ").strip()
        if answer == "q":
            raise EOFError
        if answer.isdecimal() and int(answer) in legal:
            return int(answer)
        print(f"  {answer!r} is none of {', '.join(map(str, legal))}; q leaves the battle.")
