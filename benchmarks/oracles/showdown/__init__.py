"""The oracle of `pokejax`: Pokemon Showdown in process under Node."""
