"""State and parameters of a battle: every field once, with dtype, shape, Showdown's name and owner.

Everything else about the layout derives from the declarations here: the arrays (`empty`), the words of the hash
(`WORDS`), the description handed to the exporter (`layout`) and docs/pokejax/STATE.md (`document`).

Scopes: "battle" one value; "side" one a player, p1 first; "active" one a player, of the Pokemon on the field;
"pokemon" one a Pokemon, (2, 6), in Showdown's order `side.pokemon`: the one on the field is first, and a switch
exchanges two places. A field whose owner is off is zero: `owner` names the condition, in words of the state.
"""

from __future__ import annotations

import dataclasses
from dataclasses import dataclass
from typing import Any

import jax
import numpy as np
from flax import struct

from pokejax import enums, vocabulary

PARTY = 6
MOVES = 4
TURN_LIMIT = 1000  # turns; a battle that would begin turn 1001 is a tie
NEVER = 2**31 - 1

SCOPES: dict[str, tuple[int, ...]] = {"battle": (), "side": (2,), "active": (2,), "pokemon": (2, PARTY)}


@dataclass(frozen=True)
class Field:
    """One field of the state.

    Attributes:
        name: the field.
        scope: a key of SCOPES.
        dtype: NumPy's name of the stored type.
        width: elements per value, 0 for a scalar.
        showdown: where Showdown keeps it, from the battle, the side or the Pokemon, by scope.
        owner: when the field is on, in words; empty if always. While it is off the field is zero.
    """

    name: str
    scope: str
    dtype: str
    width: int
    showdown: str
    owner: str

    @property
    def shape(self) -> tuple[int, ...]:
        """Shape of the array in an unbatched state."""
        return SCOPES[self.scope] + ((self.width,) if self.width else ())


def _field(scope: str, dtype: str, showdown: str, *, width: int = 0, owner: str = "") -> Any:
    declared = {"scope": scope, "dtype": dtype, "width": width, "showdown": showdown, "owner": owner}
    return struct.field(metadata={"field": declared})


