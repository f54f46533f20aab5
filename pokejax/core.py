"""The working form of a battle inside one step: scalars per battle, and the side that acts first.

`unpack` turns a stored state into a `Battle` of int32 and bool scalars; `pack` turns it back. In between, every rule is
a plain function `rule(battle, ..., when)` that changes the battle under the mask `when`. A Battle lives only while one
step is traced; `lax` loops carry it as a pytree.

`battle.own` is the side that acts and `battle.foe` the other: `swap` exchanges them. Values of the Pokemon on the field
are scalars of its side (`own.hp`, `own.boosts[0]`). The others of the team are on the bench: what a rule may ask of
them lies in `own.bench`, the rest in `battle.reserves`, which only a switch reads. Both are lists of five scalars (or
of five lists), places 1 to 5 of the team: arrays with a short axis are several times slower, and exchanging the two
sides, which happens often, does not touch the reserves.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING, Any, TypeAlias

import jax
import jax.numpy as jnp

from pokejax import state as layout
from pokejax.vocabulary import ERROR, MOVE, SLOT_FLAG, VOLATILE
from twinenvs.rare import SHARE, rarely

Scalar: TypeAlias = Any
"""A traced int32 scalar, or a Python int."""

Mask: TypeAlias = Any
"""A traced bool scalar, or a Python bool."""

BENCH = layout.PARTY - 1
"""Pokemon of a side that are not on the field."""

ON_BENCH = ("hp", "status", "status_time", "flags", "place", "appearance")
"""Fields of a Pokemon that rules read or change while it is not on the field; the other ones lie in the reserves."""

TEAM: tuple[layout.Field, ...] = tuple(field for field in layout.FIELDS if field.scope == "pokemon")


def either(when: Mask, new: Any, old: Any) -> Any:
    """Returns `new` where `when` holds and `old` elsewhere; decided at once if `when` is a Python bool."""
    if when is True:
        return new
    return old if when is False else jnp.where(when, new, old)


class Record:
    """Named traced values that rules change in place; a pytree with the names in alphabetical order."""

    def __init__(self, **values: Any) -> None:
        self.__dict__.update(values)

    def __getattr__(self, name: str) -> Any:
        raise AttributeError(f"{type(self).__name__} has no value {name!r}")

    if TYPE_CHECKING:  # the names come from the layout of the state

        def __setattr__(self, name: str, value: Any) -> None: ...

    def put(self, when: Mask, **values: Any) -> None:
        """Sets each named value where `when` holds; a list is set element by element."""
        for name, new in values.items():
            old = self.__dict__[name]
            if isinstance(old, list):
                self.__dict__[name] = [either(when, n, o) for n, o in zip(new, old, strict=True)]
            else:
                self.__dict__[name] = either(when, new, old)

    def add(self, when: Mask, **values: Any) -> None:
        """Adds to each named scalar where `when` holds."""
        self.put(when, **{name: self.__dict__[name] + value for name, value in values.items()})


class Bench(Record):
    """The Pokemon of a side that are not on the field, in Showdown's order: each value a list of BENCH."""


class Side(Record):
    """A player and its Pokemon on the field.

    Beside the fields of the state:

    Attributes:
        fainted: bool, the Pokemon on the field has fainted and its faint has been handled.
        faint_order: int32, its place in the queue of faints, from 1; 0 = not in it.
        faint_by_move: bool, the foe's move made it faint.
        called_back: bool, it is leaving the field (Pursuit).
        dragged: bool, a move forces it out at the end of this action.
        switched: bool, it came in, and what its coming in sets off is still due.
        ending: bool, its ability is being ended (`abilityState.ending`).
        to_move: bool, its move of this turn is still in the queue.
        action: int32, its choice, WAIT, MOVE or SWITCH of `vocabulary`.
        action_move: int32, move id of the choice.
        action_place: int32, place in `party` of the Pokemon chosen to come in.
        priority: int32, of the move chosen.
        custap: bool, its Custap Berry is due before its move.
    """

    def has(self, volatile: str) -> Mask:
        """Whether the Pokemon on the field has a volatile condition."""
        return (self.volatiles & VOLATILE[volatile]) != 0

    def start(self, volatile: str, when: Mask) -> None:
        """Sets the bit of a volatile condition; its counters are set by the caller."""
        self.put(when, volatiles=self.volatiles | VOLATILE[volatile])

    def end(self, volatile: str, when: Mask) -> None:
        """Clears a volatile condition together with the values that it owns."""
        self.put(when, volatiles=self.volatiles & ~VOLATILE[volatile])
        for name in OWNED.get(volatile, ()):
            self.put(when, **{name: 0})
        for flag in OWNED_FLAGS.get(volatile, ()):
            self.lower(flag, when)

    def flag(self, name: str) -> Mask:
        """Whether one of SLOT_FLAGS is up."""
        return (self.slot_flags & SLOT_FLAG[name]) != 0

    def lift(self, name: str, when: Mask) -> None:
        """Raises one of SLOT_FLAGS."""
        self.put(when, slot_flags=self.slot_flags | SLOT_FLAG[name])

    def lower(self, name: str, when: Mask) -> None:
        """Clears one of SLOT_FLAGS."""
        self.put(when, slot_flags=self.slot_flags & ~SLOT_FLAG[name])


