"""How the players of a two-player game meet: the starts of their games, and the players that need more than a view."""
