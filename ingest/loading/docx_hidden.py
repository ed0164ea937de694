"""Runs of a Word file that no reader sees: hidden, white on white, or a point high at most."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

_W = "{http://schemas.openxmlformats.org/wordprocessingml/2006/main}"
_SMALLEST = 2
"""Half points; smaller is no print."""
_PALEST = 0xF5


class Unseen:
    """Tells what is unseen in a document with these ``styles`` (by id)."""

    def __init__(self, styles: Mapping[str | None, Any]) -> None:
        self._styles = styles

    def is_hidden(self, run: Any) -> bool:
        """Whether a run cannot be read."""
        own = list(self._properties(run))
        vanish = _first(own, "vanish")
        if vanish is not None and vanish.get(_W + "val") not in ("0", "false"):
            return True
        size = _first(own, "sz")
        points = (size.get(_W + "val") or "") if size is not None else ""
        if points.isdecimal() and int(points) <= _SMALLEST:
            return True
        color = _first(own, "color")
        return color is not None and _is_white(color.get(_W + "val")) and not self._on_ground(run)

    def _properties(self, run: Any) -> Iterator[Any]:
        """The ``rPr`` of a run and of the styles it names, strongest first."""
        own = run.find(_W + "rPr")
        paragraph = next(run.iterancestors(_W + "p"), None)
        settings = paragraph.find(_W + "pPr") if paragraph is not None else None
        if own is not None:
            yield own
        for holder, name in ((own, "rStyle"), (settings, "pStyle")):
            style = holder.find(_W + name) if holder is not None else None
            named = self._styles.get(style.get(_W + "val")) if style is not None else None
            if named is not None and named.find(_W + "rPr") is not None:
                yield named.find(_W + "rPr")

    def _on_ground(self, run: Any) -> bool:
        """Whether something darker may lie behind the run."""
        properties = run.find(_W + "rPr")
        if properties is not None and properties.find(_W + "highlight") is not None:
            return True
        holders = [properties]
        for ancestor in run.iterancestors(_W + "p", _W + "tc", _W + "tbl"):
            holders.append(ancestor.find(f"{_W}{ancestor.tag.removeprefix(_W)}Pr"))
        for style in self._table_styles(run):
            holders += list(style.iter(_W + "tcPr", _W + "tblPr", _W + "rPr"))
        shades = [h.find(_W + "shd") for h in holders if h is not None]
        return any(s is not None and not _is_white(s.get(_W + "fill"), "auto") for s in shades)

    def _table_styles(self, run: Any) -> Iterator[Any]:
        for table in run.iterancestors(_W + "tbl"):
            named = table.find(f"{_W}tblPr/{_W}tblStyle")
            style = self._styles.get(named.get(_W + "val")) if named is not None else None
            if style is not None:
                yield style


def _first(properties: list[Any], name: str) -> Any:
    found = (one.find(_W + name) for one in properties)
    return next((one for one in found if one is not None), None)


def _is_white(color: str | None, unset: str = "") -> bool:
    if color is None or color == unset:
        return bool(unset)
    try:
        value = int(color, 16)
    except ValueError:
        return False
    return len(color) == 6 and all((value >> shift) & 255 >= _PALEST for shift in (16, 8, 0))