OWNED: dict[str, tuple[str, ...]] = {
    "attract": ("attract_by",),
    "choicelock": ("choice_move",),
    "confusion": ("confusion_time",),
    "counter": ("counter_damage",),
    "encore": ("encore_move", "encore_turns"),
    "lockedmove": ("locked_turns", "locked_true", "locked_move"),
    "mirrorcoat": ("mirrorcoat_damage",),
    "mustrecharge": ("recharge_turns",),
    "stall": ("stall_turns", "stall_counter"),
    "substitute": ("substitute_hp", "substitute_half"),
    "substitutebroken": ("broken_by",),
    "taunt": ("taunt_turns",),
    "twoturnmove": ("charge_turns", "charge_move"),
    "yawn": ("yawn_turns", "yawn_by_foe"),
}
"""The values that belong to a volatile condition and are zero without it."""

OWNED_FLAGS: dict[str, tuple[str, ...]] = {
    "focuspunch": ("lostFocus",),
    "counter": ("counterHit",),
    "mirrorcoat": ("mirrorcoatHit",),
    "focussash": ("sashActivated",),
}
"""The slot flags that belong to a volatile condition."""

TRANSIENT: dict[str, Any] = {
    "fainted": False,
    "faint_order": 0,
    "faint_by_move": False,
    "called_back": False,
    "dragged": False,
    "switched": False,
    "ending": False,
    "to_move": False,
    "action": 0,
    "action_move": 0,
    "action_place": 0,
    "priority": 0,
    "custap": False,
}
"""Values of a side that live within one step, as they begin."""


class Battle(Record):
    """Both sides, the field and the generator.

    Beside the fields of the state:

    Attributes:
        own: the side that acts.
        foe: the other.
        reserves: p1's and p2's Pokemon on the bench, as to the fields that are not ON_BENCH; `swap` leaves them.
        swapped: bool, `own` is p2.
        draws: int32, numbers drawn in this step.
    """

    own: Side
    foe: Side
    reserves: list[Bench]
    swapped: Any

    def swap(self, when: Mask) -> None:
        """Exchanges the two sides."""
        if when is False:
            return
        own, foe = self.own, self.foe
        if when is True:
            self.own, self.foe, self.swapped = foe, own, jnp.logical_not(self.swapped)
            return
        self.own = jax.tree.map(lambda a, b: jnp.where(when, b, a), own, foe)
        self.foe = jax.tree.map(lambda a, b: jnp.where(when, a, b), own, foe)
        self.swapped = self.swapped ^ when

    def face(self, second: Mask) -> None:
        """Puts p2 in the acting place where `second` holds, p1 elsewhere."""
        self.swap(self.swapped ^ second)

    def fail(self, error: str, when: Mask) -> None:
        """Records that something was reached that the engine cannot vouch for; see `vocabulary.ERRORS`."""
        self.put(when, err=self.err | ERROR[error])

    @property
    def going(self) -> Mask:
        """Whether the battle has not ended."""
        return self.result == 0


def _flatten(record: Record) -> tuple[list[Any], tuple[str, ...]]:
    names = tuple(sorted(record.__dict__))
    return [record.__dict__[name] for name in names], names


for _kind in (Record, Bench, Side, Battle):
    jax.tree_util.register_pytree_node(
        _kind, _flatten, lambda names, values, kind=_kind: kind(**dict(zip(names, values, strict=True)))
    )


def settle(record: Any) -> Any:
    """Returns the pytree with every leaf a strongly typed array, so that a loop may carry it."""

    def one(value: Any) -> jax.Array:
        value = jnp.asarray(value)
        return value if value.dtype in (jnp.bool_, jnp.uint32) else value.astype(jnp.int32)

    return jax.tree.map(one, record)


def seldom(battle: Battle, when: Mask, rule: Callable[[Battle, Mask], None], share: int = SHARE) -> None:
    """Runs a rule that few battles need, for those alone where a batch of them runs; see `twinenvs.rare`.

    Args:
        battle: the battle, changed in place.
        when: bool, whether it needs the rule.
        rule: of (battle, when), which changes that battle in place.
        share: how many times fewer than all may need it at once without a second turn.
    """

    def stage(when: Mask, battle: Battle) -> Battle:
        rule(battle, when)
        return settle(battle)

    after = rarely(stage, when, settle(battle), share)
    own, foe = battle.own, battle.foe  # callers may hold on to these records
    own.__dict__.update(after.own.__dict__)
    foe.__dict__.update(after.foe.__dict__)
    battle.__dict__.update({**after.__dict__, "own": own, "foe": foe})


