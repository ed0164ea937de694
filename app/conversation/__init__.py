"""Questions as parts of a conversation: what they take from what was asked and answered before."""
