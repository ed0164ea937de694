"""Where the index keeps things: catalogue, words and vectors."""