def _wide(value: Any, name: str) -> jax.Array:
    return jnp.asarray(value).astype(jnp.uint32 if name.startswith("rng_") else jnp.int32)


def _columns(array: Any, width: int) -> Any:
    return [array[i] for i in range(width)] if width else array


def unpack(state: layout.EnvState) -> Battle:
    """Turns a stored state of one battle into its working form, p1 acting."""
    battle: dict[str, Any] = {"swapped": jnp.bool_(False), "draws": jnp.int32(0)}
    sides: list[dict[str, Any]] = [{}, {}]
    benches: list[dict[str, Any]] = [{}, {}]
    reserves: list[dict[str, Any]] = [{}, {}]
    for field in layout.FIELDS:
        value = _wide(getattr(state, field.name), field.name)
        if field.scope == "battle":
            battle[field.name] = value
            continue
        for i, side in enumerate(sides):
            if field.scope == "pokemon":
                team = [_columns(value[i, place], field.width) for place in range(layout.PARTY)]
                side[field.name] = team[0]
                (benches if field.name in ON_BENCH else reserves)[i][field.name] = team[1:]
            else:
                side[field.name] = _columns(value[i], field.width)
    for i, side in enumerate(sides):
        side.update(TRANSIENT, bench=Bench(**benches[i]))
        fainted = side["fainted"] = side["hp"] == 0  # `clearVolatile` has given it back what is its own
        side["ability"] = jnp.where(fainted, side["base_ability"], side["ability"])
        side["speed"] = jnp.where(fainted, side["base_stats"][4], side["speed"])
        side["pp"] = [jnp.where(fainted, base, pp) for base, pp in zip(side["base_pp"], side["pp"], strict=True)]
    own, foe = (Side(**side) for side in sides)
    return settle(Battle(own=own, foe=foe, reserves=[Bench(**reserve) for reserve in reserves], **battle))


def of_own(battle: Battle, field: str) -> list[Any]:
    """Returns a field of the reserves of the side that acts: a list of BENCH."""
    mine, theirs = (getattr(reserve, field) for reserve in battle.reserves)
    return jax.tree.map(lambda p1, p2: jnp.where(battle.swapped, p2, p1), mine, theirs)


def keep_points(side: Side) -> None:
    """Makes the PP of the Pokemon on the field its own, unless it is transformed."""
    transformed = side.flag("transformed")
    side.base_pp = [either(transformed, base, now) for base, now in zip(side.base_pp, side.pp, strict=True)]


FOR_CHOICE = ("trapped", "maybe_trapped", "trap_known", "disabled")
"""Fields that say what may be chosen: they are on only while a move is asked for."""


def _kept(field: layout.Field, side: Side) -> Mask:
    """Whether the owner of a field is on; a volatile's values are zeroed when it ends, so the rest is being alive."""
    if field.scope != "active" or field.name == "switch_flag":
        return True
    if field.name in FOR_CHOICE:
        return side.request == MOVE
    return jnp.logical_not(side.fainted)


def _where_kept(field: layout.Field, side: Side) -> Any:
    """A field's value, zero where its owner is off."""
    kept = _kept(field, side)
    return jax.tree.map(lambda value: either(kept, value, jnp.zeros_like(value)), getattr(side, field.name))


def _stacked(value: Any) -> jax.Array:
    if isinstance(value, list):
        return jnp.stack([_stacked(item) for item in value])
    return jnp.asarray(value)


def pack(battle: Battle) -> layout.EnvState:
    """Turns the working form back into a stored state; a field whose owner is off becomes zero."""
    battle.face(False)
    sides = (battle.own, battle.foe)
    teams: list[dict[str, list[Any]]] = []
    for side, reserve in zip(sides, battle.reserves, strict=True):
        keep_points(side)
        bench = {**side.bench.__dict__, **reserve.__dict__}
        team = {field.name: [getattr(side, field.name), *bench[field.name]] for field in TEAM}
        kept = [(hp > 0) | battle.going for hp in team["hp"]]
        for name in ("status", "status_time"):  # of a battle that has ended the fainted have none
            team[name] = [jnp.where(keeps, value, 0) for keeps, value in zip(kept, team[name], strict=True)]
        teams.append(team)
    stored: dict[str, Any] = {}
    for field in layout.FIELDS:
        if field.scope == "battle":
            value = jnp.asarray(getattr(battle, field.name))
        elif field.scope == "pokemon":
            value = _stacked([team[field.name] for team in teams])
        else:
            value = _stacked([_where_kept(field, side) for side in sides])
        stored[field.name] = value.astype(field.dtype)
    return layout.EnvState(**stored)
