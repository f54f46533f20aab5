"""Showdown as RL projects reach it today: poke-env's players on a local server, every message through a websocket.

The server is the one of the npm package, started for the measurement in a folder of its own on a free port of the
loopback. Both players choose at random, as on PokeJAX's side, and several battles run at once.
"""

from __future__ import annotations

import asyncio
import contextlib
import dataclasses
import importlib
import os
import pathlib
import shutil
import socket
import subprocess
import tempfile
import time
from typing import Any

from benchmarks.errors import InputMissingError
from benchmarks.oracles import poke_env_players
from benchmarks.oracles.showdown import process
from pokejax.databuild import showdown

FORMAT = "gen4randombattle"
AT_ONCE = 16  # battles
START_SECONDS = 60
# What the server expects to find and does not make.
FOLDERS = ("logs/repl", "logs/chat", "logs/modlog", "logs/tickets", "config/chat-plugins")
LIMITS = "\nexports.repl = false;\nexports.nothrottle = true;\nexports.noipchecks = true;\n"


class Server:
    """A running server; use it in a `with` block."""

    def __init__(self) -> None:
        process.require()
        package = showdown.package_folder()
        self._stack = contextlib.ExitStack()
        home = pathlib.Path(self._stack.enter_context(tempfile.TemporaryDirectory())) / "server"
        shutil.copytree(package, home)
        for name in FOLDERS:
            (home / name).mkdir(parents=True, exist_ok=True)
        (home / "config" / "config.js").write_text((home / "config" / "config-example.js").read_text() + LIMITS)
        with socket.socket() as probe:
            probe.bind(("127.0.0.1", 0))
            self.port = int(probe.getsockname()[1])
        self._log = home.parent / "log.txt"
        log = self._stack.enter_context(self._log.open("w"))
        command = [showdown.node(), "pokemon-showdown", "start", "--no-security", "--skip-build", str(self.port)]
        environment = {**os.environ, "NODE_PATH": str(package.parent)}
        self._process = subprocess.Popen(command, cwd=home, env=environment, stdout=log, stderr=log)
        self._stack.callback(self._process.wait)
        self._stack.callback(self._process.terminate)

    def __enter__(self) -> Server:
        try:
            self._await()
        except BaseException:
            self._stack.close()
            raise
        return self

    def __exit__(self, *_: object) -> None:
        self._stack.close()

    def _await(self) -> None:
        """Waits until the server takes connections.

        Raises:
            InputMissingError: it ended, or did not start in time.
        """
        end = time.monotonic() + START_SECONDS
        while time.monotonic() < end and self._process.poll() is None:
            with contextlib.suppress(OSError), socket.create_connection(("127.0.0.1", self.port), 1):
                return
            time.sleep(0.2)
        said = (self._log.read_text().strip().splitlines() or ["it said nothing"])[-1]
        raise InputMissingError(f"Showdown's server did not start: {said}.")


class Players:
    """Two of poke-env's random players on a server."""

    def __init__(self, server: Server) -> None:
        poke_env = importlib.import_module("poke_env")
        random_player = importlib.import_module("poke_env.player").RandomPlayer
        address = f"localhost:{server.port}"
        configuration = poke_env.ServerConfiguration(
            f"ws://{address}/showdown/websocket", f"http://{address}/action.php?"
        )
        counted = self

        class Counting(random_player):
            async def _handle_battle_message(self, split_messages: list[list[str]]) -> None:
                if self is counted.first:
                    counted.commits += sum(len(parts) > 1 and parts[1] == "t:" for parts in split_messages)
                await super()._handle_battle_message(split_messages)

        self.commits = 0
        self.first: Any = None
        self.first, self.second = (
            Counting(
                poke_env.AccountConfiguration(name, None),
                battle_format=FORMAT,
                server_configuration=configuration,
                max_concurrent_battles=AT_ONCE,
            )
            for name in ("twinone", "twintwo")
        )

    def play(self, rounds: int) -> float:
        """Plays `rounds` times AT_ONCE battles and returns how many decision points they had.

        Showdown writes the time once for each commit of choices, and once more at the start of a battle.
        """
        before, battles = self.commits, rounds * AT_ONCE
        asyncio.run(self._play(battles))
        return float(self.commits - before - battles)

    async def _play(self, battles: int) -> None:
        await self.first.battle_against(self.second, n_battles=battles)


@dataclasses.dataclass(frozen=True)
class Peer:
    """What is measured, as `sps` names it."""

    title: str
    flags: str
    note: str | None = None

    @contextlib.contextmanager
    def opened(self) -> Any:
        """The function that plays, `(rounds) -> decision points`.

        Raises:
            InputMissingError: poke-env, Node or Showdown is missing.
        """
        poke_env_players.require()
        with Server() as server:
            yield Players(server).play


PEERS = {
    "websocket": Peer(f"poke-env on a local server of Pokemon Showdown {process.VERSION}", f"{AT_ONCE} battles at once")
}
