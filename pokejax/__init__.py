"""Pokemon Showdown's random battles in JAX."""
