"""Named training configurations: one module an environment, with `CONFIGS`."""
