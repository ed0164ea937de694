"""Turn policy files and pages into passages that can be cited, and keep the index."""

from typing import Final

PIPELINE_VERSION: Final = 2
"""Raised whenever loading, cleaning, structure, splitting or what is embedded change what an index holds."""
