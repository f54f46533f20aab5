"""Drawing: size, colours and places follow the state."""

from __future__ import annotations

import jax
import jax.numpy as jnp
import numpy as np
import pytest

import pong_jax
from pong_jax.render import BALL, LEFT_PADDLE, RIGHT_PADDLE, SCORE


def where(frame, colour):
    return np.argwhere((frame == colour).all(axis=-1))


@pytest.fixture(name="state")
def fixture_state():
    _, state = pong_jax.make().reset(jax.random.key(0))
    return state


def test_frame_has_the_field_and_its_pads(state):
    frame = pong_jax.make().render(state)
    assert frame.shape == (640, 620, 3) and frame.dtype == np.uint8


def test_ball_is_drawn_where_the_state_says(state):
    for x, y in ((100, 304), (0, 0), (468, 608)):
        moved = state.replace(ball_x=jnp.int16(x), ball_y=jnp.int16(y))
        rows, columns = where(pong_jax.make().render(moved), BALL).T
        assert (rows.min(), rows.max() + 1) == (640 - y - 32, 640 - y)
        assert (columns.min(), columns.max() + 1) == (60 + x, 60 + x + 32)


def test_ball_faces_its_direction(state):
    env = pong_jax.make()
    right, left = (env.render(state.replace(ball_vx=jnp.int16(speed))) for speed in (10, -10))
    assert not np.array_equal(right, left)


def test_paddles_are_drawn_where_the_state_says(state):
    frame = pong_jax.make().render(state.replace(paddle_yl=jnp.int16(10), paddle_yr=jnp.int16(605)))
    rows, columns = where(frame, LEFT_PADDLE).T
    assert (rows.min(), rows.max(), columns.min(), columns.max()) == (560, 629, 40, 59)
    rows, columns = where(frame, RIGHT_PADDLE).T
    assert (rows.min(), rows.max(), columns.min(), columns.max()) == (0, 34, 560, 579)


def test_every_score_draws_another_picture(state):
    env = pong_jax.make()
    pictures = {env.render(state.replace(score_r=jnp.int16(score)))[:60, 300:].tobytes() for score in range(22)}
    assert len(pictures) == 22
    assert len(where(env.render(state), SCORE)) > 0


def test_render_follows_other_constants():
    env = pong_jax.make(width=400, height=300, paddle_width=10, number="float32")
    _, state = env.reset(jax.random.key(0))
    assert env.render(state).shape == (300, 460, 3)
