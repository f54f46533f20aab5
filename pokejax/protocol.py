"""What Showdown's protocol tells one player of a battle, line by line and request by request.

Facts only: `pokejax.converter` makes the observation of them. Names of lines and arguments are the protocol's own.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterable, Mapping
from typing import Any

from pokejax import enums
from pokejax.known import (
    Known,
    OnField,
    ProtocolError,
    SideFacts,
    is_berry,
    move_number,
    number,
    plain,
    to_id,
    types_of,
)
from pokejax.move import MUST_PRESSURE, TO_ALL, UNPRESSED
from pokejax.names import tables
from pokejax.observation_layout import VOLATILES

WEATHER_NAMES = {name: i for i, name in enumerate(enums.WEATHERS)}
SIDES = ("p1", "p2")
COPIED_PP = 5  # PP of a move that Transform copies


def _tag(part: str) -> tuple[str, str]:
    """Name and content of an argument such as "[from] item: Leftovers"."""
    name, _, content = part[1:].partition("]")
    return name, content.strip()


class Facts:
    """A battle as one player learns of it.

    Feed it the player's own stream as a server sends it: `ask` takes its requests, `read` its lines, the first request
    before the first line.
    """

    def __init__(self, player: str) -> None:
        """Begins with nothing known; `player` is "p1" or "p2"."""
        if player not in SIDES:
            raise ProtocolError(f"player must be one of 'p1', 'p2', got {player!r}.")
        self.player = player
        self.sides = {side: SideFacts() for side in SIDES}
        self.request: Mapping[str, Any] = {"wait": True}
        self.turn = 0
        self.weather = 0
        self.weather_since = 0
        self.weather_endless = False
        self.trick_room = 0
        self._is_settled = True

    @property
    def own(self) -> SideFacts:
        """The player's side."""
        return self.sides[self.player]

    @property
    def foe(self) -> SideFacts:
        """The other side."""
        return self.sides[SIDES[self.player == "p1"]]

    # Requests ---------------------------------------------------------------------------------------------------------

    def ask(self, request: Mapping[str, Any] | str) -> None:
        """Takes a request, parsed or as JSON; a server sends it before the lines that led to it."""
        self.request = json.loads(request) if isinstance(request, str) else request
        self._is_settled = False
        if not self.own.team and "side" in self.request:
            for entry in self.request["side"]["pokemon"]:
                self.own.team.append(self._own_pokemon(entry))

    def settle(self) -> None:
        """Takes over what the last request says of the own team, once the lines that led to it have been read."""
        if self._is_settled:
            return
        self._is_settled = True
        for entry in self.request.get("side", {"pokemon": ()})["pokemon"]:
            known = self._named(self.own, entry["ident"])
            self._set_condition(known, entry["condition"])
            known.item, known.item_known = number("items", entry["item"]), True
            known.ability = number("abilities", entry["baseAbility"])
            known.stats = tuple(int(entry["stats"][stat]) for stat in enums.STATS)
        self._synchronise()

    def _own_pokemon(self, entry: Mapping[str, Any]) -> Known:
        known = self._new(entry["ident"].partition(": ")[2], entry["details"])
        known.ability = number("abilities", entry["baseAbility"])
        known.stats = tuple(int(entry["stats"][stat]) for stat in enums.STATS)
        known.moves = [move_number(move) for move in entry["moves"]]
        for move in entry["moves"]:
            if move.startswith("hiddenpower"):
                kind = re.sub(r"\d+$", "", move.removeprefix("hiddenpower"))
                known.hidden_power = [to_id(one) for one in enums.TYPES].index(kind)
        return known

    def _synchronise(self) -> None:
        """Takes over the PP that a request for a move lists."""
        active = self.request.get("active")
        if not active or self.own.active is None:
            return
        on_field = self.own.active
        for slot in active[0]["moves"]:
            if "pp" not in slot:
                continue
            move = move_number(slot["id"])
            if on_field.transformed:
                on_field.spent[move] = self._copied_points(move) - slot["pp"]
            else:
                on_field.pokemon.spent[move] = slot["maxpp"] - slot["pp"]

    def _copied_points(self, move: int) -> int:
        return min(int(tables().moves.column("pp")[move]), COPIED_PP)

    def slots(self) -> list[tuple[int, int]]:
        """The own active Pokemon's moves and their PP by slot, while a move is asked for; else empty."""
        on_field = self.own.active
        if not self.request.get("active") or on_field is None:
            return []
        names = self.request["side"]["pokemon"][0]["moves"]
        moves = [move_number(name) for name in names]
        if on_field.transformed:
            return [(move, max(self._copied_points(move) - on_field.spent.get(move, 0), 0)) for move in moves]
        return [(move, on_field.pokemon.points(move)) for move in moves]

    # Lines ------------------------------------------------------------------------------------------------------------

    def read(self, lines: Iterable[str]) -> None:
        """Takes lines of the log, each beginning with "|"."""
        for line in lines:
            parts = line.split("|")
            if len(parts) < 2 or not parts[1]:
                continue
            kind, arguments = parts[1], parts[2:]
            rule = getattr(self, "_on_" + kind.lstrip("-"), None)
            named = [part for part in arguments if not part.startswith("[")]
            tags = dict(_tag(part) for part in arguments if part.startswith("["))
            if rule is not None:
                rule(named, tags)
            self._causes(kind, named, tags)

    def _new(self, name: str, details: str) -> Known:
        species, *rest = details.split(", ")
        level = next((int(part[1:]) for part in rest if re.fullmatch(r"L\d+", part)), 100)
        gender = next((enums.GENDERS.index(part) for part in rest if part in ("M", "F")), 0)
        return Known(name, number("species", species), level, gender)

    def _side(self, ident: str) -> SideFacts:
        return self.sides[ident[:2]]

    def _active(self, ident: str) -> OnField:
        found = self._side(ident).active
        if found is None:
            raise ProtocolError(f"{ident!r} acts before any Pokemon of its side came in.")
        return found

    def _pokemon(self, ident: str) -> Known:
        """The Pokemon of an identifier such as "p1a: Name", or "p1: Name" on the bench."""
        if len(ident.partition(": ")[0]) > 2:
            return self._active(ident).pokemon
        return self._named(self._side(ident), ident)

    def _named(self, side: SideFacts, ident: str) -> Known:
        name = ident.partition(": ")[2]
        found = next((known for known in side.team if known.name == name), None)
        if found is None:
            raise ProtocolError(f"{ident!r} is spoken of before it was seen.")
        return found

    def _set_condition(self, known: Known, condition: str) -> None:
        health, _, status = condition.partition(" ")
        if status == "fnt":
            known.hp, known.status = 0, 0
            return
        known.hp, known.max_hp = (int(part) for part in health.split("/"))
        known.status = enums.STATUSES.index(status)

    def _on_turn(self, named: list[str], tags: dict[str, str]) -> None:
        self.turn = int(named[0])
        for side in self.sides.values():
            if side.active is not None:
                side.active.turns += 1

    def _on_upkeep(self, named: list[str], tags: dict[str, str]) -> None:
        self.trick_room = max(self.trick_room - 1, 0)
        for side in self.sides.values():
            side.wish = max(side.wish - 1, 0)

    def _on_switch(self, named: list[str], tags: dict[str, str]) -> None:
        side, name = self._side(named[0]), named[0].partition(": ")[2]
        known = next((one for one in side.team if one.name == name), None)
        if known is None:
            known = self._new(name, named[1])
            side.team.append(known)
        self._set_condition(known, named[2])
        side.active = OnField(known, known.species, types_of(known.species))

    _on_drag = _on_switch

    def _on_faint(self, named: list[str], tags: dict[str, str]) -> None:
        known = self._pokemon(named[0])
        known.hp, known.status = 0, 0

    def _on_damage(self, named: list[str], tags: dict[str, str]) -> None:
        self._set_condition(self._pokemon(named[0]), named[1])

    _on_heal = _on_sethp = _on_damage

    def _on_status(self, named: list[str], tags: dict[str, str]) -> None:
        self._pokemon(named[0]).status = enums.STATUSES.index(named[1])

    def _on_curestatus(self, named: list[str], tags: dict[str, str]) -> None:
        self._pokemon(named[0]).status = 0

    def _on_cureteam(self, named: list[str], tags: dict[str, str]) -> None:
        for known in self._side(named[0]).team:
            known.status = 0

    # Moves ------------------------------------------------------------------------------------------------------------

    def _on_move(self, named: list[str], tags: dict[str, str]) -> None:
        user, move = self._active(named[0]), number("moves", named[1])
        source = plain(tags.get("from", ""))
        user.conditions -= {"twoturnmove", "destinybond"}
        self.show_move(user, move)
        user.last_move = move
        target = self.foe if self._side(named[0]) is self.own else self.own
        if source == "sleeptalk":
            self._press(user, number("moves", "sleeptalk"), move, target)
        elif source != "lockedmove":
            self._spend(user, move, 1)
            if source != "pursuit":  # that strikes a Pokemon that leaves, and its condition calls the move
                self._press(user, move, move, target)
        if to_id(named[1]) == "wish" and self._side(named[0]).wish == 0:
            self._side(named[0]).wish = 2

    def show_move(self, user: OnField, move: int) -> None:
        """A Pokemon's move becomes known, if it is its own."""
        own_moves = user.pokemon.moves
        if not user.transformed and move not in own_moves and move != number("moves", "struggle"):
            own_moves.append(move)

    def _spend(self, user: OnField, move: int, amount: int) -> None:
        """Takes PP; the last of them can be fewer than asked for."""
        spent = user.spent if user.transformed else user.pokemon.spent
        most = self._copied_points(move) if user.transformed else int(tables().moves.column("maxpp")[move])
        spent[move] = min(spent.get(move, 0) + amount, most)

    def _press(self, user: OnField, paid: int, used: int, target: SideFacts) -> None:
        """Lets Pressure take one PP more of the move paid for, where the move used reaches the foe."""
        facing, moves = target.active, tables().moves
        if facing is None or facing.ability != number("abilities", "pressure"):
            return
        aims = int(moves.column("target")[used])
        if facing.pokemon.hp == 0 and aims != TO_ALL:
            return
        reaches = aims not in UNPRESSED
        reaches = reaches or bool(int(moves.column("flags")[used]) & MUST_PRESSURE)
        if used == number("moves", "curse") and enums.TYPES.index("Ghost") not in user.types:
            reaches = False
        if reaches:
            self._spend(user, paid, 1)

    def _on_cant(self, named: list[str], tags: dict[str, str]) -> None:
        user = self._active(named[0])
        user.conditions -= {"twoturnmove", "destinybond"}
        if named[1] == "recharge":
            user.conditions.discard("mustrecharge")
        if len(named) > 2:
            self.show_move(user, number("moves", named[2]))

    def _on_prepare(self, named: list[str], tags: dict[str, str]) -> None:
        self._active(named[0]).conditions.add("twoturnmove")

    def _on_anim(self, named: list[str], tags: dict[str, str]) -> None:
        self._active(named[0]).conditions.discard("twoturnmove")

    def _on_mustrecharge(self, named: list[str], tags: dict[str, str]) -> None:
        self._active(named[0]).conditions.add("mustrecharge")

    def _on_singlemove(self, named: list[str], tags: dict[str, str]) -> None:
        self._condition(named[0], named[1], True)

    def _on_singleturn(self, named: list[str], tags: dict[str, str]) -> None:
        if plain(named[1]) == "focuspunch":
            self.show_move(self._active(named[0]), number("moves", "focuspunch"))

    # Conditions -------------------------------------------------------------------------------------------------------

    def _on_start(self, named: list[str], tags: dict[str, str]) -> None:
        if not named:  # the battle starts
            return
        if named[1] == "typechange":
            kinds = [enums.TYPES.index(kind) for kind in named[2].split("/")]
            self._active(named[0]).types = (kinds[0], kinds[1] if len(kinds) > 1 else 0)
            return
        self._condition(named[0], named[1], True)

    def _on_end(self, named: list[str], tags: dict[str, str]) -> None:
        self._condition(named[0], named[1], False)

    def _condition(self, ident: str, effect: str, there: bool) -> None:
        on_field, name = self._active(ident), plain(effect)
        if name == "slowstart":
            on_field.slow_start = there
        elif name in VOLATILES:
            (on_field.conditions.add if there else on_field.conditions.discard)(name)

    def _on_boost(self, named: list[str], tags: dict[str, str], sign: int = 1) -> None:
        boosts, i = self._active(named[0]).boosts, enums.BOOSTS.index(named[1])
        boosts[i] = min(max(boosts[i] + sign * int(named[2]), -6), 6)

    def _on_unboost(self, named: list[str], tags: dict[str, str]) -> None:
        self._on_boost(named, tags, -1)

    def _on_setboost(self, named: list[str], tags: dict[str, str]) -> None:
        self._active(named[0]).boosts[enums.BOOSTS.index(named[1])] = int(named[2])

    def _on_clearallboost(self, named: list[str], tags: dict[str, str]) -> None:
        for side in self.sides.values():
            if side.active is not None:
                side.active.boosts = [0] * len(enums.BOOSTS)

    def _on_transform(self, named: list[str], tags: dict[str, str]) -> None:
        user, target = self._active(named[0]), self._active(named[1])
        user.transformed, user.traced, user.slow_start = True, 0, False
        user.species, user.types, user.boosts = target.species, target.types, list(target.boosts)

    def _on_formechange(self, named: list[str], tags: dict[str, str]) -> None:
        on_field = self._active(named[0])
        on_field.species = number("species", named[1])
        on_field.types = types_of(on_field.species)

    def _on_detailschange(self, named: list[str], tags: dict[str, str]) -> None:
        on_field = self._active(named[0])
        on_field.species = on_field.pokemon.species = number("species", named[1].split(", ")[0])
        on_field.types = types_of(on_field.species)

    # Sides and field --------------------------------------------------------------------------------------------------

    def _on_sidestart(self, named: list[str], tags: dict[str, str]) -> None:
        side, name = self._side(named[0]), plain(named[1])
        if name == "spikes":
            side.spikes += 1
        elif name == "toxicspikes":
            side.toxic_spikes += 1

    def _on_sideend(self, named: list[str], tags: dict[str, str]) -> None:
        side, name = self._side(named[0]), plain(named[1])
        if name == "spikes":
            side.spikes = 0
        elif name == "toxicspikes":
            side.toxic_spikes = 0

    def _on_weather(self, named: list[str], tags: dict[str, str]) -> None:
        if "upkeep" in tags:
            return
        name = to_id(named[0])
        self.weather = WEATHER_NAMES["" if name == "none" else name]
        self.weather_since = self.turn
        self.weather_endless = "from" in tags

    def _on_fieldstart(self, named: list[str], tags: dict[str, str]) -> None:
        if plain(named[0]) == "trickroom":
            self.trick_room = 5

    def _on_fieldend(self, named: list[str], tags: dict[str, str]) -> None:
        if plain(named[0]) == "trickroom":
            self.trick_room = 0

    # Abilities and items ----------------------------------------------------------------------------------------------

    def _show_ability(self, ident: str, name: str) -> None:
        on_field = self._active(ident)
        if on_field.transformed:
            on_field.copied = number("abilities", name)
        elif not on_field.traced:
            on_field.pokemon.ability = number("abilities", name)

    def _set_item(self, ident: str, name: str) -> None:
        known = self._pokemon(ident)
        known.item, known.item_known = number("items", name), True

    def _on_ability(self, named: list[str], tags: dict[str, str]) -> None:
        if plain(tags.get("from", "")) == "trace":
            self._show_ability(named[0], "trace")
            self._show_ability(tags["of"], named[1])
            on_field = self._active(named[0])
            on_field.traced = 0 if on_field.transformed else number("abilities", named[1])
        else:
            self._show_ability(named[0], named[1])

    def _on_activate(self, named: list[str], tags: dict[str, str]) -> None:
        if len(named) < 2:
            return
        if named[1].startswith("ability: "):
            self._show_ability(named[0], plain(named[1]))
        if named[1] == "ability: Forewarn":
            other = self.foe if self._side(named[0]) is self.own else self.own
            assert other.active is not None
            self.show_move(other.active, number("moves", named[2]))

    def _on_item(self, named: list[str], tags: dict[str, str]) -> None:
        self._set_item(named[0], named[1])

    def _on_enditem(self, named: list[str], tags: dict[str, str]) -> None:
        self._set_item(named[0], "")

    def _causes(self, kind: str, named: list[str], tags: dict[str, str]) -> None:
        """Takes what a line says of the ability or item that caused it, or that a condition belongs to."""
        cause = tags.get("from", "")
        if cause.startswith("ability: ") and kind != "-ability":
            owner = tags.get("of") if kind not in ("-heal", "-immune", "-curestatus", "-formechange") else None
            self._show_ability(owner or named[0], plain(cause))
        elif cause.startswith("item: ") and kind not in ("-enditem", "-item") and not is_berry(plain(cause)):
            self._set_item(named[0], plain(cause))  # a berry was eaten a line before
        if kind in ("-start", "-end", "cant") and len(named) > 1 and named[1].startswith("ability: "):
            self._show_ability(named[0], plain(named[1]))
