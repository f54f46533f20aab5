"""A policy that PPO learned, as a player: the two files that the training harness writes, and the forward pass.

`NAME.safetensors` holds the numbers, `NAME.json` what they mean. The core of the package needs no library for so plain
a file.
"""

from __future__ import annotations

import functools
import json
import pathlib
import struct
from typing import Any

import jax
import jax.numpy as jnp
import numpy as np

from pokejax import features
from twinenvs.multi import Policy

CLIP = 10.0  # standard deviations beyond which a normalised feature is cut off, as in training
EPSILON = 1e-8  # added to variances, as in training
ACTIVATIONS = {"relu": jax.nn.relu, "tanh": jnp.tanh}
DTYPE = "F32"


class PolicyFileError(RuntimeError):
    """A policy's files are missing, or are not those of a policy without memory on this observation."""


def read(path: pathlib.Path) -> tuple[dict[str, Any], dict[str, np.ndarray]]:
    """The facts and the arrays (float32) of a policy's files, by the common part of their names.

    Raises:
        PolicyFileError: a file is missing or broken.
    """
    try:
        facts = json.loads(path.with_suffix(".json").read_text())
        content = path.with_suffix(".safetensors").read_bytes()
        (length,) = struct.unpack_from("<Q", content)
        entries, data = json.loads(content[8 : 8 + length]), content[8 + length :]
        arrays = {}
        for name, entry in entries.items():
            if name != "__metadata__":
                if entry["dtype"] != DTYPE:
                    raise ValueError(f"{name} is {entry['dtype']}, not {DTYPE}")
                values = np.frombuffer(data[slice(*entry["data_offsets"])], "<f4")
                arrays[name] = values.reshape(entry["shape"])
    except (OSError, ValueError, KeyError, TypeError, struct.error) as error:
        raise PolicyFileError(f"No policy can be read from {path.name}.json and .safetensors: {error}.") from error
    return facts, arrays


@functools.cache
def policy(path: pathlib.Path) -> Policy:
    """A policy's player: it reads the observation as tokens and draws from its distribution over legal actions.

    Raises:
        PolicyFileError: the files are missing, or the policy remembers, or reads another observation.
    """
    facts, arrays = read(path)
    network, names = facts["network"], features.names()
    if facts["env"] != "pokejax" or facts["features"] != len(names) or network["recurrent"]:
        raise PolicyFileError(
            f"{path.name} is a policy of {facts['env']} on {facts['features']} features; one of pokejax on"
            f" {len(names)} features and without memory is wanted: train it anew."
        )

    def act(params: Any, observation: Any, action_mask: jax.Array, key: jax.Array) -> jax.Array:
        x = features.flat(observation)
        if facts["normalize_observation"]:
            x = (x - arrays["moments/mean"]) / jnp.sqrt(arrays["moments/variance"] + EPSILON)
            x = jnp.clip(x, -CLIP, CLIP)
        for layer in (*(f"actor_{i}" for i in range(len(network["hidden"]))), "outputs"):
            x = x @ arrays[f"network/params/{layer}/kernel"] + arrays[f"network/params/{layer}/bias"]
            if layer != "outputs":
                x = ACTIVATIONS[network["activation"]](x)
        return jax.random.categorical(key, jnp.where(action_mask, x, -jnp.inf)).astype(jnp.int32)

    return act
