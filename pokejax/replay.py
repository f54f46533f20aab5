"""A page to look through a battle, decision by decision: one HTML file, without Showdown and its pictures."""

from __future__ import annotations

import html
import json
from collections.abc import Sequence
from typing import Any

import numpy as np

from pokejax.describe import describe_tokens, views

PLAYERS = ("p1", "p2")
_PAGE = """<!doctype html>
<meta charset="utf-8"><title>{title}</title>
<style>
body {{ font: 14px system-ui, sans-serif; margin: 1em auto; max-width: 110em }}
#views {{ display: flex; flex-wrap: wrap; gap: 2em }}
pre {{ white-space: pre-wrap; flex: 1 1 40em; background: #f4f4f4; padding: 1em }}
input {{ width: 100% }}
</style>
<h1>{title}</h1>
<p>Both players' views at every decision point; left and right keys move.</p>
<input id="at" type="range" min="0" max="{last}" value="0"><p id="what"></p>
<div id="views"><pre id="p1"></pre><pre id="p2"></pre></div>
<script>
const steps = {steps};
const at = document.getElementById("at");
function show() {{
  const step = steps[at.value];
  document.getElementById("what").textContent = step.what;
  for (const player of ["p1", "p2"]) document.getElementById(player).textContent = player + "\\n" + step[player];
}}
at.addEventListener("input", show);
document.addEventListener("keydown", event => {{
  if (event.target === at) return;
  if (event.key === "ArrowRight") at.stepUp(); else if (event.key === "ArrowLeft") at.stepDown(); else return;
  show();
}});
show();
</script>
"""


def page(states: Sequence[Any], actions: Sequence[Any] = (), title: str = "A PokeJAX battle") -> str:
    """The page of a battle.

    Args:
        states: the states at its decision points, unbatched, the first one first.
        actions: both players' actions, int (2,), between them.
        title: the page's title.

    Raises:
        ValueError: there is no state, or the actions are not as many as fit between the states.
    """
    if not states:
        raise ValueError("a page needs at least one state.")
    if actions and len(actions) != len(states) - 1:
        raise ValueError(
            f"{len(states)} states have {len(states) - 1} pairs of actions between them, got {len(actions)}."
        )
    steps = []
    for i, state in enumerate(states):
        told = [describe_tokens(seen) for seen in views(state)]
        chosen = f", chosen then: {np.asarray(actions[i]).tolist()}" if i < len(actions) else ""
        result = int(np.asarray(state.result))
        over = ("", ", p1 has won", ", p2 has won", ", a tie")[result]
        steps.append({"what": f"decision point {i}{over}{chosen}", **dict(zip(PLAYERS, told, strict=True))})
    content = json.dumps(steps).replace("</", "<\\/")
    return _PAGE.format(title=html.escape(title), last=len(steps) - 1, steps=content)
