"""`python -m tcgjax play`: a game in the terminal against a player; `python -m tcgjax replay`: its page."""

from __future__ import annotations

import argparse
import json
import pathlib
import random
import sys
from collections.abc import Callable
from typing import Any

from tcgjax.data.decks import DeckError, find_deck, shipped_decks
from tcgjax.data.schema import ENERGY
from tcgjax.reference import Game
from tcgjax.reference.describe import describe
from tcgjax.reference.model import Pokemon
from tcgjax.replay import RESULTS, page, save

BAD_USAGE, MISSING = 64, 2
Ask = Callable[[str], str]


class _Parser(argparse.ArgumentParser):
    def error(self, message: str) -> Any:
        print(f"python -m tcgjax: {message}", file=sys.stderr)
        raise SystemExit(BAD_USAGE)


def main(arguments: list[str] | None = None, ask: Ask = input) -> int:
    """Runs a command; returns its exit status."""
    parser = _Parser(prog="python -m tcgjax", description="Pokemon TCG Pocket from a written specification.")
    commands = parser.add_subparsers(dest="command", required=True)
    play = commands.add_parser("play", help="play in the terminal")
    play.add_argument("--deck", default="pikachu_ex", help=f"your deck: {', '.join(shipped_decks())}")
    play.add_argument("--opponent-deck", default="mewtwo_ex_gardevoir", help="the other deck")
    play.add_argument("--opponent", default="weighted", help="who plays the other side")
    play.add_argument("--seed", type=int, default=None, help="makes the game repeatable")
    play.add_argument("--html", type=pathlib.Path, default=None, help="where to write the page of the game")
    play.add_argument("--save", type=pathlib.Path, default=None, help="where to write decks, seed and actions as JSON")
    replay = commands.add_parser("replay", help="make a page of a saved game")
    replay.add_argument("game", type=pathlib.Path, help="the JSON file that play --save wrote")
    replay.add_argument("html", type=pathlib.Path, help="the page to write")
    flags = parser.parse_args(arguments)
    try:
        return _play(flags, ask) if flags.command == "play" else _replay(flags)
    except (DeckError, ValueError) as error:
        print(f"python -m tcgjax: {error}", file=sys.stderr)
        return BAD_USAGE
    except (EOFError, KeyboardInterrupt):
        print("\nThe game was left.")
        return 0


def _replay(flags: argparse.Namespace) -> int:
    if not flags.game.exists():
        print(f"python -m tcgjax: there is no file {flags.game}; `play --save` writes one.", file=sys.stderr)
        return MISSING
    try:
        saved = json.loads(flags.game.read_text())
        decks, seed, played = saved["decks"], tuple(saved["seed_words"]), saved["actions"]
    except (ValueError, KeyError, TypeError):
        raise ValueError(f"{flags.game} is no saved game; `play --save` writes one.") from None
    flags.html.write_text(page(decks, seed, played), encoding="utf-8")
    print(f"wrote {flags.html}")
    return 0


def _play(flags: argparse.Namespace, ask: Ask) -> int:
    seed = random.randrange(2**31) if flags.seed is None else flags.seed
    decks = [find_deck(flags.deck), find_deck(flags.opponent_deck)]
    opponent = _opponent(flags.opponent, seed)
    rng = random.Random(seed)
    game = Game(decks, (rng.getrandbits(32), rng.getrandbits(32)))
    print(f"You are player 0 with {flags.deck}; player 1, {flags.opponent}, has {flags.opponent_deck}. q leaves.")
    while not game.is_over:
        if game.decider == 0:
            print(picture(game))
            action = _ask(game, ask)
        else:
            action = opponent(game)
            if game.table.turn:
                print(f"  player 1: {describe(game.table, action)}")
        game.step(action)
    print(picture(game))
    print(f"The game is over: {RESULTS[game.table.result]}.")
    if flags.html is not None:
        save(flags.html, game, f"{flags.deck} against {flags.opponent_deck}")
    if flags.save is not None:
        listed = [{"cards": list(deck.cards), "energy": deck.energy} for deck in decks]
        flags.save.write_text(json.dumps({"decks": listed, "seed_words": game.seed, "actions": game.actions}) + "\n")
    return 0


def _ask(game: Game, ask: Ask) -> int:
    legal = game.legal()
    for number, action in enumerate(legal):
        print(f"  {number}: {describe(game.table, action)}")
    while True:
        answer = ask("your choice: ").strip()
        if answer == "q":
            raise EOFError
        if answer.isdecimal() and int(answer) < len(legal):
            return legal[int(answer)]
        print(f"  {answer!r} is none of 0 .. {len(legal) - 1}; q leaves the game.")


def _opponent(name: str, seed: int) -> Callable[[Game], int]:
    """A player by name, as a function of the game that looks at its own side only."""
    import jax
    import numpy as np

    from tcgjax import actions
    from tcgjax.players import PLAYERS
    from tcgjax.reference.observation import flat

    if name not in PLAYERS:
        raise ValueError(f"there is no player {name!r}; the players are {', '.join(PLAYERS)}.")

    def choose(game: Game) -> int:
        mask = np.zeros(actions.NUM_ACTIONS, bool)
        mask[game.legal()] = True
        key = jax.random.fold_in(jax.random.key(seed), len(game.actions))
        return int(PLAYERS[name](None, flat(game.table, 1), jax.numpy.asarray(mask), key))

    return choose


def picture(game: Game) -> str:
    """The board in letters, as player 0 sees it."""
    table, lines = game.table, []
    for side in (1, 0):
        player = table.players[side]
        hidden = side == 1 and table.turn == 0
        now = ENERGY[player.energy_now] if player.energy_now >= 0 else "-"
        following = ENERGY[player.energy_next] if player.energy_next >= 0 else "-"
        lines.append(
            f"player {side}: {player.points} points, hand {5 if hidden else player.count(1)}, deck {player.count(0)},"
            f" energy {now} then {following}"
        )
        slots = [None] * 4 if hidden else player.slots
        for slot in (3, 2, 1, 0) if side == 1 else (0, 1, 2, 3):
            if (pokemon := slots[slot]) is not None:
                lines.append(f"    {'Active ' if slot == 0 else f'Bench {slot}'} {_words(pokemon)}")
    return "\n".join(["", f"--- turn {table.turn} ---", *lines])


def _words(pokemon: Pokemon) -> str:
    energy = "".join(letter * count for letter, count in zip(ENERGY, pokemon.energy, strict=True))
    return f"{pokemon.card.name} {max(pokemon.card.hp - pokemon.damage, 0)}/{pokemon.card.hp} HP {energy}"


if __name__ == "__main__":
    sys.exit(main())
