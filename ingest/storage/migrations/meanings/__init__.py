"""Tables of the vectors that a reader's encoder makes of passages."""
