"""Answers that a language model writes from the passages found, each sentence checked.

A sentence is shown once it is complete and bears the check (:mod:`app.answering.grounds`) against
what it cites; its citation is the smallest section that bears it out. A sentence that fails is left
out; one that cites nothing is shown as 未核实, without a citation, unless a figure or name in it
is in no passage. Whatever goes wrong, the reader gets the answer that quotes and one line that says
why.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, replace

from app.answering.citing import Citer
from app.answering.facts import facts
from app.answering.grounds import Ground, contradicts, letters, supporting
from app.answering.sentences import Source
from app.answering.wording import answer_text
from app.language_model.client import LanguageModel, ModelFault
from app.language_model.model_text import Sentence, SentenceStream
from app.language_model.prompt import REFUSAL, answering, chosen
from app.types import Answer, Hit, Statement
from app.verify import verify
from ingest.index import Index
from ingest.language import Language
from ingest.settings import Settings

MIN_VERIFIED = 0.5
"""Below this share of verified text in all that the model wrote, its answer is not used."""

_SHORTEST = 4  # letters; a shorter sentence without a figure is a fragment


class Composer:
    """Writes answers with the language model of the settings.

    :raises SettingsError: as :class:`LanguageModel`.
    """

    def __init__(self, index: Index, settings: Settings, model: LanguageModel) -> None:
        self.index = index
        self.settings = settings.llm
        self.model = model

    def stream(
        self,
        question: str,
        hits: Sequence[Hit],
        quoted: Answer,
        abstain: Callable[[], Answer],
        language: Language = "zh",
    ) -> Iterator[Answer]:
        """Growing answers, one more sentence each time; the last one is final.

        :param question: standing alone.
        :param quoted: the answer that quotes; final at once if it abstains, no model is asked.
        :param abstain: makes the abstention for the case that the model finds no answer.
        """
        if quoted.abstained or not hits:
            yield quoted
            return
        shown = chosen(hits, self.settings.passages, self.settings.max_chars)
        draft = Draft(self.index, shown)
        fault: ModelFault | None = None
        began, first_token = time.perf_counter(), None
        sentences = SentenceStream()
        try:
            for piece in self.model.stream(answering(question, shown, self.settings.max_chars)):
                first_token = first_token or time.perf_counter()
                for sentence in sentences.feed(piece):
                    if draft.add(sentence):
                        yield self._answer(draft, quoted, language)
                if draft.refused:
                    break
            for sentence in sentences.finish():
                draft.add(sentence)
        except ModelFault as caught:
            fault = caught
        answer = self._final(draft, fault, quoted, abstain, language)
        timings = {} if first_token is None else {"first_token": (first_token - began) * 1000}
        yield replace(answer, timings_ms={**answer.timings_ms, **timings})

    def _final(
        self,
        draft: Draft,
        fault: ModelFault | None,
        quoted: Answer,
        abstain: Callable[[], Answer],
        language: Language,
    ) -> Answer:
        if fault is not None and fault.kind != "length":
            return replace(quoted, notice=_quoting_because(fault.line(language), language))
        if draft.refused:
            return replace(abstain(), notice=_found_nothing(language))
        if not draft.enough:
            reason = _unproved(language) if fault is None else fault.line(language)
            return replace(quoted, notice=_quoting_because(reason, language))
        answer = verify(self._answer(draft, quoted, language), self.index)
        if any(s.citations and not s.verified for s in answer.statements):
            return replace(quoted, notice=_quoting_because(_unproved(language), language))
        cut = "" if fault is None else fault.line(language)
        return replace(
            answer, notice=_written_by(self.settings.model, draft.left_out, cut, language)
        )

    def _answer(self, draft: Draft, quoted: Answer, language: Language) -> Answer:
        doubtful = any(not statement.verified for statement in draft.statements)
        return replace(
            quoted,
            text=draft.text(language),
            statements=tuple(draft.statements),
            citations=tuple(draft.citer.citations),
            evidence="weak" if doubtful else quoted.evidence,
            notice=_written_by(self.settings.model, draft.left_out, "", language),
        )


class Draft:
    """What of a model's answer is kept so far."""

    def __init__(self, index: Index, hits: Sequence[Hit]) -> None:
        self.citer = Citer(index)
        self.statements: list[Statement] = []
        self.left_out = 0
        self.refused = False
        self._grounds = _grounds(index, hits)
        self._seen: set[str] = set()
        self._written = 0
        self._verified = 0

    @property
    def enough(self) -> bool:
        """Whether enough of what the model wrote is verified."""
        return self._verified > 0 and self._verified >= MIN_VERIFIED * self._written

    def add(self, sentence: Sentence) -> bool:
        """Take in a sentence; true if there is more to show."""
        plain = letters(sentence.text)
        if plain.startswith(letters(REFUSAL)):
            self.refused = not self._verified
            return False
        if plain in self._seen:  # a model that repeats itself
            return False
        self._seen.add(plain)
        self._written += len(plain)
        kept = self._kept(sentence)
        if kept is None:
            self.left_out += 1
            return False
        self._verified += len(plain) if kept.verified else 0
        self.statements.append(kept)
        return True

    def text(self, language: Language) -> str:
        """The answer as shown."""
        citations = self.citer.citations
        documents = {g.source.id: g.source.record.metadata.kind for g in self._grounds.values()}
        return answer_text(self.statements, citations, documents, language)

    def _kept(self, sentence: Sentence) -> Statement | None:
        text = sentence.text
        if "\ufffd" in text or (len(letters(text)) < _SHORTEST and not facts(text)):
            return None
        cited = [self._grounds[n] for n in sentence.references if n in self._grounds]
        support = supporting(text, cited)
        if support is not None:
            numbers = [n for ground, span in support for n in self._cite(ground, span)]
            return Statement(text, tuple(dict.fromkeys(numbers)))
        if cited or contradicts(text, list(self._grounds.values())) or not _in_chinese(text):
            return None
        return Statement(text, (), verified=False)

    def _cite(self, ground: Ground, span: tuple[int, int]) -> tuple[int, ...]:
        return self.citer.statement(ground.source, [span]).citations


