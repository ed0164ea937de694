"""Who may read and who may change the corpus: accounts, tokens, sessions and the login page."""