class EnvState(struct.PyTreeNode):
    """One battle. Dtype, shape and meaning of each field are its declaration; see the module's text for the scopes."""

    # The battle.
    rng_hi: jax.Array = _field("battle", "uint32", "prng.rng.seed, upper 32 bits")
    rng_lo: jax.Array = _field("battle", "uint32", "prng.rng.seed, lower 32 bits")
    turn: jax.Array = _field("battle", "uint16", "turn")
    result: jax.Array = _field("battle", "uint8", "winner, index in RESULTS, 0 while not ended")
    weather: jax.Array = _field("battle", "uint8", "field.weather, index in WEATHERS")
    weather_turns: jax.Array = _field(
        "battle", "uint8", "field.weatherState.duration, turns, 0 = endless", owner="weather"
    )
    trick_room: jax.Array = _field("battle", "uint8", "field.pseudoWeather.trickroom.duration, turns, 0 = none")
    last_move: jax.Array = _field("battle", "uint16", "lastMove, move id")
    residual_due: jax.Array = _field("battle", "uint8", "1 if queue.list holds the residual action")

    # A side.
    request: jax.Array = _field("side", "uint8", "activeRequest: wait, a move or a switch, index in REQUESTS")
    pending: jax.Array = _field(
        "side",
        "uint16",
        "move id of its action in queue.list, 0 = none",
        owner="the turn was interrupted",
    )
    spikes: jax.Array = _field("side", "uint8", "sideConditions.spikes.layers")
    toxic_spikes: jax.Array = _field("side", "uint8", "sideConditions.toxicspikes.layers")
    wish: jax.Array = _field("side", "uint8", "slotConditions[0].wish.duration, turns")
    healing_wish: jax.Array = _field("side", "uint8", "slotConditions[0].healingwish.duration, turns")

    # The Pokemon on the field.
    species: jax.Array = _field("active", "uint16", "species, species id (the forme it has now)", owner="alive")
    types: jax.Array = _field("active", "uint8", "types, type indices", width=2, owner="alive")
    ability: jax.Array = _field("active", "uint16", "ability, ability id", owner="alive")
    stats: jax.Array = _field("active", "uint16", "storedStats, in order STATS", width=5, owner="alive")
    moves: jax.Array = _field("active", "uint16", "moveSlots[].id, move ids", width=MOVES, owner="alive")
    pp: jax.Array = _field("active", "uint8", "moveSlots[].pp", width=MOVES, owner="alive")
    hp_type: jax.Array = _field("active", "uint8", "hpType, type index of Hidden Power", owner="alive and a move of it")
    boosts: jax.Array = _field("active", "int8", "boosts, in order BOOSTS", width=7, owner="alive")
    speed: jax.Array = _field("active", "int16", "speed, the cached one (negative under Trick Room)", owner="alive")
    volatiles: jax.Array = _field("active", "uint32", "volatiles, bits VOLATILES", owner="alive")
    slot_flags: jax.Array = _field("active", "uint8", "bits SLOT_FLAGS", owner="alive, each as its volatile")
    switch_flag: jax.Array = _field("active", "uint8", "switchFlag, index in SWITCH_FLAGS")
    trapped: jax.Array = _field("active", "uint8", "trapped, index in TRAPPED", owner="request is a move")
    maybe_trapped: jax.Array = _field("active", "uint8", "maybeTrapped", owner="request is a move")
    trap_known: jax.Array = _field("active", "uint8", "activeRequest.active[0].trapped", owner="request is a move")
    disabled: jax.Array = _field("active", "uint8", "moveSlots[].disabled, bit i of slot i", owner="request is a move")
    last_move_used: jax.Array = _field("active", "uint16", "lastMove, move id", owner="alive")
    move_this_turn: jax.Array = _field("active", "uint16", "moveThisTurn, move id", owner="alive")
    active_turns: jax.Array = _field("active", "uint16", "activeTurns", owner="alive")
    move_actions: jax.Array = _field("active", "uint16", "activeMoveActions", owner="alive")
    substitute_hp: jax.Array = _field("active", "uint16", "volatiles.substitute.hp, whole HP", owner="substitute")
    substitute_half: jax.Array = _field(  # Metal Burst's 1.5 times the damage is not cut off before a substitute
        "active", "uint8", "1 if volatiles.substitute.hp has half a point beside", owner="substitute"
    )
    confusion_time: jax.Array = _field("active", "uint8", "volatiles.confusion.time", owner="confusion")
    locked_turns: jax.Array = _field("active", "uint8", "volatiles.lockedmove.duration", owner="lockedmove")
    locked_true: jax.Array = _field("active", "uint8", "volatiles.lockedmove.trueDuration", owner="lockedmove")
    locked_move: jax.Array = _field("active", "uint16", "volatiles.lockedmove.move, move id", owner="lockedmove")
    charge_turns: jax.Array = _field("active", "uint8", "volatiles.twoturnmove.duration", owner="twoturnmove")
    charge_move: jax.Array = _field("active", "uint16", "volatiles.twoturnmove.move, move id", owner="twoturnmove")
    recharge_turns: jax.Array = _field("active", "uint8", "volatiles.mustrecharge.duration", owner="mustrecharge")
    choice_move: jax.Array = _field("active", "uint16", "volatiles.choicelock.move, move id", owner="choicelock")
    encore_move: jax.Array = _field("active", "uint16", "volatiles.encore.move, move id", owner="encore")
    encore_turns: jax.Array = _field("active", "uint8", "volatiles.encore.duration", owner="encore")
    taunt_turns: jax.Array = _field("active", "uint8", "volatiles.taunt.duration", owner="taunt")
    yawn_turns: jax.Array = _field("active", "uint8", "volatiles.yawn.duration", owner="yawn")
    yawn_by_foe: jax.Array = _field("active", "uint8", "volatiles.yawn.source is of the other side", owner="yawn")
    stall_turns: jax.Array = _field("active", "uint8", "volatiles.stall.duration", owner="stall")
    stall_counter: jax.Array = _field("active", "uint8", "volatiles.stall.counter", owner="stall")
    counter_damage: jax.Array = _field("active", "uint16", "volatiles.counter.damage, HP", owner="counter")
    mirrorcoat_damage: jax.Array = _field("active", "uint16", "volatiles.mirrorcoat.damage, HP", owner="mirrorcoat")
    attract_by: jax.Array = _field(
        "active", "uint8", "volatiles.attract.source, its place of the first order + 1", owner="attract"
    )
    broken_by: jax.Array = _field("active", "uint16", "volatiles.substitutebroken.move", owner="substitutebroken")
    slow_start: jax.Array = _field("active", "uint8", "abilityState.counter, turns", owner="ability is slowstart")
    attacked_damage: jax.Array = _field(
        "active", "uint16", "damage of the last of attackedBy that dealt any, HP", owner="alive and attacked by the foe"
    )

    # A Pokemon of the team.
    base_species: jax.Array = _field("pokemon", "uint16", "baseSpecies, species id")
    level: jax.Array = _field("pokemon", "uint8", "level")
    gender: jax.Array = _field("pokemon", "uint8", "gender, index in GENDERS")
    base_ability: jax.Array = _field("pokemon", "uint16", "baseAbility, ability id")
    item: jax.Array = _field("pokemon", "uint16", "item, item id")
    hp: jax.Array = _field("pokemon", "uint16", "hp")
    max_hp: jax.Array = _field("pokemon", "uint16", "maxhp")
    base_stats: jax.Array = _field("pokemon", "uint16", "baseStoredStats, in order STATS", width=5)
    base_moves: jax.Array = _field("pokemon", "uint16", "baseMoveSlots[].id, move ids", width=MOVES)
    base_pp: jax.Array = _field("pokemon", "uint8", "baseMoveSlots[].pp", width=MOVES)
    base_hp_type: jax.Array = _field("pokemon", "uint8", "baseHpType, type index", owner="a move is Hidden Power")
    status: jax.Array = _field("pokemon", "uint8", "status, index in STATUSES; fnt counts as none")
    status_time: jax.Array = _field("pokemon", "uint8", "statusState.time or .stage", owner="slp, tox")
    flags: jax.Array = _field("pokemon", "uint8", "bits POKEMON_FLAGS")
    place: jax.Array = _field("pokemon", "uint8", "place in the first order of the team, 0-5")

    # Not Showdown's.
    time: jax.Array = _field("battle", "int32", "")  # decision points since the reset
    err: jax.Array = _field("battle", "uint8", "")  # bits ERRORS
    active_move: jax.Array = _field("battle", "uint16", "")  # move id that becomes `last_move` at the next action
    attacked_by: jax.Array = _field("active", "uint8", "")  # place + 1 of who dealt `attacked_damage`, 0 = not known
    type_unknown: jax.Array = _field("active", "uint8", "")  # 1 if knownType is false: a copy that kept its types since
    kept: jax.Array = _field("side", "uint8", "")  # action + 1 that stands while the other side's was refused, 0 = none

    # What the log has shown to the other player; compared through the observations.
    weather_since: jax.Array = _field("battle", "uint16", "", owner="weather")  # turn in which the weather began
    shown_move: jax.Array = _field("active", "uint16", "", owner="alive")  # move id of the last move that it showed
    shown: jax.Array = _field("pokemon", "uint8", "")  # bits SHOWN
    appearance: jax.Array = _field("pokemon", "uint8", "")  # as the how-many-th of its side it came in, 0 = not yet


