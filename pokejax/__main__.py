"""`python -m pokejax play`: a battle in the terminal against any player."""

from __future__ import annotations

import sys

from pokejax.play import main

if __name__ == "__main__":
    sys.exit(main())
