"""Frames to files."""

from __future__ import annotations

import base64
import json
import re

import numpy as np
import pytest

from twinenvs.render import save

imageio = pytest.importorskip("imageio.v2", reason="imageio is not installed (extra `train`)")
FRAMES = [np.full((20, 30, 3), value, np.uint8) for value in (0, 90, 180)]


def test_png_holds_the_first_frame(tmp_path):
    save(tmp_path / "a.png", FRAMES)
    assert (imageio.imread(tmp_path / "a.png") == FRAMES[0]).all()


def test_gif_holds_every_frame(tmp_path):
    save(tmp_path / "new" / "a.gif", FRAMES, fps=10)
    assert len(imageio.mimread(tmp_path / "new" / "a.gif")) == 3


def test_html_is_one_file_with_every_frame(tmp_path):
    save(tmp_path / "a.html", FRAMES, title="three")
    page = (tmp_path / "a.html").read_text()
    frames = json.loads(re.search(r"const frames = (\[.*?\]);", page).group(1))
    assert len(frames) == 3 and "three" in page and "http" not in page
    assert (imageio.imread(base64.b64decode(frames[2])) == FRAMES[2]).all()


@pytest.mark.parametrize(
    ("name", "frames", "words"),
    [
        ("a.bmp", FRAMES, "must end in .png, .gif, .mp4, .html"),
        ("a.gif", [], "at least one frame, got none"),
        ("a.gif", [FRAMES[0], np.zeros((20, 31, 3), np.uint8)], "every frame must be uint8"),
        ("a.gif", [np.zeros((20, 30, 3))], "every frame must be uint8 .* got float64"),
    ],
)
def test_bad_frames_are_named(tmp_path, name, frames, words):
    with pytest.raises(ValueError, match=words):
        save(tmp_path / name, frames)
