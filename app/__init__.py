"""Turn a question into an answer whose every sentence cites a section of the corpus."""
