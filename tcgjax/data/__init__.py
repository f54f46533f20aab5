"""The card data of the first pool: cards, effect programs and decks, with their schema and provenance (NOTICE)."""
