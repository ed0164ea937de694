"""Turn policy files and pages into passages that can be cited, and keep the index."""

from typing import Final

PIPELINE_VERSION: Final = 1
"""Raised whenever loading, cleaning, structure or splitting change what an index holds."""
