"""`twinenvs.jit`: options, cache, the progress line."""

from __future__ import annotations

import json

import jax
import jax.numpy as jnp
import pytest

import pong_jax
from twinenvs import jit
from twinenvs.compile import cache_folder


@pytest.fixture(name="cache", autouse=True)
def fixture_cache(tmp_path, monkeypatch):
    monkeypatch.setenv("TWINENVS_CACHE", str(tmp_path))
    monkeypatch.setenv("TWINENVS_PROGRESS", "1")
    return tmp_path


def test_jit_computes_what_jax_jit_computes(capsys):
    env = pong_jax.make()
    step = jit(jax.vmap(env.reset), env=env)
    keys = jax.random.split(jax.random.key(0), 4)
    ours, theirs = step(keys), jax.jit(jax.vmap(env.reset))(keys)
    assert all((a == b).all() for a, b in zip(jax.tree.leaves(ours), jax.tree.leaves(theirs), strict=True))
    assert "compiling" in capsys.readouterr().err


def test_progress_line_comes_once_and_knows_the_last_time(capsys, cache):
    (cache / "compile_seconds.json").write_text(json.dumps({"cpu": {"slow": 12.0}}))
    double = jit(lambda x: 2 * x, label="slow")
    assert double(jnp.ones(3)).tolist() == [2, 2, 2]
    assert "compiling slow for cpu, about 12 s" in capsys.readouterr().err
    double(jnp.ones(3))
    assert capsys.readouterr().err == ""
    assert json.loads((cache / "compile_seconds.json").read_text())["cpu"]["slow"] < 12


def test_environment_options_reach_the_compiler(monkeypatch):
    monkeypatch.setattr(pong_jax.PongJax, "compiler_options", lambda self, platform: {"no_such_xla_option": True})
    env = pong_jax.make()
    with pytest.raises(Exception, match="no_such_xla_option"):
        jit(env.reset, env=env)(jax.random.key(0))


def test_jit_can_be_lowered_and_traced():
    assert "module" in jit(lambda x: x + 1).lower(1.0).as_text()
    assert int(jax.jit(lambda x: jit(lambda y: y + 1)(x) * 2)(jnp.int32(3))) == 8


def test_cache_folder_follows_the_environment_variable(cache):
    assert cache_folder() == cache
