"""What of a page no reader sees: whatever a style or an attribute hides, shrinks to nothing, moves
off the screen or prints in the colour of its ground.

Styles of elements and the simple rules (a tag, a class, an id) of the page's own style sheets are
read; those of other files are not known.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Literal

if TYPE_CHECKING:
    from lxml.html import HtmlElement

Hidden = Literal["", "switched", "disguised"]
"""``switched``: a script may show it. ``disguised``: it is there, and nobody can read it."""

_RULE = re.compile(r"([^{}]+)\{([^{}]*)\}")
_SIMPLE = re.compile(r"(?:[a-z][a-z0-9]*)?(?:[.#][\w-]+)?", re.IGNORECASE)
_ASIDE = re.compile(r"/\*.*?\*/|@[\w-]+[^{};]*(?:\{(?:[^{}]*\{[^{}]*\})*[^{}]*\}|;)", re.DOTALL)
"""Comments, and what holds for print, fonts or small screens only."""
_LENGTH = re.compile(r"^\s*(-?\d*\.?\d+)\s*(px|pt|em|rem|vw|vh|%)?")
_HEX = re.compile(r"#([0-9a-f]{3}|[0-9a-f]{6})\b")
_RGB = re.compile(r"rgba?\(\s*(\d+)\s*,\s*(\d+)\s*,\s*(\d+)\s*(?:,\s*([\d.]+)\s*)?\)")
_NAMED = {"white": (255, 255, 255), "black": (0, 0, 0), "red": (255, 0, 0), "snow": (255, 250, 250)}
_FAR, _ALIKE, _FAINT = -400.0, 24, 0.06
_WHITE = (255, 255, 255)

Style = dict[str, str]
Color = tuple[int, int, int]


class Hiding:
    """Knows what is hidden in the page of ``root``."""

    def __init__(self, root: HtmlElement) -> None:
        self._rules: dict[str, Style] = {}
        for sheet in root.iter("style"):
            for selectors, body in _RULE.findall(_ASIDE.sub("", sheet.text or "")):
                for selector in selectors.split(","):
                    name = selector.strip()
                    if name and _SIMPLE.fullmatch(name):
                        self._rules.setdefault(name.lower(), {}).update(_declared(body))

    def of(self, element: HtmlElement) -> Hidden:
        """How ``element`` itself is hidden; ``""`` if it is not."""
        style = self._style(element)
        if _is_disguised(style) or self._has_color_of_ground(element, style):
            return "disguised"
        if (
            element.get("hidden") is not None
            or (element.get("aria-hidden") or "").strip().lower() == "true"
            or style.get("display") == "none"
            or style.get("visibility") in ("hidden", "collapse")
        ):
            return "switched"
        return ""

    def _style(self, element: HtmlElement) -> Style:
        own = element.get("style") or ""
        if not own and not self._rules:
            return {}
        style: Style = {}
        tag = str(element.tag).lower()
        names = [f".{name}" for name in (element.get("class") or "").lower().split()]
        names += [f"#{element.get('id').lower()}"] if element.get("id") else []
        for selector in (tag, *names, *(f"{tag}{name}" for name in names)):
            style.update(self._rules.get(selector, {}))
        return {**style, **_declared(own)}

    def _has_color_of_ground(self, element: HtmlElement, style: Style) -> bool:
        declared = style.get("color") or (element.get("color") if element.tag == "font" else "")
        if not declared:
            return False
        if declared.strip() == "transparent" or _is_clear(declared):
            return True
        color, ground = _color(declared), self._ground(element, style)
        if color is None or ground is None:
            return False
        return all(abs(a - b) <= _ALIKE for a, b in zip(color, ground, strict=True))

    def _ground(self, element: HtmlElement, style: Style) -> Color | None:
        """The colour behind an element; ``None`` where it cannot be told."""
        here: HtmlElement | None = element
        while here is not None:
            painted = style.get("background-color") or style.get("background")
            painted = painted or here.get("bgcolor") or ""
            if "url(" in painted or "gradient" in painted or here.get("background"):
                return None
            if painted and "transparent" not in painted:
                return _color(painted)
            here = here.getparent()
            style = self._style(here) if here is not None else {}
        return _WHITE


def _is_disguised(style: Style) -> bool:
    if not style:
        return False
    for name in ("opacity", "font-size", "text-indent", "margin-left", "left", "top", "right"):
        size = _number(style.get(name, ""))
        if size is None:
            continue
        if name == "opacity" and size < _FAINT:
            return True
        if name == "font-size" and size <= 1 and not style[name].strip().endswith(("em", "%")):
            return True
        if name == "font-size" and size < _FAINT:
            return True
        if name in ("text-indent", "margin-left") and size <= _FAR:
            return True
        moved = style.get("position") in ("absolute", "fixed", "relative")
        if name in ("left", "top", "right") and moved and size <= _FAR:
            return True
    clip = re.sub(r"\s", "", style.get("clip", "") + style.get("clip-path", ""))
    if re.match(r"rect\((?:0|1)(?:px)?,|inset\((?:50|100)%", clip):
        return True
    if "scale(0" in style.get("transform", "") or re.search(r"-\d{3,}", style.get("transform", "")):
        return True
    cut = style.get("overflow", "").startswith("hidden")
    sizes = [
        _number(style.get(name, "")) for name in ("width", "height", "max-height", "max-width")
    ]
    return cut and any(size is not None and 0 <= size <= 1 for size in sizes)


def _declared(body: str) -> Style:
    pairs = (part.split(":", 1) for part in body.split(";") if ":" in part)
    return {
        name.strip().lower(): value.replace("!important", "").strip().lower()
        for name, value in pairs
    }


def _number(value: str) -> float | None:
    match = _LENGTH.match(value)
    return float(match[1]) if match else None


def _is_clear(value: str) -> bool:
    match = _RGB.search(value.lower())
    return bool(match and match[4] and float(match[4]) < _FAINT)


def _color(value: str) -> Color | None:
    plain = value.strip().lower()
    if match := _HEX.search(plain):
        digits = match[1] if len(match[1]) == 6 else "".join(c * 2 for c in match[1])
        return (int(digits[:2], 16), int(digits[2:4], 16), int(digits[4:], 16))
    if match := _RGB.search(plain):
        return (int(match[1]), int(match[2]), int(match[3]))
    return next((color for name, color in _NAMED.items() if name in plain.split()), None)
