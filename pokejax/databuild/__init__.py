"""Builds the data of `pokejax` from an installed Pokemon Showdown: `python -m pokejax.databuild`."""
