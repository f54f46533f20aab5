"""The PPO harness: one algorithm for functional and host-batched environments, on one device, many, or many hosts."""
