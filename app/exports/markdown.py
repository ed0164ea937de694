"""A conversation as Markdown with footnotes (``[^1-2]``: second citation of the first turn)."""

from __future__ import annotations

import re
from collections.abc import Sequence

from app.exports.notes import bracketed, clean, evidence_of, lines_of, note_of, one_line, title_of
from app.i18n import text_in
from app.types import Turn
from ingest.language import Language

_SYNTAX = re.compile(r"[\\`*_{}\[\]<>#|~$]")
_STARTS = re.compile(r"^([-+=]|\d+[.)])", re.MULTILINE)


def to_markdown(turns: Sequence[Turn], language: Language = "zh", title: str = "") -> str:
    """The conversation as Markdown; what stands in questions and documents stays text.

    :param title: of the whole; the first question where none is given.
    """
    out = [f"# {_plain(one_line(title_of(turns, title, language)))}"]
    notes = []
    for number, turn in enumerate(turns, 1):
        answer = turn.answer
        lines = list(lines_of(answer, language))
        out.append(f"## {_plain(one_line(turn.question))}")
        for line in lines:
            marks = "".join(f"[^{number}-{citation.n}]" for citation in line.citations)
            warning = bracketed(line.warning, language)
            out.append(_plain(clean(line.text)).replace("\n", "  \n") + marks + warning)
        for remark in (evidence_of(answer, language), answer.notice):
            if remark:
                out.append(f"*{_plain(one_line(remark))}*")
        used = {citation.n for line in lines for citation in line.citations}
        notes += [
            f"[^{number}-{citation.n}]: {_plain(note_of(citation, language))}"
            for citation in answer.citations
            if citation.n in used
        ]
    out.append(f"*{text_in(language, 'prevails')}*")
    return "\n\n".join([*out, *notes]) + "\n"


def _plain(text: str) -> str:
    return _STARTS.sub(r"\\\1", _SYNTAX.sub(r"\\\g<0>", text))
