"""Who plays the other side in training: `self`, `pool`, a player's name, or a mixture such as `self:0.5,pool:0.5`."""

from __future__ import annotations

SELF, POOL = "self", "pool"  # the policy that learns, and its own past


def parse_mixture(text: str, players: tuple[str, ...], seats: int, pool_size: int) -> dict[str, int]:
    """How many of the learning seats play against whom, `SELF` first.

    Args:
        text: names with their shares, "self:0.5,pool:0.25,weighted:0.25", or one name alone.
        players: the names that the game's package knows.
        seats: learning seats in all.
        pool_size: policies in the pool, among which its seats are dealt out equally.

    Raises:
        ValueError: an unknown name, shares that do not add up to 1, or that do not deal out the seats evenly.
    """
    known = (SELF, POOL, *players)
    shares: dict[str, float] = {}
    for part in text.split(","):
        name, colon, share = part.partition(":")
        if name not in known:
            raise ValueError(f"--opponent {name!r}: unknown; the opponents are {', '.join(known)}.")
        if name in shares:
            raise ValueError(f"--opponent {text!r} names {name} twice.")
        try:
            shares[name] = float(share) if colon else 1.0
        except ValueError:
            shares[name] = -1.0
        if not 0 < shares[name] <= 1:
            raise ValueError(f"--opponent {part!r}: a share must lie above 0 and be at most 1, as in self:0.5.")
    if abs(sum(shares.values()) - 1) > 1e-6:
        raise ValueError(f"--opponent {text!r}: the shares must add up to 1, got {sum(shares.values()):g}.")
    dealt = {name: round(shares[name] * seats) for name in sorted(shares, key=known.index)}
    for name, number in dealt.items():
        unit = {SELF: 2, POOL: pool_size}.get(name, 1)
        if number % unit or number < 1 or abs(number - shares[name] * seats) > 1e-6:
            raise ValueError(
                f"--opponent {text!r}: {name} must get a positive multiple of {unit} of the {seats} seats,"
                f" got {shares[name] * seats:g}; change the shares or ppo.num_envs."
            )
    return dealt
