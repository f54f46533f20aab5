"""Pokemon Red as the community trains on it, "version 2" of PokemonRedExperiments: what is read, seen and rewarded.

Everything here works on memory that was read before, so that it can be tried without the cartridge, which the project
neither holds nor fetches.
"""

from __future__ import annotations

import dataclasses

import numpy as np

SHA1 = "ea9bcae617fdf159b045185467ae58b2e4a48b9a"
ACTIONS = (("down",), ("left",), ("right",), ("up",), ("a",), ("b",), ("start",))
FRAME_SKIP, PRESS_FRAMES = 24, 8
MAX_STEPS = 2048 * 80

IN_BATTLE = 0xD057
PARTY_SIZE = 0xD163
HP, LEVEL, MAX_HP, MON_STRIDE, PARTY = 0xD16C, 0xD18C, 0xD18D, 0x2C, 6  # HP big-endian, two bytes
BADGES = 0xD356
MAP, Y, X = 0xD35E, 0xD361, 0xD362
EVENTS, EVENTS_END = 0xD747, 0xD87E
MUSEUM_TICKET = (0xD754, 0)  # address and bit of an event that does not count
NUM_EVENTS = 8 * (EVENTS_END - EVENTS)
# (address, length) of the memory that is read at every step.
WINDOWS = ((IN_BATTLE, 1), (PARTY_SIZE, MAX_HP + 5 * MON_STRIDE + 2 - PARTY_SIZE), (BADGES, 1), (MAP, X + 1 - MAP),
           (EVENTS, EVENTS_END - EVENTS))  # fmt: skip

LEVEL_FREQUENCIES = 8
LEVEL_SCALE = 0.02
MAP_VIEW = 48  # width and height of the seen map around the player, squares
STUCK_VISITS = 600
RECENT_ACTIONS = 3


def column(memory: np.ndarray, address: int, length: int = 1) -> np.ndarray:
    """Bytes from one address in memory of `WINDOWS`, uint8 (envs, bytes): int64 (envs, length).

    Raises:
        ValueError: the address is not in it.
    """
    offset = 0
    for start, size in WINDOWS:
        if start <= address and address + length <= start + size:
            first = offset + address - start
            return memory[:, first : first + length].astype(np.int64)
        offset += size
    raise ValueError(f"the address {address:04X} with {length} bytes is not among the watched windows.")


def windows_of(image: bytes) -> np.ndarray:
    """The memory of `WINDOWS` in an image of all 64 KiB: uint8 (1, bytes)."""
    return np.frombuffer(b"".join(image[start : start + size] for start, size in WINDOWS), np.uint8)[None]


def levels(memory: np.ndarray) -> np.ndarray:
    """Levels of the party, int64 (envs, 6)."""
    return np.concatenate([column(memory, LEVEL + MON_STRIDE * i) for i in range(PARTY)], axis=1)


def health(memory: np.ndarray) -> np.ndarray:
    """The party's hit points as a share of their maximum, float64 (envs,)."""

    def total(address: int) -> np.ndarray:
        pairs = [column(memory, address + MON_STRIDE * i, 2) for i in range(PARTY)]
        return np.sum([256 * pair[:, 0] + pair[:, 1] for pair in pairs], axis=0)

    return total(HP) / np.maximum(total(MAX_HP), 1)


def event_bits(memory: np.ndarray) -> np.ndarray:
    """All event flags, int8 (envs, 2488), from the lowest bit of the first byte on."""
    events = column(memory, EVENTS, EVENTS_END - EVENTS).astype(np.uint8)
    return np.unpackbits(events, axis=1, bitorder="little").astype(np.int8)


def badge_bits(memory: np.ndarray) -> np.ndarray:
    """The badges, int8 (envs, 8)."""
    return np.unpackbits(column(memory, BADGES).astype(np.uint8), axis=1, bitorder="little").astype(np.int8)


def level_waves(memory: np.ndarray) -> np.ndarray:
    """Sines of the scaled sum of levels at doubling frequencies, float32 (envs, 8)."""
    scaled = LEVEL_SCALE * levels(memory).sum(axis=1)
    return np.sin(scaled[:, None] * 2.0 ** np.arange(LEVEL_FREQUENCIES)).astype(np.float32)


@dataclasses.dataclass(frozen=True)
class Weights:
    """Weights of the reward.

    Attributes:
        scale: of everything.
        explore: of unseen places.
    """

    scale: float = 0.5
    explore: float = 0.25


