"""Measurements of the environments: speed, parity with the originals, training, and the reports made of them.

Run `python -m benchmarks --help` for the commands. Nothing here is imported by the environments.
"""
