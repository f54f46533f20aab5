"""Step-by-step comparison of the environments with their originals: levels 1 to 3 of the verification ladder."""
