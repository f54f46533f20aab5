"""The damage calculator: what a player may expect of attacks, by the engine's own formula.

`believe` turns one player's observation into the working form of a battle in which what the player cannot know is what
`pokejax.expectations` holds of its species. The rules of `pokejax.damage` then serve both the engine and the player.
"""

from __future__ import annotations

from typing import Any

import jax
import jax.numpy as jnp
import numpy as np

from pokejax import enums
from pokejax import observation_layout as columns
from pokejax import state as layout
from pokejax.base_power import formula
from pokejax.core import TRANSIENT, Battle, Scalar, Side
from pokejax.damage import ROLLS, Attack, after_roll, before_roll, fixed_damage
from pokejax.expectations import LIKELY, expectations
from pokejax.matchup import effectiveness, immune
from pokejax.modifiers import has_flag
from pokejax.names import has_ability, tables, weather
from pokejax.speed import action_speed
from pokejax.use import SURE, intend
from pokejax.view import FOE, OWN, View
from pokejax.vocabulary import SLOT_FLAG, VOLATILE

LOWEST_ROLL, HIGHEST_ROLL = 100 - ROLLS + 1, 100
MEAN_HITS = 3  # of 2 to 5: three eighths each of 2 and 3, one eighth each of 4 and 5
CRITICAL = 1 / 16  # of an ordinary attack, which deals twice as much


