"""The steps of :mod:`app.retrieve`: what a question names, passages proposed, ranking."""
