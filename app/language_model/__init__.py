"""Answers composed by a language model, and what keeps them to the passages."""
