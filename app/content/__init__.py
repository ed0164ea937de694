"""What a text says, before anybody asks: facts, places, words, sentences. Known by all who find,
read, answer and verify; knows none of them."""
