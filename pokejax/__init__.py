"""Pokemon Showdown's random battles in JAX; importing this loads no JAX.

The engine is being built: no environment and no id is registered yet. docs/pokejax/ENGINE.md says what stands.
"""
