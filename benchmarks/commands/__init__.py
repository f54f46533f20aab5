"""The commands of `python -m benchmarks`: one module each, with a dataclass of its flags and `run(flags) -> status`."""
