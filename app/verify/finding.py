"""What is wrong with a statement."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Finding:
    """What is wrong in a statement. ``turned`` is true where it says otherwise than its source;
    otherwise words of it are merely not there, and a model may know them to be the same."""

    line: str
    turned: bool = True