@dataclass(frozen=True, slots=True)
class _Sources:
    """Documents by id, read once."""

    index: Index
    known: dict[str, Source]

    def get(self, document: str) -> Source | None:
        if document not in self.known:
            stored = self.index.document(document)
            if stored is None:
                return None
            self.known[document] = Source(stored)
        return self.known[document]


def _grounds(index: Index, hits: Sequence[Hit]) -> dict[int, Ground]:
    """By number in the prompt; without those that left the index in the meantime."""
    sources = _Sources(index, {})
    found: dict[int, Ground] = {}
    for n, hit in enumerate(hits, 1):
        source, passage = sources.get(hit.passage.document), hit.passage
        if source is not None and source.text[passage.start : passage.end] == passage.text:
            found[n] = Ground(source, passage)
    return found


def _in_chinese(text: str) -> bool:
    """Whether an unproved sentence is at least in the language of the sources, not a program's
    or a link's."""
    han = sum("\u4e00" <= c <= "\u9fff" for c in text)
    return han * 2 > len(letters(text)) and "://" not in text


def _written_by(model: str, left_out: int, cut: str, language: Language) -> str:
    if language == "en":
        line = f"Written by the language model {model} and checked against the sources."
        line += f" Left out: {left_out} that did not bear the check." if left_out else ""
        return line + (f" Note: {cut}." if cut else "")
    line = f"由语言模型 {model} 撰写，已逐句与所引原文核对。"
    line += f"另有 {left_out} 句未通过核对，已略去。" if left_out else ""
    return line + (f"注意：{cut}。" if cut else "")


def _unproved(language: Language) -> str:
    if language == "en":
        return "its sentences did not bear the check against the sources"
    return "其文字未能通过与原文的核对"


def _quoting_because(reason: str, language: Language) -> str:
    if language == "en":
        return f"The language model's answer is not used: {reason}. This one quotes the sources."
    return f"未采用语言模型的回答：{reason}。以上为原文摘录。"


def _found_nothing(language: Language) -> str:
    if language == "en":
        return "The language model found no answer in the passages."
    return "语言模型认为找到的段落没有回答这个问题。"
