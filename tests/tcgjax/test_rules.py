"""What positions do not show: set-up, chance, knowledge, positions as JSON, replay and readable actions."""

from __future__ import annotations

import collections
import itertools
import json
import random

import pytest

from tcgjax import actions
from tcgjax.data.decks import make_deck, random_deck, shipped_decks
from tcgjax.reference import Game, IllegalActionError, replay, turn
from tcgjax.reference.chance import Chance, TapeError, mix
from tcgjax.reference.model import Table, new_player
from tcgjax.reference.position import PositionError, export_position, import_position
from tcgjax.reference.view import to_dict

DECKS = ("mewtwo_ex_gardevoir", "pikachu_ex")
# Games of random play that the statistical tests use; 200 picks of 2 stay inside 4.5 standard deviations.
GAMES = 200
FAR = 32


def play(game: Game, seed: int, steps: int | None = None) -> Game:
    """Plays on at random, ending a turn only now and then."""
    rng = random.Random(seed)
    for _ in itertools.count() if steps is None else range(steps):
        if game.is_over:
            break
        legal = game.legal()
        game.step(rng.choice(legal[1:]) if len(legal) > 1 and rng.random() < 0.8 else legal[0])
    return game


def finish_setup(game: Game) -> Game:
    while game.table.turn == 0:
        game.step(game.legal()[0])
    return game


def test_a_coin_decides_who_is_first_2_1() -> None:
    first = sum(Game(DECKS, (seed, 7)).table.first for seed in range(GAMES))
    assert abs(first - GAMES / 2) < FAR


def test_opening_hands_hold_a_basic_2_2() -> None:
    for opening, seed in itertools.product(("inject", "mulligan"), range(50)):
        for player in Game(["gyarados_ex_greninja_druddigon"] * 2, (seed, seed), opening).table.players:
            hand = [player.cards[i] for i in player.instances(actions.HAND)]
            assert len(hand) == 5
            assert any(card.is_basic for card in hand)


def test_mulligan_and_inject_differ_in_chance_2_2_a2() -> None:
    lonely = make_deck(
        ["Rattata", *(c for name in ("Potion", "X Speed", "Hand Scope", "Red Card", "Giovanni",
        "Sabrina") for c in [name] * 2),
         "Poké Ball", "Poké Ball", "Pokédex", "Pokédex", "Blue", "Blue", "Leaf"], "G")  # fmt: skip
    draws = {opening: Game([lonely, lonely], (3, 4), opening).table.chance.draws for opening in ("inject", "mulligan")}
    assert draws["inject"] == 1 + 2 * 5 + 2
    assert draws["mulligan"] > draws["inject"]


def test_chance_of_the_setup_comes_in_order_2_5_2_6() -> None:
    table = Table([new_player(shipped_decks()[name]) for name in DECKS], Chance((1, 2), record=[]))
    turn.set_up(table, "inject")
    hand = ["opening Basic", *["card"] * 4]
    assert [purpose for purpose, _, _ in table.chance.record or ()] == [
        "who plays first",
        *hand,
        *hand,
        "energy",
        "energy",
    ]
    assert all(player.energy_next >= 0 > player.energy_now for player in table.players)


def test_a_view_shows_what_is_public_14_1_a9() -> None:
    game = play(finish_setup(Game(DECKS, (7, 8))), 3, steps=20)
    for viewer in (0, 1):
        seen = to_dict(game.table, viewer)["current"]["players"][1 - viewer]
        player = game.table.players[1 - viewer]
        assert [entry["card"] for entry in seen["active"]] == [player.active.card.name]
        assert seen["active"][0]["damage"] == player.active.damage
        assert (seen["handCount"], seen["deckCount"]) == (player.count(actions.HAND), player.count(actions.DECK))
        assert seen["nextEnergy"] == "GRWLPFDM"[player.energy_next]
        assert seen["hand"] is seen["deck"] is seen["deckTop"] is None
        assert len(seen["discard"]) == player.count(actions.DISCARD)


