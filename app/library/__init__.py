"""Changing the corpus while it serves: drafts, previews, adding, replacing, removing, undoing."""
