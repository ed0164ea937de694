"""The sections that are open while a document is read, and where the next number belongs."""

from __future__ import annotations

from dataclasses import dataclass, field

from ingest.document import SectionKind
from ingest.outline.numbering import LAW_DIVISIONS, RANK, Mark, Scheme

_RESUMED = LAW_DIVISIONS | {"article"}
_DEEPEST = 16
"""Lists do not nest deeper than this; what claims to goes beside its elders."""


@dataclass(slots=True, eq=False)
class Node:
    """A section in the making. ``texts`` are the spans of running text directly in it.

    ``plain_kind`` is what it is if its first sentence turns out not to be a heading.
    """

    kind: SectionKind
    label: str
    heading: str
    start: int
    end: int
    parent: Node | None
    number: int | None = None
    mark: Mark | None = None
    level: int | None = None
    after_colon: bool = False
    plain_kind: SectionKind | None = None
    children: list[Node] = field(default_factory=list)
    texts: list[tuple[int, int]] = field(default_factory=list)

    @property
    def scheme(self) -> Scheme | None:
        """How its number is written; ``None`` where it has none."""
        return self.mark.scheme if self.mark else None


class Nesting:
    """A stack of open sections: the document itself first, the innermost last.

    A number goes beside the section whose count it continues, or opens a list below what stands
    before it, in the customary order of ``numbering.RANK`` where the text itself does not say.
    ``_scope`` is how much of the stack holds the present text: 1, or more within an annex or an
    embedded text, whose numbering never continues one outside.
    """

    def __init__(self, root: Node) -> None:
        self.stack = [root]
        self._scope = 1
        self._reached: dict[Scheme, int] = {}  # the last number of each scheme outside annexes
        self._own: set[Scheme] = set()  # schemes that the present annex or text has used

    @property
    def top(self) -> Node:
        """The innermost open section."""
        return self.stack[-1]

    @property
    def annex(self) -> Node | None:
        """The annex that is open, if one is."""
        return next((node for node in self.stack[1:2] if node.kind == "annex"), None)

    def in_article(self) -> bool:
        """Whether an article is open."""
        return any(node.kind == "article" for node in self.stack[self._scope :])

    def in_led_list(self) -> bool:
        """Whether the innermost section is an item of a list that a lead-in with ： opened."""
        inside = len(self.stack) > self._scope and self.top.kind in ("item", "subitem")
        return inside and self.top.after_colon

    def push(self, node: Node) -> None:
        """Put ``node`` into its parent and open it."""
        self.attach(node)
        self.stack.append(node)

    def push_text(self, node: Node) -> None:
        """Open ``node`` as a text of its own within its parent, with all numbering anew."""
        assert node.parent is not None
        del self.stack[self.stack.index(node.parent) + 1 :]
        self.push(node)
        self._scope = len(self.stack)
        self._own = set()

    def leave_text(self, mark: Mark) -> None:
        """Close the annex or embedded text where ``mark`` goes on with the numbers before it.

        A form or copy stands in the middle of a tender document: 第二章, 附：…, 第三章.
        """
        if self._scope > 1:
            before = self._reached.get(mark.scheme, 0)
            resumes = mark.scheme in _RESUMED and mark.scheme not in self._own
            if resumes and before and mark.number == before + 1:
                del self.stack[1:]
                self._scope = 1
            self._own.add(mark.scheme)
        if self._scope == 1:
            self._reached[mark.scheme] = mark.number

    def attach(self, node: Node) -> None:
        """Put ``node`` into its parent without opening it."""
        assert node.parent is not None
        node.parent.children.append(node)
        self.extend(node.parent, node.end)

    def extend(self, node: Node | None, end: int) -> None:
        """Let ``node`` and all that hold it reach to ``end``."""
        while node is not None and node.end < end:
            node.end = end
            node = node.parent

    def pop(self) -> None:
        """Close the innermost section."""
        self.stack.pop()

    def back_to_article(self) -> None:
        """Close all within the innermost article."""
        while self.top.kind != "article":
            self.stack.pop()

    def close_lists(self) -> None:
        """Close all but the annex or embedded text that is open."""
        del self.stack[self._scope :]

    def make_room(self, mark: Mark, after_colon: bool) -> None:
        """Close what a section numbered ``mark`` does not belong into.

        :param after_colon: the line before ends with ：, so that a number one starts a list in it.
        """
        if mark.components or mark.scheme == "plain":
            self._make_room_dotted(mark)
        elif mark.scheme == "article" or mark.scheme in LAW_DIVISIONS:
            self._make_room_law(mark)
        else:
            self._make_room_list(mark, after_colon)

    def make_room_declared(self, level: int) -> None:
        """Close what a heading without number, declared at ``level``, does not belong into."""
        while len(self.stack) > 1:
            above = self.top.level
            opens_text = len(self.stack) == self._scope and self.top.kind in ("annex", "heading")
            if (above is None and opens_text) or (above is not None and above < level):
                break
            self.stack.pop()
        self._scope = min(self._scope, len(self.stack))

    def leave_declared(self, level: int | None) -> None:
        """A declared heading does not hold a numbered one that is declared as high or higher."""
        if level is None:
            return
        for place in range(self._scope, len(self.stack)):
            node = self.stack[place]
            if not node.label and node.level is not None and node.level >= level:
                del self.stack[place:]
                return

    def _make_room_law(self, mark: Mark) -> None:
        for place in range(len(self.stack) - 1, self._scope - 1, -1):
            if self.stack[place].scheme == mark.scheme:
                del self.stack[place:]
                return
        while len(self.stack) > self._scope:
            top = self.stack[-1]
            if top.kind != "paragraph":
                if top.scheme is None or RANK[top.scheme] < RANK[mark.scheme]:
                    return
                if mark.scheme == "article" and top.kind == "heading":
                    return  # a judicial interpretation counts articles below 一、
            self.stack.pop()

    def _make_room_dotted(self, mark: Mark) -> None:
        own = mark.components or (mark.number,)
        for place in range(len(self.stack) - 1, self._scope - 1, -1):
            other = self.stack[place].mark
            if other is None or other.scheme not in ("plain", "dotted"):
                continue
            theirs = other.components or (other.number,)
            if len(theirs) < len(own) and own[: len(theirs)] == theirs:
                del self.stack[place + 1 :]
                return
            del self.stack[place:]

    def _make_room_list(self, mark: Mark, after_colon: bool) -> None:
        same = [
            place
            for place in range(len(self.stack) - 1, self._scope - 1, -1)
            if self.stack[place].scheme == mark.scheme
        ]
        numbers = {place: self.stack[place].number or 0 for place in same}
        follows = [place for place in same if numbers[place] == mark.number - 1]
        if mark.number > 1:
            follows = follows or [p for p in same if numbers[p] < mark.number] or same
        if follows:
            del self.stack[follows[0] :]
        elif mark.number != 1 or not after_colon or len(self.stack) > _DEEPEST:
            self._pop_lists(mark)

    def _pop_lists(self, mark: Mark) -> None:
        while len(self.stack) > self._scope:
            scheme = self.stack[-1].scheme
            if scheme is None or RANK[scheme] < max(RANK[mark.scheme], RANK["cn"]):
                return
            self.stack.pop()
