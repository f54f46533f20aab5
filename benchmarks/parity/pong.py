"""What is compared between Pong and its original: single transitions, rounds, whole episodes.

The original plays against its scripted players; our side follows with the same actions and random numbers.
"""

from __future__ import annotations

import dataclasses
import functools
from collections.abc import Callable, Iterator
from typing import Any

import jax
import numpy as np

from benchmarks.oracles import puffer_pong, puffer_source
from benchmarks.oracles.puffer_pong import EXTRA_FIELDS, STATE_FIELDS, PongBatch, Record
from benchmarks.parity import pong_policies
from benchmarks.parity.checks import Check, Outcome
from benchmarks.parity.compare import Tally
from benchmarks.parity.pong_replay import Fields, Replay, Variant, original_fields

ORACLE = "PufferLib Pong (C)"
ORACLE_VERSION = puffer_source.VERSION

Report = Callable[[int], None]

# Frames played at once before both sides are compared, and frames after which an unfinished episode is given up.
CHUNK_FRAMES = 1024
LONGEST_EPISODE_FRAMES = 60_000
SHORTEST_ROUND_FRAMES = 10
TRANSITIONS_PER_EPISODE = 256
# Exhaustive range of the observation's numerators: wider than any position or speed that play can reach.
OBSERVED_RANGE = np.arange(-100, 1500)
# Two roundings of a float32 near 1: what the split division may lose where its proof does not reach.
UNPROVEN_DIVISION_BOUND = 2 * 2.0**-24

EXACT = "bit equality"
AS_TESTED = "bit equality as tested here; it rests on fused multiply-adds and is not proven for every float"
RULES_ONLY = "same rules and states; observations within two roundings"

PLAYERS = {1: ("random", "noisy", "tricky"), 8: ("random", "track", "lead")}
CONTINUOUS_PLAYERS = {1: ("wander", "lean"), 8: ("smooth", "lean")}
WHOLE_CONSTANTS = (
    ("width", 400), ("height", 480), ("paddle_height", 56), ("ball_width", 24), ("ball_height", 20),
    ("paddle_speed", 6), ("ball_initial_speed_x", 7), ("ball_initial_speed_y", 2), ("ball_speed_y_increment", 2),
    ("ball_max_speed_y", 11), ("max_score", 5),
)  # fmt: skip
# Fractions with few bits, so that every state is exact in float32 whatever the order of operations.
FRACTIONAL_CONSTANTS = (
    ("paddle_speed", 7.5), ("ball_initial_speed_x", 9.5), ("ball_initial_speed_y", 0.5),
    ("ball_speed_y_increment", 2.25), ("ball_max_speed_y", 12.5),
)  # fmt: skip


def require() -> None:
    """Builds the original, so that a missing header or compiler is noticed before any work."""
    puffer_pong.library("exact")


def checks() -> Iterator[Check]:
    """All checks, in order of their level."""
    for number in ("int16", "float32"):
        yield Check(1, f"observation, every whole number, {number}", functools.partial(observations, number), EXACT)
    for frameskip in (1, 8):
        for kind, states in (("reached", reached_states), ("any", any_states)):
            name = f"transitions from {kind} states, frameskip {frameskip}"
            yield Check(1, name, functools.partial(transitions, Variant(frameskip), states), EXACT)
    for frameskip in (1, 8):
        name = f"rounds from any score, frameskip {frameskip}"
        yield Check(2, name, functools.partial(rounds, Variant(frameskip), "noisy"), EXACT)
    for frameskip, players in PLAYERS.items():
        for player in players:
            name = f"episodes, frameskip {frameskip}, player {player}"
            run = functools.partial(episodes, Variant(frameskip), player, len(players))
            yield Check(3, name, run, EXACT)
    for frameskip in (1, 8):
        variant = Variant(frameskip, number="float32")
        name = f"episodes, frameskip {frameskip}, player noisy, float32 state"
        yield Check(3, name, functools.partial(episodes, variant, "noisy", 4), EXACT)
    for frameskip, players in CONTINUOUS_PLAYERS.items():
        for player in players:
            name = f"continuous episodes, frameskip {frameskip}, player {player}"
            run = functools.partial(episodes, Variant(frameskip, continuous=True), player, 4)
            yield Check(3, name, run, AS_TESTED)
    for frameskip in (1, 8):
        for kind, constants in (("whole", WHOLE_CONSTANTS), ("fractional", FRACTIONAL_CONSTANTS)):
            number = "int16" if kind == "whole" else "float32"
            variant = Variant(frameskip, number=number, constants=constants)
            name = f"episodes with other constants ({kind}), frameskip {frameskip}"
            yield Check(3, name, functools.partial(episodes, variant, "noisy", 4), RULES_ONLY)