def test_an_unknown_opening_is_named() -> None:
    with pytest.raises(ValueError, match=r"opening must be one of 'inject', 'mulligan', got 'none'\.$"):
        Game(DECKS, opening="none")


def test_setup_offers_basics_only_and_fills_the_lowest_slots_2_3() -> None:
    game = Game(["charizard_ex_moltres"] * 2, (5, 6))
    while game.table.turn == 0:
        player, legal = game.table.players[game.decider], game.legal()
        played = [action - actions.PLAY for action in legal if action]
        assert all(player.cards[i].is_basic for i in played)
        assert (actions.END in legal) == (game.table.phase == actions.SETUP_BENCH)
        game.step(legal[-1])
    for player in game.table.players:
        slots = [slot for slot, _ in player.in_play()]
        assert slots == list(range(len(slots)))


def test_setup_is_secret_2_4_14_5() -> None:
    game = Game(["pikachu_ex", "pikachu_ex"], (8, 9))
    other = 1 - game.decider
    before = to_dict(game.table, other)
    while game.decider != other:
        game.step(game.legal()[-1])
        if game.decider != other:
            assert to_dict(game.table, other) == before
    after = to_dict(game.table, other)
    assert {key: after[key] for key in ("logs", "current")} == {key: before[key] for key in ("logs", "current")}
    assert after["current"]["players"][1 - other]["active"] == []
    assert finish_setup(game).table.turn == 1
    assert len(to_dict(game.table, other)["current"]["players"][1 - other]["active"]) == 1


def test_turn_1_draws_and_has_no_energy_a1_a25() -> None:
    game = finish_setup(Game(DECKS, (1, 1)))
    first = game.table.players[game.table.first]
    in_play = sum(1 for _ in first.in_play())
    assert first.count(actions.HAND) == 5 - in_play + 1
    assert first.energy_now == -1
    kept = first.energy_next
    game.step(actions.END)
    assert game.table.me.energy_now >= 0
    assert first.energy_next == kept


def test_words_follow_the_formula_10_1() -> None:
    chance = Chance((3, 5))
    words = [chance._word("test", 1, "pick") for _ in range(3)]
    assert words == [mix(((k * 0x9E3779B9 + 3) & 0xFFFFFFFF) ^ 5) for k in range(3)]
    assert mix(0) == 0
    assert len({mix(k) for k in range(1000)}) == 1000
    assert chance.draws == 3


def test_picks_are_uniform_10_4() -> None:
    chance = Chance((11, 12))
    counts = collections.Counter(chance.pick(5, "test") for _ in range(5000))
    assert set(counts) == set(range(5))
    assert all(abs(count - 1000) < 150 for count in counts.values())  # 5 standard deviations


def test_coins_are_bits_10_5_10_6() -> None:
    chance = Chance((0, 0), tape=[0b1011, 0b0111, 0xFFFFFFFF, 0xFFFFFFFF, 0])
    assert [chance.coins(4, ""), chance.until_tails(""), chance.until_tails(""), chance.coins(99, "")] == [3, 3, 32, 32]
    assert chance.coins(1, "") == 0


def test_a_tape_that_does_not_fit_is_named() -> None:
    with pytest.raises(TapeError, match=r"^the tape ends before draw 0 \(who plays first, coins of 1\)\.$"):
        Game(DECKS, tape=[])
    with pytest.raises(
        TapeError, match=r"^draw 0 of the tape is \{'pick': 1\}, but who plays first needs coins of 1\.$"
    ):
        Game(DECKS, tape=[{"pick": 1}])


def test_recorded_chance_replays_as_a_tape() -> None:
    game = Game(DECKS, (1, 2))
    words = [mix(((k * 0x9E3779B9 + 1) & 0xFFFFFFFF) ^ 2) for k in range(5000)]
    play(game, 1)
    again = replay(DECKS, (0, 0), game.actions, tape=words)
    first, second = export_position(game.table), export_position(again.table)
    assert {**first, "seed": 0} == {**second, "seed": 0}