class EnvParams(struct.PyTreeNode):
    """The numbers that a battle reads."""

    max_steps_in_episode: Any = NEVER  # decision points until truncation; the rules never truncate


FIELDS: tuple[Field, ...] = tuple(
    Field(name=item.name, **item.metadata["field"]) for item in dataclasses.fields(EnvState)
)
"""Every field, in order of declaration."""

BY_NAME: dict[str, Field] = {field.name: field for field in FIELDS}

HASHED: tuple[Field, ...] = tuple(field for field in FIELDS if field.showdown)
"""The fields of the canonical state, in the order of its words: all but the project's own."""


def words(state: Any) -> np.ndarray:
    """Returns the canonical state as words, in the order of HASHED, row-major within a field; for one battle.

    Args:
        state: EnvState of arrays without a batch axis, or a mapping from field to array.

    Returns:
        int64 (number of words,), each with the value of the element.
    """
    get = state.get if isinstance(state, dict) else lambda name: getattr(state, name)
    return np.concatenate([np.asarray(get(field.name)).astype(np.int64).reshape(-1) for field in HASHED])


def word_names() -> list[str]:
    """Returns what each word of `words` is, as "field[index]"."""
    names = []
    for field in HASHED:
        names += [field.name + str(list(index)).replace("[]", "") for index in np.ndindex(field.shape)]
    return names


