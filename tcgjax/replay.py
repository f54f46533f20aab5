"""A game as one HTML page without further files: the board after every decision, a slider, and what was decided."""

from __future__ import annotations

import html
import json
import pathlib
from collections.abc import Sequence
from typing import Any

from tcgjax.data.schema import ENERGY
from tcgjax.reference import Game
from tcgjax.reference.describe import describe
from tcgjax.reference.engine import DeckLike
from tcgjax.reference.model import Player, Pokemon, Table

COLOURS = dict(
    zip(
        "GRWLPFDMNC",
        ["#60b050", "#e05838", "#4890e0", "#d0a820", "#a860c8", "#b86838", "#484858", "#98a0a8", "#c0a030", "#b0aca4"],
        strict=True,
    )
)
RESULTS = ("", "player 0 wins", "player 1 wins", "draw")
_PAGE = """<!doctype html><meta charset="utf-8"><title>{title}</title>
<style>
body{{font:14px sans-serif;background:#15181c;color:#ddd;max-width:900px;margin:auto;padding:8px}}
.side{{display:flex;gap:8px;margin:6px 0}}
.slot{{flex:1;border-radius:6px;padding:6px;min-height:84px;background:#2a3036}}
.active{{outline:2px solid #f0c840}} .bar{{height:6px;background:#602020}} .life{{height:6px;background:#60d060}}
.facts{{color:#9aa}} .dot{{display:inline-block;width:10px;height:10px;border-radius:5px;margin-right:2px}}
#text{{min-height:20px;color:#f0c840}} input{{width:70%}}
</style>
<h3>{title}</h3><p><button id="back">back</button> <button id="on">on</button>
<input id="at" type="range" min="0" max="{last}" value="0"> <span id="number"></span></p>
<div id="text"></div><div id="board"></div>
<script>
const frames = {frames}; let at = 0;
const show = () => {{ board.innerHTML = frames[at].board; text.textContent = frames[at].text;
  number.textContent = at + " / {last}"; document.getElementById("at").value = at; }};
const go = n => {{ at = Math.max(0, Math.min({last}, n)); show(); }};
document.getElementById("at").oninput = e => go(+e.target.value);
back.onclick = () => go(at - 1); on.onclick = () => go(at + 1);
document.onkeydown = e => {{ if (e.key == "ArrowLeft") go(at - 1); if (e.key == "ArrowRight") go(at + 1); }};
show();
</script>
"""


def page(decks: Sequence[DeckLike], seed: tuple[int, int], played: Sequence[int], title: str = "TCGJax") -> str:
    """The HTML page of a game.

    Args:
        decks: both decks, as `tcgjax.reference.Game` takes them.
        seed: the game's two words.
        played: its actions, in order.
        title: heading of the page.

    Raises:
        ValueError: an action is not legal where it stands.
    """
    game = Game(decks, seed, keep_log=False)
    frames = [{"text": "the start", "board": board(game.table)}]
    for number, action in enumerate(played, 1):
        who = game.decider
        words = describe(game.table, action) if action in game.legal() else ""
        game.step(action)
        result = f" - {RESULTS[game.table.result]}" if game.is_over else ""
        text = f"{number}. turn {game.table.turn}, player {who}: {words}{result}"
        frames.append({"text": text, "board": board(game.table)})
    # A closing tag inside the data would end the script.
    encoded = json.dumps(frames).replace("</", "<\\/")
    return _PAGE.format(title=html.escape(title), frames=encoded, last=len(frames) - 1)


def save(path: str | pathlib.Path, game: Game, title: str = "TCGJax") -> None:
    """Writes the page of a played game."""
    pathlib.Path(path).write_text(page(game.decks, game.seed, game.actions, title), encoding="utf-8")


def board(table: Table) -> str:
    """Both sides as HTML, player 1 above."""
    top, bottom = table.players[1], table.players[0]
    parts = [_facts(table, 1), _row(top, (1, 2, 3)), _row(top, (0,)), _row(bottom, (0,)), _row(bottom, (1, 2, 3))]
    return "".join([*parts, _facts(table, 0)])


def _facts(table: Table, side: int) -> str:
    player = table.players[side]
    now = ENERGY[player.energy_now] if player.energy_now >= 0 else "-"
    following = ENERGY[player.energy_next] if player.energy_next >= 0 else "-"
    hand = ", ".join(html.escape(player.cards[i].name) for i, zone in enumerate(player.zone) if zone == 1)
    turn = " (its turn)" if table.turn_player == side else ""
    return (
        f'<p class="facts">player {side}{turn}: {player.points} points, energy {now}, next {following}, deck'
        f" {player.count(0)}, discard pile {player.count(6)}, hand: {hand or 'empty'}</p>"
    )


def _row(player: Player, slots: tuple[int, ...]) -> str:
    cells = "".join(_slot(player, slot, player.slots[slot]) for slot in slots)
    return f'<div class="side">{cells}</div>'


def _slot(player: Player, slot: int, pokemon: Pokemon | None) -> str:
    kind = "slot active" if slot == 0 else "slot"
    if pokemon is None:
        return f'<div class="{kind}"></div>'
    card, left = pokemon.card, max(pokemon.card.hp - pokemon.damage, 0)
    dots = "".join(
        f'<span class="dot" style="background:{COLOURS[letter]}" title="{letter}"></span>' * count
        for letter, count in zip(ENERGY, pokemon.energy, strict=True)
    )
    marks: list[Any] = []
    if slot == 0:
        marks = [("", "asleep", "paralyzed", "confused")[player.condition]]
        marks += ["poisoned" * player.poisoned, "burned" * player.burned, "immune" * player.immune]
    colour = COLOURS["GRWLPFDMNC"[card.type]]
    return (
        f'<div class="{kind}" style="border-left:8px solid {colour}">'
        f"<b>{html.escape(card.name)}</b> {left} / {card.hp} HP"
        f'<div class="bar"><div class="life" style="width:{100 * left // card.hp}%"></div></div>'
        f"{dots} {' '.join(filter(None, marks))}</div>"
    )