def test_replay_gives_the_same_game() -> None:
    game = play(Game(DECKS, (3, 4)), 2)
    assert export_position(replay(DECKS, (3, 4), game.actions).table) == export_position(game.table)


def test_a_position_survives_json() -> None:
    game = Game(["weezing_arbok", DECKS[1]], (5, 6))
    for step in range(60):
        text = json.dumps(export_position(game.table))
        table = import_position(json.loads(text))
        assert json.dumps(export_position(table)) == text
        play(game, step, steps=1)


def test_a_position_plays_on_like_its_original() -> None:
    game = play(Game(DECKS, (7, 8)), 3, steps=25)
    copied = Game(DECKS, (7, 8))
    copied.table = import_position(json.loads(json.dumps(export_position(game.table))))
    play(game, 4)
    play(copied, 4)
    assert export_position(copied.table) == export_position(game.table)


@pytest.mark.parametrize(
    ("change", "sentence"),
    [
        ({"phase": "NAP"}, "phase must be one of"),
        ({"seed": [1]}, "seed must be two words of 32 bits"),
        ({"turn": "5"}, "turn must be of the type int"),
        ({"format": 2}, "format must be 1"),
        ({"extra": 1}, "a position lacks the keys"),
    ],
)
def test_an_impossible_position_is_named(change: dict, sentence: str) -> None:
    position = {**export_position(Game(DECKS).table), **change}
    with pytest.raises(PositionError, match=sentence):
        import_position(position)


def test_a_pokemon_whose_card_is_elsewhere_is_named() -> None:
    position = export_position(finish_setup(Game(DECKS)).table)
    position["players"][0]["slots"][0]["print"] = "A1-211"
    with pytest.raises(PositionError, match=r"player 0 has Snorlax in slot 0, but its card is elsewhere\."):
        import_position(position)


def test_an_illegal_action_is_named() -> None:
    game = finish_setup(Game(DECKS))
    with pytest.raises(
        IllegalActionError, match=r"action 75 is not legal for player \d in phase MAIN; the legal actions are \["
    ):
        game.step(75)


def test_every_offered_action_is_described_13_1_13_2() -> None:
    for seed in range(10):
        game = Game([list(shipped_decks())[seed], "melmetal_mew"], (seed, 1))
        rng = random.Random(seed)
        while not game.is_over:
            view = to_dict(game.table, game.decider)
            options = view["select"]["option"]
            assert [option["index"] for option in options] == game.legal()
            assert all(option["text"] for option in options)
            assert to_dict(game.table, 1 - game.decider)["select"] is None
            game.step(rng.choice(game.legal()))


def test_random_decks_play_to_a_result_9_6() -> None:
    for seed in range(30):
        game = Game([random_deck(random.Random(seed)), random_deck(random.Random(seed + 99))], (seed, seed))
        play(game, seed)
        assert sum(game.rewards) == 0
        assert game.step(actions.END) == (0.0, 0.0)


def hidden_shuffled(game: Game, viewer: int, rng: random.Random) -> Game:
    """The same game with what the viewer cannot see permuted: the other side's hand and deck."""
    table = import_position(export_position(game.table))
    player = table.players[1 - viewer]
    free = [
        i
        for i in range(20)
        if player.zone[i] == actions.DECK or (player.zone[i] == actions.HAND and not player.seen[i])
    ]
    zones = [(player.zone[i], player.place[i]) for i in free]
    rng.shuffle(zones)
    for i, (zone, place) in zip(free, zones, strict=True):
        player.zone[i], player.place[i] = zone, place
    copied = Game(game.decks, game.seed)
    copied.table = table
    return copied


def test_a_view_hides_the_other_sides_hand_and_deck_14_2() -> None:
    rng = random.Random(1)
    for seed in range(8):
        game = Game(DECKS, (seed, 3))
        while not game.is_over:
            for viewer in (0, 1):
                shown = to_dict(game.table, viewer)
                hidden = to_dict(hidden_shuffled(game, viewer, rng).table, viewer)
                assert {**shown, "logs": None} == {**hidden, "logs": None}
            play(game, rng.randrange(10**6), steps=5)
