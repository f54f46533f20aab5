"""What speed is measured beside: other emulators that are not there are named, and all see the same."""

from __future__ import annotations

import importlib.util
import pathlib

import numpy as np
import pytest

from benchmarks.errors import InputMissingError
from benchmarks.oracles import emurust_peers, pyboy_speed
from emurust import Batch
from emurust.asm import library


def test_a_peer_that_is_not_installed_is_named():
    def never(path: pathlib.Path) -> None:
        raise AssertionError(path)

    peer = emurust_peers.Peer("Other", "other-package", "no_such_module", "", never)
    with pytest.raises(InputMissingError, match="Other: the package other-package is not installed"):
        peer.stepper(b"", [0], 1, 1)


def test_observations_are_those_of_our_own_machine():
    rom = library.rom("hedgerow")
    shown = []
    for name in ("screen", "small"):
        batch = Batch(rom, 1, threads=1, observation=name)
        observation = np.zeros((1, *batch.observation_shape), np.uint8)
        for _ in range(60):
            batch.step(np.zeros(1, np.uint8), 4, 4, observation, np.zeros((1, 0), np.uint8))
        shown.append(observation[0])
    small = np.zeros((72, 80), np.uint8)
    pyboy_speed.observe(255 - 85 * shown[0], small)
    assert len(np.unique(small)) > 4
    assert np.array_equal(small, shown[1])


@pytest.mark.skipif(
    importlib.util.find_spec("stable_retro") is None, reason="stable-retro is missing: pip install stable-retro"
)
def test_stable_retro_plays_our_cartridge(tmp_path):
    (tmp_path / "hedgerow.gb").write_bytes(library.rom("hedgerow"))
    machine = emurust_peers.StableRetro(tmp_path / "hedgerow.gb")
    machine.run(200)
    still = machine.picture().copy()
    machine.hold(4)
    machine.run(20)
    assert still.shape == (144, 160) and len(np.unique(still)) == 4
    assert not np.array_equal(machine.picture(), still)