def observations(number: str, seed: int, count: int, report: Report) -> Outcome:
    """The observation formula on every whole number in each of its columns, and on every score."""
    variant = Variant(number=number)
    columns = [name for name in STATE_FIELDS if not name.startswith("score")]
    values: Fields = {name: np.zeros(len(OBSERVED_RANGE) * len(columns), np.float32) for name in STATE_FIELDS}
    for i, name in enumerate(columns):
        values[name][i * len(OBSERVED_RANGE) : (i + 1) * len(OBSERVED_RANGE)] = OBSERVED_RANGE
    scores = np.arange(len(values["score_l"]))
    values["score_l"], values["score_r"] = scores % 22, scores // 22 % 22

    n = len(scores)
    ours = Replay(variant, seed, n)
    ours.load(values)
    observed = np.asarray(jax.jit(jax.vmap(lambda state: ours.env.get_obs(state)))(ours.state))
    with PongBatch(n, variant.original()) as original:
        original.load(values)
        expected = original.export()["observation"]
    outcome = Outcome(Tally())
    outcome.tally.add({"observation": observed[None]}, {"observation": expected[None]})
    outcome.steps = n
    return outcome


def transitions(variant: Variant, states: Callable[..., Fields], seed: int, count: int, report: Report) -> Outcome:
    """One step from each of many set states, with a random action and a random number each."""
    n = max(4096, TRANSITIONS_PER_EPISODE * count)
    rng = np.random.default_rng([seed, variant.frameskip])
    fields = states(variant, rng, n)
    tape = puffer_pong.random_tape(rng, n, 1)
    action = rng.integers(0, 3, (1, n), np.uint8)
    ours = Replay(variant, seed, n)
    ours.load(fields)
    mine = ours.follow(action, tape.T)
    # The reset of our side has drawn one number already.
    mine["draws"] = mine["draws"] - 1
    with PongBatch(n, variant.original()) as original:
        original.set_tape(tape)
        original.load(fields)
        record = original.record(action)
        theirs = original_fields(record, original.export()["log"])
    outcome = Outcome(Tally())
    outcome.tally.add(mine, theirs)
    before = np.stack([fields[name] for name in STATE_FIELDS], -1)
    before_extra = np.stack([fields[name] for name in EXTRA_FIELDS], -1)
    if outcome.tally.first is not None:
        i = outcome.tally.first.env_index
        outcome.case = case(variant, before[i], before_extra[i], action[0, i], tape[i, 0], record, 0, i)
    return count_outcome(outcome, record, np.zeros(n, np.int64))


def any_states(variant: Variant, rng: np.random.Generator, n: int) -> Fields:
    """Whole numbers on and around the field, most of them never reached in play: each (n,)."""
    draw = functools.partial(rng.integers, size=n, endpoint=True)
    return {
        "paddle_yl": draw(-35, 605), "paddle_yr": draw(-35, 605), "ball_x": draw(-20, 500), "ball_y": draw(-30, 660),
        "ball_vx": np.where(rng.random(n) < 0.5, 10, -10), "ball_vy": draw(-13, 13),
        "score_l": draw(0, 20), "score_r": draw(0, 20),
        "tick": draw(0, 3000), "n_bounces": draw(0, 100), "win": draw(0, 1),
    }  # fmt: skip


