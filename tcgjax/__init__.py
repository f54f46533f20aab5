"""Pokemon TCG Pocket from a written specification."""