class Progress:
    """What the reward remembers of each environment's episode."""

    def __init__(self, num_envs: int, weights: Weights) -> None:
        """Starts without an episode."""
        self.weights = weights
        self.base_events = np.zeros(num_envs, np.int64)
        self.most_events = np.zeros(num_envs, np.int64)
        self.last_health = np.zeros(num_envs)
        self.healed = np.zeros(num_envs)
        self.party = np.zeros(num_envs, np.int64)
        self.total = np.zeros(num_envs)
        self.visits: list[dict[tuple[int, int, int], int]] = [{} for _ in range(num_envs)]
        self.seen: list[dict[int, np.ndarray]] = [{} for _ in range(num_envs)]
        self.actions = np.zeros((num_envs, RECENT_ACTIONS), np.int64)

    def start(self, mask: np.ndarray, memory: np.ndarray) -> None:
        """Begins the masked environments' episodes, bool (envs,)."""
        self.base_events[mask] = event_bits(memory).sum(axis=1)[mask]
        self.most_events[mask] = 0
        self.last_health[mask] = health(memory)[mask]
        self.healed[mask] = 0
        self.party[mask] = column(memory, PARTY_SIZE)[mask, 0]
        self.actions[mask] = 0
        for index in np.flatnonzero(mask):
            self.visits[index], self.seen[index] = {}, {}
        self.total[mask] = self._totals(memory)[mask]

    def advance(self, actions: np.ndarray, memory: np.ndarray, active: np.ndarray) -> np.ndarray:
        """Books one step of the active environments and returns its rewards, float64 (envs,)."""
        self.actions[active] = np.roll(self.actions, 1, axis=1)[active]
        self.actions[active, 0] = actions[active]
        place = np.concatenate([column(memory, MAP), column(memory, Y), column(memory, X)], axis=1)
        outside = (column(memory, IN_BATTLE)[:, 0] == 0) & active
        for index in np.flatnonzero(outside):
            key = (int(place[index, 0]), int(place[index, 1]), int(place[index, 2]))
            self.visits[index][key] = self.visits[index].get(key, 0) + 1
            self._mark(int(index), *key)
        now, party = health(memory), column(memory, PARTY_SIZE)[:, 0]
        # A gain counts only for a party of the same size, and not after a defeat.
        gained = (now > self.last_health) & (party == self.party) & (self.last_health > 0) & active
        self.healed += np.where(gained, (now - self.last_health) ** 2, 0)
        counted = event_bits(memory).sum(axis=1) - self.base_events - self._ticket(memory)
        self.most_events = np.where(active, np.maximum(self.most_events, counted), self.most_events)
        total = self._totals(memory)
        reward = np.where(active, total - self.total, 0)
        self.total[active], self.last_health[active], self.party[active] = total[active], now[active], party[active]
        return reward

    def view(self, memory: np.ndarray) -> np.ndarray:
        """The seen squares around each player, uint8 (envs, 48, 48, 1): 255 where the player has been.

        DIFFERS: squares of the current map only, since the table that lays all maps side by side is not part of this
        project (tests/emurust/test_pokemon_red.py).
        """
        view = np.zeros((len(memory), MAP_VIEW, MAP_VIEW, 1), np.uint8)
        places = np.concatenate([column(memory, MAP), column(memory, Y), column(memory, X)], axis=1)
        for index, (map_id, y, x) in enumerate(places.tolist()):
            squares = self.seen[index].get(map_id)
            if squares is not None:
                # The stored map has a margin of half a view, so that the player's square is in the middle.
                view[index, :, :, 0] = squares[y : y + MAP_VIEW, x : x + MAP_VIEW]
        return view

    def _mark(self, index: int, map_id: int, y: int, x: int) -> None:
        side = 256 + MAP_VIEW
        squares = self.seen[index].setdefault(map_id, np.zeros((side, side), np.uint8))
        squares[y + MAP_VIEW // 2, x + MAP_VIEW // 2] = 255

    def _ticket(self, memory: np.ndarray) -> np.ndarray:
        address, bit = MUSEUM_TICKET
        return column(memory, address)[:, 0] >> bit & 1

    def _totals(self, memory: np.ndarray) -> np.ndarray:
        unique = np.array([len(visits) for visits in self.visits])
        here = np.concatenate([column(memory, MAP), column(memory, Y), column(memory, X)], axis=1).tolist()
        stuck = np.array(
            [visits.get(tuple(place), 0) >= STUCK_VISITS for visits, place in zip(self.visits, here, strict=True)]
        )
        parts = (
            4 * self.most_events
            + 10 * self.healed
            + 10 * badge_bits(memory).sum(axis=1)
            + 0.1 * self.weights.explore * unique
            - 0.05 * stuck
        )
        return self.weights.scale * parts
