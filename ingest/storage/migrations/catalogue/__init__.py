"""Tables of one generation: documents, passages and their words."""
