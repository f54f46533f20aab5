"""Frames to files: PNG, GIF, MP4, and a replay in one self-contained HTML page."""

from __future__ import annotations

import base64
import json
import pathlib
from collections.abc import Sequence
from typing import Any

import numpy as np

SUFFIXES = (".png", ".gif", ".mp4", ".html")

_PAGE = """<!doctype html><meta charset="utf-8"><title>{title}</title>
<style>body{{font:14px sans-serif;background:#111;color:#ddd;text-align:center}}
img{{max-width:95vw;max-height:80vh}}</style>
<h3>{title}</h3><img id="frame"><p><button id="play">pause</button>
<input id="at" type="range" min="0" max="{last}" value="0" style="width:60vw"> <span id="number"></span></p>
<script>
const frames = {frames}; let at = 0, playing = true;
const show = () => {{ frame.src = "data:image/png;base64," + frames[at]; number.textContent = at + " / {last}";
  document.getElementById("at").value = at; }};
document.getElementById("at").oninput = e => {{ at = +e.target.value; show(); }};
play.onclick = () => {{ playing = !playing; play.textContent = playing ? "pause" : "play"; }};
setInterval(() => {{ if (playing) {{ at = (at + 1) % frames.length; show(); }} }}, {milliseconds});
show();
</script>
"""


def save(path: str | pathlib.Path, frames: Sequence[np.ndarray], *, fps: float = 30, title: str = "replay") -> None:
    """Writes frames to a file whose suffix says the format.

    Args:
        path: ends in .png (first frame only), .gif, .mp4 or .html.
        frames: uint8 (height, width, 3) each, at least one.
        fps: frames per second, greater than 0.
        title: heading of the HTML page.

    Raises:
        ValueError: an unknown suffix, no frame, or a frame of another shape or dtype.
        ImportError: imageio (or for .mp4 imageio-ffmpeg) is not installed; the sentence says how to get it.
    """
    path = pathlib.Path(path)
    _check(path, frames, fps)
    path.parent.mkdir(parents=True, exist_ok=True)
    if path.suffix == ".html":
        encoded = [base64.b64encode(png(frame)).decode() for frame in frames]
        page = _PAGE.format(
            title=title, frames=json.dumps(encoded), last=len(encoded) - 1, milliseconds=round(1000 / fps)
        )
        path.write_text(page)
    elif path.suffix == ".png":
        path.write_bytes(png(frames[0]))
    elif path.suffix == ".gif":
        _imageio().mimsave(path, list(frames), format="GIF", duration=1000 / fps, loop=0)
    else:
        _imageio().mimsave(path, list(frames), format="FFMPEG", fps=fps, macro_block_size=1)


def png(frame: np.ndarray) -> bytes:
    """One frame, uint8 (height, width, 3), as the bytes of a PNG file."""
    return _imageio().imwrite("<bytes>", frame, format="png")


def _imageio() -> Any:
    try:
        import imageio.v2 as imageio
    except ImportError as error:
        raise ImportError("writing pictures needs imageio; install it with `pip install twinenvs[train]`.") from error
    return imageio


def _check(path: pathlib.Path, frames: Sequence[np.ndarray], fps: float) -> None:
    if path.suffix not in SUFFIXES:
        raise ValueError(f"a replay file must end in {', '.join(SUFFIXES)}, got {str(path)!r}.")
    if len(frames) == 0:
        raise ValueError("a replay needs at least one frame, got none.")
    if not fps > 0:
        raise ValueError(f"fps must be greater than 0, got {fps}.")
    for frame in frames:
        if frame.dtype != np.uint8 or frame.ndim != 3 or frame.shape != (*frames[0].shape[:2], 3):
            raise ValueError(f"every frame must be uint8 (height, width, 3), got {frame.dtype} {frame.shape}.")
