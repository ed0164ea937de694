"""Turn policy files and pages into passages that can be cited, and keep the index."""

from typing import Final

PIPELINE_VERSION: Final = 7
"""Raised whenever a change of loading, cleaning, structure, splitting or of the text that is
embedded changes what an index holds."""
