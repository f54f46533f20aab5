"""The compiler options that Pong asks for change nothing but the speed."""

from __future__ import annotations

import jax
import numpy as np

import pong_jax
from twinenvs import jit


def test_compiler_options_change_no_result():
    env = pong_jax.make(frameskip=8)
    assert env.compiler_options("cpu") and not env.compiler_options("gpu")
    keys = jax.random.split(jax.random.key(0), 256)

    def rollout(keys):
        def body(state, key):
            observation, state, reward, terminated, *_ = jax.vmap(env.step)(
                keys, state, jax.random.randint(key, (256,), 0, 3)
            )
            return state, (observation, reward, terminated)

        return jax.lax.scan(body, jax.vmap(env.reset)(keys)[1], keys)

    jax.tree.map(np.testing.assert_array_equal, jit(rollout, env=env)(keys), jax.jit(rollout)(keys))
