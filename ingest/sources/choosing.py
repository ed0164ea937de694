"""Which texts somebody means: those of the list by default, others of a data package by name."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from ingest.errors import UserError
from ingest.sources.listing import From, Sources, Text

_STATE = "中华人民共和国"
_MOST_NAMED = 5


def chosen(names: Sequence[str], sources: Sources, others: Iterable[tuple[str, str]]) -> list[Text]:
    """The texts that ``names`` mean; without names, all of the list.

    :param others: title and package of what the packages hold beside the list.
    :raises UserError: ``no-such-text`` or ``ambiguous-text``.
    """
    if not names:
        return list(sources.texts)
    known = {text.title: text for text in sources.texts}
    for title, package in others:
        known.setdefault(title, Text(title=title, source=From(package=package)))
    found = {title: known[title] for name in names for title in _meant(name, known)}
    return list(found.values())


def _meant(name: str, titles: Iterable[str]) -> list[str]:
    bare = name.strip().removeprefix("《").removesuffix("》")
    titles = list(titles)
    exact = [title for title in titles if bare in (title, title.removeprefix(_STATE))]
    found = exact or [title for title in titles if bare and bare in title]
    if len(found) == 1:
        return found
    if not found:
        raise UserError(
            "no-such-text",
            name,
            "neither the list of sources nor a data package has such a text",
            "Give its title, or add it as a file with `ingest add`",
            ("来源清单和数据包中都没有这份文件", "请给出标题，或用 ingest add 加入文件"),
        )
    some = "、".join(found[:_MOST_NAMED]) + ("…" if len(found) > _MOST_NAMED else "")
    raise UserError(
        "ambiguous-text",
        name,
        f"several texts are meant ({some})",
        "Give the whole title of one",
        (f"有多份文件与之相符（{some}）", "请给出其中一份的完整标题"),
    )
