"""Tables that all generations share: which one serves, decisions, and the stores of the app."""
