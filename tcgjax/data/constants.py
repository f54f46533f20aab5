"""Numbers of the game that the state's parameters and the decisions share."""

MAX_TURNS = 30  # turns of both players together, 3.6