def _estimated(species: Any, level: Any) -> list[jax.Array]:
    """HP when whole and the five stats that a species has, by the pool, else by its base stats: int32 ()."""
    known = jnp.asarray(expectations().stats)[species]
    row = tables().species.row(species)
    base = [row.base_hp, row.base_atk, row.base_def, row.base_spa, row.base_spd, row.base_spe]
    # 31 individual values and 85 effort values, as all sets of the format have them but for a few.
    raw = [(2 * jnp.asarray(value) + 31 + 21) * level // 100 for value in base]
    formula_says = [raw[0] + level + 10, *(value + 5 for value in raw[1:])]
    return [jnp.where(known[0] > 0, known[i], formula_says[i]) for i in range(6)]


def _volatiles(view: View, side: int) -> jax.Array:
    """Bits of the conditions that the log shows: int32 ()."""
    bits: Any = jnp.int32(0)
    for name in columns.VOLATILES:
        bits = bits + view.now(name)[side] * VOLATILE[name]
    return bits


def _side(view: View, side: int, row: Any, on_field: Any) -> Side:
    """A Pokemon of a side as if it stood on the field.

    Args:
        view: the view.
        side: OWN or FOE.
        row: int32, its row within the six.
        on_field: bool, it does stand there: stages and conditions are its own.
    """
    here = np.arange(layout.PARTY) == row

    def of(name: str) -> jax.Array:
        return jnp.sum(jnp.where(here, view.team(name)[side], 0))

    def now(name: str) -> jax.Array:
        return jnp.where(on_field, view.now(name)[side], 0)

    first = of("species")
    present = on_field & (view.now("species")[side] > 0)
    species = jnp.where(present, view.now("species")[side], first)
    facts = tables().species.row(species)
    guess = expectations()
    estimated, level = _estimated(first, of("level")), of("level")
    ability = jnp.where(of("ability") > 0, of("ability"), jnp.asarray(guess.ability)[first])
    ability = jnp.where(now("traced") > 0, now("traced"), ability)
    item = jnp.where(of("item_known") > 0, of("item"), jnp.asarray(guess.item)[first])
    changed = _estimated(species, level)
    as_changed = present & (species != first)
    stats = [jnp.where(as_changed, changed[i + 1], estimated[i + 1]) for i in range(len(enums.STATS))]
    if side == OWN:
        exact = [of(stat) for stat in enums.STATS]
        unknown = now("transformed") > 0
        stats = [jnp.where(unknown, guessed, known) for guessed, known in zip(stats, exact, strict=True)]
        max_hp, hp = of("max_hp"), of("hp")
        hp_type = of("hidden_power")
    else:
        max_hp = estimated[0]
        hp = (of("percent") * max_hp + 99) // 100
        hp_type = jnp.asarray(guess.hidden_power)[first]
    types = [jnp.where(present, view.now(f"type{i}")[side], getattr(facts, f"type{i}")) for i in (0, 1)]
    return Side(
        **TRANSIENT | {"fainted": of("fainted") > 0},
        species=species,
        base_species=first,
        level=level,
        types=types,
        ability=ability,
        item=item,
        stats=stats,
        hp=hp,
        max_hp=jnp.maximum(max_hp, 1),
        hp_type=hp_type,
        status=of("status"),
        status_time=jnp.int32(0),
        flags=jnp.int32(0),
        boosts=[now(f"boost_{stat}") for stat in enums.BOOSTS],
        volatiles=jnp.where(on_field, _volatiles(view, side), 0),
        slot_flags=now("transformed") * SLOT_FLAG["transformed"],
        slow_start=now("slow_start"),
        switch_flag=jnp.int32(0),
        counter_damage=jnp.int32(0),
        mirrorcoat_damage=jnp.int32(0),
        attacked_damage=jnp.int32(0),
        speed=jnp.int32(0),
    )


def believe(view: View, own_row: Any = None) -> Battle:
    """The battle as its player sees it, what is hidden as the format leads to expect.

    Args:
        view: the player's view.
        own_row: int32 (), the own Pokemon that faces the foe, 0 to 5 in the team's first order; None for the one that
            stands on the field.

    Returns:
        A `Battle` that the rules of damage and speed can read, the viewer's side as `own`.
    """
    row = view.standing[OWN] if own_row is None else own_row
    own = _side(view, OWN, row, row == view.standing[OWN])
    foe = _side(view, FOE, view.standing[FOE], jnp.bool_(True))
    battle = Battle(
        own=own,
        foe=foe,
        swapped=jnp.bool_(False),
        weather=view.field("weather"),
        trick_room=view.field("trick_room"),
        rng_hi=jnp.uint32(0),
        rng_lo=jnp.uint32(0),
        draws=jnp.int32(0),
    )
    for side in (own, foe):
        side.put(True, speed=action_speed(battle, side))
    return battle


def rolls(battle: Battle, move: Scalar, crit: bool = False) -> tuple[jax.Array, jax.Array]:
    """The damage of one hit of the acting side's move at every roll, by the engine's formula.

    Args:
        battle: of `believe`, or a working form of the engine.
        move: int32 (), move id.
        crit: whether the hit is critical.

    Returns:
        int32 (16,), HP, from the lowest roll to the highest, 0 where the move does nothing to the foe, and float32 (),
        the chance in 0 to 1 that it hits.
    """
    low, high, chance = _ends(battle, move, crit, np.arange(LOWEST_ROLL, HIGHEST_ROLL + 1))
    del high
    return low, chance


def expected(battle: Battle, move: Scalar) -> jax.Array:
    """The damage that the acting side may expect of a move: the mean of both end rolls times chance and hits.

    Args:
        battle: of `believe`.
        move: int32 (), move id; 0 does nothing.

    Returns:
        float32 (), HP.
    """
    low, high, chance = _ends(battle, move, False, np.array([LOWEST_ROLL]))
    row = tables().moves.row(move)
    hits = jnp.where(row.multihit_max > 1, jnp.where(row.multihit_max == 5, MEAN_HITS, row.multihit_max), 1)
    # What needs a turn to charge or to rest deals its damage every other turn.
    waits = has_flag(row, "recharge") | (
        has_flag(row, "charge") & (weather(battle) != enums.WEATHERS.index("sunnyday"))
    )
    mean = (low[0] + high) / 2 * chance * hits * (1 + CRITICAL)
    return jnp.where(waits, mean / 2, mean).astype(jnp.float32)


def _ends(battle: Battle, move: Scalar, crit: bool, percents: np.ndarray) -> tuple[jax.Array, jax.Array, jax.Array]:
    """Damage at these rolls (int32 (n,)) and at the highest (int32 ()), and the chance to hit (float32 ())."""
    use = intend(battle, move, False)
    attack, own, foe = Attack.of(use), battle.own, battle.foe
    proof = immune(foe, attack.type, attack.ignore_ability, attack.scrappy) | shielded(battle, attack)
    fixed, is_fixed = fixed_damage(own, foe, attack)
    power = formula(own, foe, attack.row.bp_formula_formula, attack.power)
    base = before_roll(battle, own, foe, attack, power, crit)

    def at(percent: Any) -> Any:
        rolled = after_roll(battle, own, foe, attack, base * percent // 100, crit, False)
        dealt = jnp.where(is_fixed, fixed, jnp.where(power > 0, jnp.maximum(rolled, 1), 0))
        return jnp.where(proof | (jnp.asarray(attack.category) == 0) | (move == 0), 0, dealt)

    low = jnp.stack([jnp.asarray(at(int(percent))) for percent in percents])
    chance = jnp.where((use.accuracy == 0) | (use.accuracy == SURE), 1.0, use.accuracy / 100)
    return low, jnp.asarray(at(HIGHEST_ROLL)), jnp.asarray(chance, jnp.float32)


def shielded(battle: Battle, attack: Attack) -> Any:
    """Whether the foe's ability takes all the damage: an absorbed type, Soundproof, Wonder Guard."""
    foe, row = battle.foe, tables().abilities.row(battle.foe.ability)
    works = jnp.logical_not(attack.ignore_ability)
    absorbs = (row.absorb_effect != 0) & (row.absorb_type == attack.type)
    deaf = (row.sound_immune_on != 0) & has_flag(attack.row, "sound")
    wonder = has_ability(foe, "wonderguard") & (effectiveness(foe, attack.type) <= 0) & (attack.type != 0)
    return works & (absorbs | deaf | wonder)


def own_damage(battle: Battle, moves: jax.Array) -> jax.Array:
    """What the own moves may be expected to deal: float32 (n,), HP, of move ids int32 (n,)."""
    return jax.vmap(lambda move: expected(_copy(battle), move))(moves)


def foe_moves(view: View) -> tuple[jax.Array, jax.Array]:
    """The foe's attacks as far as shown, filled up with likely ones of its species.

    Returns:
        Move ids int32 (4 + LIKELY,), 0 = none, and float32 (4 + LIKELY,), how likely it knows each.
    """
    shown = jnp.stack([view.at_hand(f"move{i}")[FOE] for i in range(layout.MOVES)])
    room = jnp.sum(shown == 0) > 0
    species, guess = view.at_hand("species")[FOE], expectations()
    moves, shares = jnp.asarray(guess.moves)[species], jnp.asarray(guess.shares)[species]
    hidden = room & jnp.logical_not(jnp.any(moves[:, None] == shown[None], axis=1))
    known = jnp.concatenate([shown, jnp.where(hidden, moves, 0)])
    return known, jnp.concatenate([jnp.ones(layout.MOVES), jnp.where(hidden, shares, 0.0)])


FOE_MOVES = layout.MOVES + LIKELY


def foe_damage(view: View, battle: Battle) -> jax.Array:
    """What the foe's known and likely attacks may be expected to deal: float32 (4 + LIKELY,), HP, by likelihood."""
    turned = _copy(battle)
    turned.swap(True)
    moves, shares = foe_moves(view)
    return own_damage(turned, moves) * shares


def _copy(battle: Battle) -> Battle:
    """A battle whose records may be written to without touching those of the first."""
    return jax.tree.map(lambda leaf: leaf, battle)
