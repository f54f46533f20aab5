"""The working form of a battle inside one step: scalars per battle, and the side that acts first.

`unpack` turns a stored state into a `Battle` of int32 and bool scalars; `pack` turns it back. In between, every rule is
a plain function `rule(battle, ..., when)` that changes the battle under the mask `when`. A Battle lives only while one
step is traced; `lax` loops carry it as a pytree.

`battle.own` is the side that acts and `battle.foe` the other: `swap` exchanges them. Values of the Pokemon on the field
are scalars of its side (`own.hp`, `own.boosts[0]`); those of the whole team are arrays of `own.party`, (6,) or
(6, width), whose place 0 is stale until `store` writes the Pokemon on the field back.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, TypeAlias

import jax
import jax.numpy as jnp

from pokejax import state as layout
from pokejax.vocabulary import ERROR, MOVE, SLOT_FLAG, VOLATILE

Scalar: TypeAlias = Any
"""A traced int32 scalar, or a Python int."""

Mask: TypeAlias = Any
"""A traced bool scalar, or a Python bool."""


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


class Party(Record):
    """The six Pokemon of a side, in Showdown's order: arrays (6,) or (6, width)."""


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
        swapped: bool, `own` is p2.
        draws: int32, numbers drawn in this step.
    """

    own: Side
    foe: Side
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


for _kind in (Record, Party, Side, Battle):
    jax.tree_util.register_pytree_node(
        _kind, _flatten, lambda names, values, kind=_kind: kind(**dict(zip(names, values, strict=True)))
    )


def settle(record: Any) -> Any:
    """Returns the pytree with every leaf a strongly typed array, so that a loop may carry it."""

    def one(value: Any) -> jax.Array:
        value = jnp.asarray(value)
        return value if value.dtype in (jnp.bool_, jnp.uint32) else value.astype(jnp.int32)

    return jax.tree.map(one, record)


def _wide(value: Any, name: str) -> jax.Array:
    return jnp.asarray(value).astype(jnp.uint32 if name.startswith("rng_") else jnp.int32)


def _columns(array: Any, width: int) -> Any:
    return [array[i] for i in range(width)] if width else array


def unpack(state: layout.EnvState) -> Battle:
    """Turns a stored state of one battle into its working form, p1 acting."""
    battle: dict[str, Any] = {"swapped": jnp.bool_(False), "draws": jnp.int32(0)}
    sides: list[dict[str, Any]] = [{}, {}]
    parties: list[dict[str, Any]] = [{}, {}]
    for field in layout.FIELDS:
        value = _wide(getattr(state, field.name), field.name)
        if field.scope == "battle":
            battle[field.name] = value
            continue
        for i, side in enumerate(sides):
            if field.scope == "pokemon":
                parties[i][field.name] = value[i]
                side[field.name] = _columns(value[i, 0], field.width)
            else:
                side[field.name] = _columns(value[i], field.width)
    for i, side in enumerate(sides):
        side.update(TRANSIENT, party=Party(**parties[i]))
        fainted = side["fainted"] = side["hp"] == 0  # `clearVolatile` has given it back what is its own
        side["ability"] = jnp.where(fainted, side["base_ability"], side["ability"])
        side["speed"] = jnp.where(fainted, side["base_stats"][4], side["speed"])
        side["pp"] = [jnp.where(fainted, base, pp) for base, pp in zip(side["base_pp"], side["pp"], strict=True)]
    return settle(Battle(own=Side(**sides[0]), foe=Side(**sides[1]), **battle))


def store(side: Side, when: Mask = True) -> None:
    """Writes the Pokemon on the field back to place 0 of the party; its PP are its own unless it is transformed."""
    transformed = side.flag("transformed")
    side.base_pp = [either(transformed, base, now) for base, now in zip(side.base_pp, side.pp, strict=True)]
    for field in layout.FIELDS:
        if field.scope == "pokemon":
            value = getattr(side, field.name)
            first = jnp.stack([jnp.asarray(v, jnp.int32) for v in value]) if field.width else jnp.asarray(value)
            old = getattr(side.party, field.name)
            lane = (jnp.arange(layout.PARTY) == 0).reshape((layout.PARTY,) + (1,) * (old.ndim - 1))
            setattr(side.party, field.name, jnp.where(lane & when, first, old))


def load(side: Side, when: Mask) -> None:
    """Reads place 0 of the party into the scalars of the Pokemon on the field."""
    for field in layout.FIELDS:
        if field.scope == "pokemon":
            side.put(when, **{field.name: _columns(getattr(side.party, field.name)[0], field.width)})


FOR_CHOICE = ("trapped", "maybe_trapped", "trap_known", "disabled")
"""Fields that say what may be chosen: they are on only while a move is asked for."""


def _kept(field: layout.Field, side: Side) -> Mask:
    """Whether the owner of a field is on; a volatile's values are zeroed when it ends, so the rest is being alive."""
    if field.scope != "active" or field.name == "switch_flag":
        return True
    if field.name in FOR_CHOICE:
        return side.request == MOVE
    return jnp.logical_not(side.fainted)


def pack(battle: Battle) -> layout.EnvState:
    """Turns the working form back into a stored state; a field whose owner is off becomes zero."""
    battle.face(False)
    stored: dict[str, Any] = {}
    for side in (battle.own, battle.foe):
        store(side)
        for name in ("status", "status_time"):  # of a battle that has ended the fainted have none
            kept = (side.party.hp > 0) | battle.going
            setattr(side.party, name, jnp.where(kept, getattr(side.party, name), 0))
    for field in layout.FIELDS:
        if field.scope == "battle":
            stored[field.name] = jnp.asarray(getattr(battle, field.name)).astype(field.dtype)
            continue
        values = []
        for side in (battle.own, battle.foe):
            if field.scope == "pokemon":
                values.append(getattr(side.party, field.name))
                continue
            value = getattr(side, field.name)
            value = jnp.stack([jnp.asarray(v, jnp.int32) for v in value]) if field.width else jnp.asarray(value)
            values.append(either(_kept(field, side), value, jnp.zeros_like(value)))
        stored[field.name] = jnp.stack(values).astype(field.dtype)
    return layout.EnvState(**stored)
