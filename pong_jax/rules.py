"""The rules of Pong on one game, elementwise: ports `c_step` and `reset_round` of PufferLib 3.0.0's pong.h."""

from __future__ import annotations

from typing import NamedTuple

import jax
import jax.numpy as jnp
import numpy as np

from pong_jax.state import EnvState, Field

# What the latest frames of a step did, in the order in which one overrides the other.
NOTHING, BOUNCE, AGENT_POINT, OPPONENT_POINT = 0, 1, 2, 3
BOUNCE_REWARD = np.float32(0.1)
# The original compares a float with the double 0.01: in float32 that is `<=` its nearest float. 0 for whole numbers.
LEAST_SPEED_Y = 0.01


class Moving(NamedTuple):
    """The part of the state that frames change; names, dtypes and units as in `EnvState`."""

    paddle_yl: jax.Array
    paddle_yr: jax.Array
    ball_x: jax.Array
    ball_y: jax.Array
    ball_vx: jax.Array
    ball_vy: jax.Array


class Played(NamedTuple):
    """What the frames of one step came to."""

    moving: Moving  # at a point: before the frame that made it, which is what the original last observed
    event: jax.Array  # int8 (), NOTHING .. OPPONENT_POINT
    bounces: jax.Array  # int32 (), bounces on either paddle in these frames


def moving_of(state: EnvState) -> Moving:
    """The moving part of a state."""
    return Moving(*(getattr(state, name) for name in Moving._fields))


def direction_of(action: jax.Array, number: str) -> jax.Array:
    """Direction of the agent's paddle from a discrete action: 1 is up (+1), 2 is down (-1), all else 0."""
    return (action == 1).astype(number) - (action == 2).astype(number)


def play_frame(now: Moving, direction: jax.Array, field: Field) -> tuple[Moving, jax.Array, jax.Array]:
    """Plays one frame.

    The order is the original's: the agent's paddle, the opponent's (towards the ball's old lower edge), the ball, the
    walls without clamping, the left side without clamping, the right side with clamping.

    Args:
        now: positions and speeds before the frame.
        direction: number (), -1 .. 1, y upwards.
        field: the constants.

    Returns:
        (positions and speeds after the frame and before any reset, event int8 (), bounced bool ()).
    """
    paddle_yr = now.paddle_yr + field.paddle_speed * direction
    follow = now.ball_y - (now.paddle_yl + field.half_paddle_height)
    paddle_yl = now.paddle_yl + _clip(follow, -field.paddle_speed, field.paddle_speed)
    paddle_yr = _clip(paddle_yr, field.min_paddle_y, field.max_paddle_y)
    paddle_yl = _clip(paddle_yl, field.min_paddle_y, field.max_paddle_y)

    ball_x = now.ball_x + now.ball_vx
    ball_y = now.ball_y + now.ball_vy
    at_wall = (ball_y < 0) | (ball_y + field.ball_height > field.height)
    ball_vy = jnp.where(at_wall, -now.ball_vy, now.ball_vy)

    at_left = ball_x < 0
    at_right = ball_x + field.ball_width > field.width
    bounce_left = at_left & _overlaps(ball_y, paddle_yl, field)
    bounce_right = at_right & _overlaps(ball_y, paddle_yr, field)
    bounced = bounce_left | bounce_right
    ball_vx = jnp.where(bounced, -now.ball_vx, now.ball_vx)

    # The inner `where` keeps the product apart from the sum: fused into one rounding it would differ from the original.
    spin = jnp.where(bounce_right, field.ball_speed_y_increment * direction, jnp.zeros_like(ball_vy))
    spun_vy = _clip(ball_vy + spin, -field.ball_max_speed_y, field.ball_max_speed_y)
    least = np.asarray(LEAST_SPEED_Y).astype(ball_vy.dtype)
    spun_vy = jnp.where(jnp.abs(spun_vy) <= least, field.ball_speed_y_increment, spun_vy)

    after = Moving(
        paddle_yl=paddle_yl,
        paddle_yr=paddle_yr,
        ball_x=jnp.where(bounce_right, _clip(ball_x, 0, field.width - field.ball_width), ball_x),
        ball_y=jnp.where(bounce_right, _clip(ball_y, 0, field.height - field.ball_height), ball_y),
        ball_vx=ball_vx,
        ball_vy=jnp.where(bounce_right, spun_vy, ball_vy),
    )
    point = jnp.where(at_left & ~bounce_left, AGENT_POINT, jnp.where(at_right & ~bounce_right, OPPONENT_POINT, NOTHING))
    event = jnp.where(bounce_right, BOUNCE, point).astype(jnp.int8)
    return after, event, bounced


def play_frames(now: Moving, direction: jax.Array, field: Field, frameskip: int) -> Played:
    """Plays up to `frameskip` frames, stopping before the frame that makes a point.

    Args:
        now: positions and speeds before the step.
        direction: number (), held for all frames.
        field: the constants.
        frameskip: frames of a step, at least 1.
    """

    def play(_: jax.Array | int, played: Played) -> Played:
        after, event, bounced = play_frame(played.moving, direction, field)
        running = played.event < AGENT_POINT
        event = jnp.where(running & (event > NOTHING), event, played.event)
        moves = event < AGENT_POINT
        moving = Moving(*(jnp.where(moves, new, old) for new, old in zip(after, played.moving, strict=True)))
        return Played(moving, event, played.bounces + (moves & bounced).astype(jnp.int32))

    start = Played(now, jnp.zeros_like(now.ball_x, jnp.int8), jnp.zeros_like(now.ball_x, jnp.int32))
    # A loop, never unrolled by Python: XLA would take minutes to compile eight frames in a row.
    return play(0, start) if frameskip == 1 else jax.lax.fori_loop(0, frameskip, play, start)


def serve(rand: jax.Array, field: Field, number: str) -> Moving:
    """Positions and speeds at the start of a round: ports `reset_round`.

    Args:
        rand: uint32 (), what the original's `rand()` returns; only the lowest bit matters.
        field: the constants.
        number: dtype of the result.
    """
    # `rand() % 2 - 1` is -1 or 0, never +1.
    sign = (rand & 1).astype(number) - np.ones((), number)
    constant = lambda value: jnp.asarray(value, number)  # noqa: E731
    return Moving(
        paddle_yl=constant(field.serve_paddle_y),
        paddle_yr=constant(field.serve_paddle_y),
        ball_x=constant(field.serve_x),
        ball_y=constant(field.serve_y),
        ball_vx=constant(field.ball_initial_speed_x),
        ball_vy=sign * field.ball_initial_speed_y,
    )


def reward_of(event: jax.Array) -> jax.Array:
    """Reward of a step, float32 (): 1 and -1 for points, 0.1 for the agent's bounce, as float32 rounds it."""
    point = jnp.where(event == AGENT_POINT, np.float32(1), np.float32(-1))
    no_point = jnp.where(event == BOUNCE, BOUNCE_REWARD, np.float32(0))
    return jnp.where(event >= AGENT_POINT, point, no_point)


def _overlaps(ball_y: jax.Array, paddle_y: jax.Array, field: Field) -> jax.Array:
    return (ball_y + field.ball_height > paddle_y) & (ball_y < paddle_y + field.paddle_height)


def _clip(value: jax.Array, low: jax.Array | int, high: jax.Array) -> jax.Array:
    return jnp.minimum(jnp.maximum(value, low), high)
