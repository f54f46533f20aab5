import jax.numpy as jnp
import numpy as np

from pokejax import hashing, state

NUM_WORDS = len(state.word_names())
WORDS = np.random.default_rng(8).integers(0, 2**32, (4, NUM_WORDS), dtype=np.uint32)


def _hexes(words):
    return [hashing.to_hex(halves) for halves in hashing.hash_words(words)]


def test_hash_notices_every_word_and_its_place():
    changed = np.repeat(WORDS[:1], NUM_WORDS, axis=0)
    changed[np.arange(NUM_WORDS), np.arange(NUM_WORDS)] += 1
    found = set(_hexes(changed))
    assert len(found) == NUM_WORDS and not found & set(_hexes(WORDS))
    assert _hexes(np.roll(WORDS, 1, axis=-1)) != _hexes(WORDS)
    assert len(set(_hexes(np.zeros((1, NUM_WORDS), np.uint32)))) == 1


def test_both_halves_of_the_hash_are_their_own():
    halves = hashing.hash_words(WORDS)
    assert halves.shape == (4, 2) and halves.dtype == np.uint32
    assert (halves[:, 0] != halves[:, 1]).all()


def test_hash_is_the_same_in_numpy_and_jax():
    assert [hashing.to_hex(halves) for halves in hashing.hash_words(jnp.asarray(WORDS), jnp)] == _hexes(WORDS)


def test_hash_of_a_state_is_that_of_its_words():
    values = {field.name: np.zeros(field.shape, field.dtype) for field in state.FIELDS}
    values["boosts"] = np.full((2, 7), -3)
    values["rng_hi"] = np.array(2**32 - 5)
    one = state.pack(values)
    words = (state.words(one) & 0xFFFFFFFF).astype(np.uint32)
    assert hashing.to_hex(hashing.hash_state(one)) == hashing.to_hex(hashing.hash_words(words))
