"""The originals as the measurements call them: one adaptor each for parity, reference speed and transfer."""
