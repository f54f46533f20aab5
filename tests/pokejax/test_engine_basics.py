"""The layout of the state, the generator and the sort, each against its law."""

import jax
import jax.numpy as jnp
import numpy as np
import pytest

from pokejax import core, rng, sort, state, vocabulary

MASK64 = 2**64 - 1


def law(x: int) -> int:
    return (x * 0x5D588B656C078965 + 0x269EC3) & MASK64


def working(seed: int) -> core.Battle:
    values = state.empty().replace(rng_hi=np.uint32(seed >> 32), rng_lo=np.uint32(seed & 0xFFFFFFFF))
    return core.unpack(values)


def test_generator_advances_as_its_law_says():
    seeds = np.random.default_rng(7).integers(0, 2**64, 512, dtype=np.uint64)
    seeds = np.append(seeds, np.array([0, MASK64, 0xFFFFFFFF, 2**63], np.uint64))
    hi, lo = rng.advance((seeds >> np.uint64(32)).astype(np.uint32), seeds.astype(np.uint32))
    got = [(int(h) << 32) | int(w) for h, w in zip(np.asarray(hi), np.asarray(lo), strict=True)]
    assert got == [law(int(seed)) for seed in seeds]


@pytest.mark.parametrize("n", [1, 2, 3, 16, 100, 255, 4096, 65535])
def test_scale_equals_the_exact_product(n):
    values = np.random.default_rng(n).integers(0, 2**32, 256, dtype=np.uint64)
    values = np.append(values, np.array([0, 2**32 - 1], np.uint64))
    got = np.asarray(rng.scale(values.astype(np.uint32), n))
    assert got.tolist() == [int(v) * n >> 32 for v in values]


def test_draw_leaves_the_generator_alone_where_the_mask_is_off():
    battle = working(12345)
    rng.draw(battle, 100, jnp.bool_(False), "test")
    assert (int(battle.rng_hi), int(battle.rng_lo), int(battle.draws)) == (0, 12345, 0)


def selection_sort(keys: list[int], seed: int) -> tuple[list[int], int]:
    """The sort by its definition, on lists: returns the items in order and the generator's state."""
    items = list(range(len(keys)))
    begin = 0
    while begin + 1 < len(items):
        ranks = [keys[i] for i in items]
        best = min(ranks[begin:])
        tied = [i for i in range(begin, len(items)) if ranks[i] == best]
        for place, index in enumerate(tied, start=begin):
            items[place], items[index] = items[index], items[place]
        start, end = begin, begin + len(tied)
        while start < end - 1:
            seed = law(seed)
            j = start + ((seed >> 32) * (end - start) >> 32)
            items[start], items[j] = items[j], items[start]
            start += 1
        begin += len(tied)
    return items, seed


def test_speed_sort_equals_its_definition():
    generator = np.random.default_rng(3)
    width = 9

    @jax.jit
    def run(hi, lo, keys):
        battle = core.Battle(rng_hi=hi, rng_lo=lo, draws=jnp.int32(0))
        items = sort.speed_sort(battle, keys, True, "test")
        return items, battle.rng_hi, battle.rng_lo

    for _ in range(60):
        count = int(generator.integers(0, width + 1))
        keys = generator.integers(0, 4, count).tolist()
        seed = int(generator.integers(0, 2**63))
        numbered = [key * sort.PAYLOAD + i for i, key in enumerate(keys)]
        padded = np.array(numbered + [sort.LAST] * (width - count), np.int32)
        items, hi, lo = run(np.uint32(seed >> 32), np.uint32(seed & 0xFFFFFFFF), padded)
        expected, after = selection_sort(keys, seed)
        assert (np.asarray(items)[:count] % sort.PAYLOAD).tolist() == expected
        assert (int(hi) << 32) | int(lo) == after


def test_pack_returns_what_was_unpacked():
    generator = np.random.default_rng(5)
    values = {}
    for field in state.FIELDS:
        limits = np.iinfo(field.dtype)
        values[field.name] = generator.integers(max(limits.min, -99), min(limits.max, 99), field.shape)
    values["hp"] = np.full((2, 6), 50)  # a fainted Pokemon on the field would have its fields zeroed
    for active, party in (("pp", "base_pp"),):  # without Transform the PP in use are those of the team
        values[party][:, 0] = values[active]
    values["slot_flags"][:] = 0
    values["request"][:] = vocabulary.MOVE  # what may be chosen is kept only while a move is asked for
    stored = state.pack(values)
    back = core.pack(core.unpack(stored))
    for field in state.FIELDS:
        np.testing.assert_array_equal(getattr(back, field.name), getattr(stored, field.name), err_msg=field.name)


def test_state_stays_under_a_kilobyte():
    assert state.bytes_per_battle() < 1024


def test_layout_counts_as_many_words_as_it_lists():
    listed = state.layout()
    sizes = [int(np.prod(state.BY_NAME[entry["name"]].shape)) for entry in listed["fields"]]
    assert listed["words"] == sum(sizes) == len(state.words(state.empty()))
    assert "time" not in [entry["name"] for entry in listed["fields"]]


def test_pack_refuses_a_value_that_does_not_fit():
    with pytest.raises(ValueError, match="turn holds 70000 to 70000; uint16 does not"):
        state.pack({"turn": 70000})
    with pytest.raises(ValueError, match="no field 'terrain'"):
        state.pack({"terrain": 1})