def empty() -> EnvState:
    """Returns a state of NumPy zeros, each with its dtype and shape."""
    arrays: dict[str, Any] = {field.name: np.zeros(field.shape, field.dtype) for field in FIELDS}
    return EnvState(**arrays)


def pack(values: dict[str, Any]) -> EnvState:
    """Returns a state of NumPy arrays from plain values by field; what is missing is zero.

    Raises:
        ValueError: a value does not fit the field, or the field does not exist.
    """
    arrays = {field.name: np.zeros(field.shape, field.dtype) for field in FIELDS}
    for name, value in values.items():
        if name not in BY_NAME:
            raise ValueError(f"the state has no field {name!r}; the fields are those of pokejax.state.FIELDS")
        field, given = BY_NAME[name], np.asarray(value)
        if given.shape != field.shape:
            raise ValueError(f"{name} has shape {given.shape}; it must have {field.shape}")
        limits = np.iinfo(field.dtype)
        if given.size and (given.min() < limits.min or given.max() > limits.max):
            raise ValueError(f"{name} holds {given.min()} to {given.max()}; {field.dtype} does not")
        arrays[name] = given.astype(field.dtype)
    state: dict[str, Any] = arrays
    return EnvState(**state)


def layout() -> dict[str, Any]:
    """Returns the layout as plain data for JSON: the hashed fields in order, and the vocabulary of their values."""
    listed = [
        {"name": f.name, "scope": f.scope, "dtype": f.dtype, "width": f.width, "showdown": f.showdown, "owner": f.owner}
        for f in HASHED
    ]
    shared = ("STATUSES", "WEATHERS", "GENDERS", "TYPES", "STATS", "BOOSTS")
    own = ("VOLATILES", "SLOT_FLAGS", "POKEMON_FLAGS", "REQUESTS", "RESULTS", "TRAPPED", "SWITCH_FLAGS")
    return {
        "fields": listed,
        "words": len(word_names()),
        "vocabulary": {
            **{name: list(getattr(enums, name)) for name in shared},
            **{name: list(getattr(vocabulary, name)) for name in own},
        },
    }


def bytes_per_battle() -> int:
    """Returns the size of a stored state in bytes."""
    return sum(int(np.prod(field.shape)) * np.dtype(field.dtype).itemsize for field in FIELDS)


def document() -> str:
    """Returns docs/pokejax/STATE.md: the table of all fields."""
    lines = [
        "# The state of a PokeJAX battle",
        "",
        "Generated from `pokejax/state.py` by `python -m pokejax.state`. A field whose owner is off is zero.",
        "",
        f"{bytes_per_battle()} bytes a battle, {len(word_names())} words in the hash.",
        "",
        "| field | dtype | shape | Showdown's | on while |",
        "|---|---|---|---|---|",
    ]
    for field in FIELDS:
        shape = "x".join(map(str, field.shape)) or "1"
        source = field.showdown or "not Showdown's, not hashed"
        lines.append(f"| `{field.name}` | {field.dtype} | {shape} | {source} | {field.owner or 'always'} |")
    return "\n".join(lines) + "\n"


if __name__ == "__main__":
    print(document(), end="")