def reached_states(variant: Variant, rng: np.random.Generator, n: int) -> Fields:
    """States met in play between players of every strength, with scores redrawn so that ends are near: each (n,)."""
    games, steps = 64, 2 * n // 64
    with PongBatch(games, variant.original()) as original:
        original.set_tape(puffer_pong.random_tape(rng, games, steps + 16))
        original.reset()
        records = [
            play_steps(original, getattr(pong_policies, player), rng, steps // 2) for player in ("noisy", "tricky")
        ]
    state = np.concatenate([record.state.reshape(-1, len(STATE_FIELDS)) for record in records])
    extra = np.concatenate([record.extra.reshape(-1, len(EXTRA_FIELDS)) for record in records])
    chosen = rng.choice(len(state), n)
    fields = dict(zip(STATE_FIELDS, state[chosen].T, strict=True)) | dict(
        zip(EXTRA_FIELDS, extra[chosen].T, strict=True)
    )
    return {**fields, "score_l": rng.integers(0, 21, n), "score_r": rng.integers(0, 21, n)}


def rounds(variant: Variant, player: str, seed: int, count: int, report: Report) -> Outcome:
    """From a serve at any score to the next point, in as many games as there are episodes, at least 64."""
    n = max(64, count)
    rng = np.random.default_rng([seed, 2, variant.frameskip])
    scores = {"score_l": rng.integers(0, 21, n), "score_r": rng.integers(0, 21, n)}
    return play(variant, player, n, seed, rng, scores, lambda draws, terminals: draws > 1, report)


def episodes(variant: Variant, player: str, share: int, seed: int, count: int, report: Report) -> Outcome:
    """Whole episodes from the reset, this player's share of them."""
    n = -(-count // share)
    rng = np.random.default_rng([seed, 3, variant.frameskip, sum(map(ord, player))])
    return play(variant, player, n, seed, rng, {}, lambda draws, terminals: terminals > 0, report)


def play(
    variant: Variant,
    player: str,
    n: int,
    seed: int,
    rng: np.random.Generator,
    start: dict[str, np.ndarray],
    finished: Callable[[np.ndarray, np.ndarray], np.ndarray],
    report: Report,
) -> Outcome:
    """Plays n games on both sides until each is finished, comparing every step of all of them."""
    longest = LONGEST_EPISODE_FRAMES // variant.frameskip
    chunk = CHUNK_FRAMES // variant.frameskip
    bounded = variant.constants != ()
    outcome = Outcome(Tally(UNPROVEN_DIVISION_BOUND, ("observation", "final_observation")) if bounded else Tally())
    ours = Replay(variant, seed, n)
    tape = ours.tape(longest * variant.frameskip // SHORTEST_ROUND_FRAMES + 16)
    with PongBatch(n, variant.original()) as original:
        original.set_tape(tape)
        original.reset()
        before = original.export()
        outcome.tally.add(
            {"observation": np.asarray(ours.observation)[None]}, {"observation": before["observation"][None]}
        )
        if outcome.tally.first is not None:
            # The reset itself differs: no step can be named.
            outcome.complete = False
            return outcome
        outcome.tally.steps = 0
        if start:
            original.load({**before, **start})
            ours.load(start)
            before = original.export()
        draws, terminals = original.draws(), np.zeros(n, np.int64)
        while not finished(draws, terminals).all() and outcome.tally.steps < longest:
            done = outcome.tally.steps
            actions, record = record_chunk(original, getattr(pong_policies, player), rng, chunk)
            outcome.tally.add(ours.follow(actions), original_fields(record, original.export()["log"]))
            states = np.concatenate([stack(before, STATE_FIELDS)[None], record.state])
            extras = np.concatenate([stack(before, EXTRA_FIELDS)[None], record.extra])
            drawn = np.concatenate([draws[None], record.draws])
            if outcome.tally.first is not None:
                step, i = outcome.tally.first.step - done, outcome.tally.first.env_index
                rand = int(tape[i, drawn[step, i]])
                outcome.case = case(variant, states[step, i], extras[step, i], actions[step, i], rand, record, step, i)
            count_outcome(outcome, record, draws)
            before, draws = original.export(), record.draws[-1]
            terminals = terminals + record.terminal.sum(0)
            report(outcome.steps)
            if outcome.tally.first is not None:
                break
    outcome.complete = bool(finished(draws, terminals).all())
    return outcome


def record_chunk(
    original: PongBatch, policy: pong_policies.Policy, rng: np.random.Generator, steps: int
) -> tuple[np.ndarray, Record]:
    """Lets a player play the original for some steps: actions (T, n) and the record."""
    state = stack(original.export(), STATE_FIELDS)
    actions, records = [], []
    for _ in range(steps):
        actions.append(policy(state, rng))
        records.append(original.record(actions[-1][None]))
        state = records[-1].state[0]
    joined = {
        field.name: np.concatenate([getattr(record, field.name) for record in records])
        for field in dataclasses.fields(Record)
    }
    return np.stack(actions), Record(**joined)


def play_steps(original: PongBatch, policy: pong_policies.Policy, rng: np.random.Generator, steps: int) -> Record:
    """The record alone of `record_chunk`."""
    return record_chunk(original, policy, rng, steps)[1]


def stack(fields: Fields, names: tuple[str, ...]) -> np.ndarray:
    """Fields (n,) by name as the columns of one array: (n, number of names)."""
    return np.stack([fields[name] for name in names], axis=-1)


def count_outcome(outcome: Outcome, record: Record, draws_before: np.ndarray) -> Outcome:
    """Adds what a record holds to the outcome's counts."""
    ended = record.terminal == 1
    won = ended & (record.extra[..., EXTRA_FIELDS.index("win")] == 1)
    outcome.steps += record.reward.size
    outcome.episodes += int(ended.sum())
    outcome.agent_wins += int(won.sum())
    outcome.draws += int((record.draws[-1] - draws_before).sum())
    return outcome


def case(
    variant: Variant,
    state: np.ndarray,
    extra: np.ndarray,
    action: Any,
    rand: int,
    record: Record,
    step: int,
    i: int,
) -> dict[str, Any]:
    """One transition of the original as a regression file holds it, enough to be replayed without the original."""
    return {
        "variant": {**dataclasses.asdict(variant), "constants": dict(variant.constants)},
        "state": {name: float(value) for name, value in zip(STATE_FIELDS, state, strict=True)},
        "extra": {name: int(value) for name, value in zip(EXTRA_FIELDS, extra, strict=True)},
        "action": float(action),
        "rand": int(rand),
        "original": {
            "observation": [float(value) for value in record.observation[step, i]],
            "reward": float(record.reward[step, i]),
            "terminal": int(record.terminal[step, i]),
            "state": {name: float(v) for name, v in zip(STATE_FIELDS, record.state[step, i], strict=True)},
            "extra": {name: int(v) for name, v in zip(EXTRA_FIELDS, record.extra[step, i], strict=True)},
        },
    }
