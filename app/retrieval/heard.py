"""A question as it is understood, and what is said of that beside the answer."""

from __future__ import annotations

from dataclasses import dataclass, replace

from app.types import Answer
from ingest.language import Language


@dataclass(frozen=True, slots=True)
class Heard:
    """``text`` is what is looked for. ``meant`` are the words that were taken for slips of the
    keyboard; ``english`` are the Chinese words by which a question in English is looked for."""

    text: str
    meant: tuple[str, ...] = ()
    english: str = ""

    def language(self, shown: Language) -> Language:
        """The language to answer in where the page is shown in ``shown``."""
        return "en" if self.english else shown

    def told(self, answer: Answer, shown: Language) -> Answer:
        """``answer`` with a notice of how the question was understood; where a question in
        English found nothing, with the request to put it in Chinese."""
        if self.english:
            answer = replace(answer, standalone=" ".join(answer.standalone.split("\n")))
        if self.english and answer.abstained:
            return replace(answer, text=f"{answer.text}\n{_ASK_IN_CHINESE}")
        if self.english:
            notice = _QUOTED_IN_CHINESE.format(words=self.english)
        elif self.meant:
            words = "、".join(self.meant)
            notice = f"按‘{words}’理解" if shown == "zh" else f"Understood as ‘{words}’"
        else:
            return answer
        return replace(answer, notice=" ".join(filter(None, (notice, answer.notice))))


_ASK_IN_CHINESE = (
    "Questions in English are looked up by a glossary of procurement terms. "
    "Please ask in Chinese for a better result."
)
_QUOTED_IN_CHINESE = "Looked up as “{words}”. The provisions are quoted in Chinese."
