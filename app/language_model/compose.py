"""Answers that a language model writes from the passages found, each sentence checked.

The quotes are shown at once; what the model writes takes their place when it is complete and
proved, or never. A sentence stays if a passage bears it out (:mod:`app.answering.grounds`), the one
it names or another: small models name none or the wrong one. Its citation is the smallest section
that does; an item of a list falls with its lead-in, a bare yes or no is read with what follows it.
What it says that another text provides must stand in that text, where it is here
(:mod:`app.verify.attributed`). One that no passage comes near is shown as 未核实, without a
citation; one that comes near what a passage says and differs, that the reader finds to be about a
passage, or that repeats what is written for models and not for readers, is left out. Whatever goes
wrong, the quotes remain and one line says why.
"""

from __future__ import annotations

import re
import threading
import time
from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from dataclasses import replace

from app.answering.citing import Citer
from app.answering.grounds import Ground, letters, matching, supporting, why_not
from app.answering.wording import answer_text
from app.content.facts import facts
from app.content.places import places, region_of
from app.content.sentences import Span
from app.language_model.client import LanguageModel
from app.language_model.faults import ModelFault
from app.language_model.measure import Measure
from app.language_model.model_json import AnswerStream
from app.language_model.model_text import Sentence
from app.language_model.notices import (
    found_nothing,
    less_apt,
    quoting_because,
    refused_wrongly,
    unproved,
    waiting_for,
    written_by,
)
from app.language_model.passages import Sources, passages_for
from app.language_model.prompt import REFUSAL, answering, room_for, schema
from app.types import Answer, Hit, Statement
from app.verify import Why, misattributed, verify
from ingest.encoder import place_text
from ingest.index import Index
from ingest.language import Language
from ingest.settings import Settings
from ingest.suspicious import addressed

MIN_VERIFIED = 0.5
"""Below this share of verified text in all that the model wrote, its answer is not used."""

APTER = 2.0
"""So many times more probably must the quotes answer than a model's text about the same place to be
shown instead: the reader knows the words of rules better than others for them. A text about another
place must answer so many times more probably than the quotes."""

ABOUT = 0.02
"""From this probability on, by the reader's measure, a passage is about what a sentence says: what
nothing proves then may not stand beside it. General advice has at most half of it."""

_LINK = re.compile(r"(?i)https?://|www\.|[\w.-]+@[\w-]+\.\w")
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
        left: threading.Event | None = None,
        measure: Measure | None = None,
    ) -> Iterator[Answer]:
        """The quotes at once, then the answer.

        :param question: standing alone.
        :param quoted: the answer that quotes; final at once if it abstains, no model is asked.
        :param abstain: makes the abstention for the case that the model finds no answer.
        :param left: set when the reader is gone; ends the model's work.
        :param measure: tells which of two answers is better.
        """
        if quoted.abstained or not hits:
            yield quoted
            return
        yield replace(quoted, notice=waiting_for(self.settings.model, language))
        room, length = room_for(
            self.model.context, self.settings.max_tokens, self.settings.prompt_tokens, question
        )
        likely = (
            [h.probability for h in hits] if measure is None else measure(question, _read(hits))
        )
        shown = passages_for(quoted, hits, likely, self.index, self.settings.passages, room)
        draft = Draft(self.index, shown, bool(places(question)), measure)
        fault: ModelFault | None = None
        began, first_token = time.perf_counter(), None
        sentences = AnswerStream()
        try:
            for piece in self._pieces(question, shown, length, left):
                first_token = first_token or time.perf_counter()
                for sentence in sentences.feed(piece):
                    draft.add(sentence)
                if draft.refused:
                    break
            for sentence in sentences.finish():
                draft.add(sentence)
        except ModelFault as caught:
            fault = caught
        answer = self._final(question, draft, fault, quoted, abstain, language, measure)
        timings = {} if first_token is None else {"first_token": (first_token - began) * 1000}
        yield replace(answer, timings_ms={**answer.timings_ms, **timings})

    def _pieces(
        self, question: str, shown: Sequence[Hit], length: int, left: threading.Event | None
    ) -> Iterator[str]:
        """The model's words, bound to the schema of an answer where its server can do that."""
        if self.model.constrained:
            bound, began = schema(len(shown)), False
            try:
                for piece in self.model.stream(
                    answering(question, shown, as_json=True), length, left=left, schema=bound
                ):
                    began = True
                    yield piece
                return
            except ModelFault as fault:
                if began or fault.kind != "rejected":
                    raise
        for piece in self.model.stream(answering(question, shown), length, left=left):
            self.model.constrained = False  # it answers, but not when bound
            yield piece

    def _final(
        self,
        question: str,
        draft: Draft,
        fault: ModelFault | None,
        quoted: Answer,
        abstain: Callable[[], Answer],
        language: Language,
        measure: Measure | None,
    ) -> Answer:
        def quoting(reason: str) -> Answer:
            return replace(quoted, notice=quoting_because(reason, language))

        if fault is not None and fault.kind != "length":
            return quoting(fault.line(language))
        if draft.refused:
            if quoted.evidence == "strong":
                return quoting(refused_wrongly(language))
            return replace(abstain(), notice=found_nothing(language))
        if draft.breaks_off:
            return quoting(unproved({"empty": 1}, 0, language))
        if not draft.enough:
            reason = unproved(draft.left_out, draft.marked, language)
            return quoting(reason if fault is None else fault.line(language))
        cut = "" if fault is None else fault.line(language)
        answer = verify(self._answer(draft, quoted, cut, language), self.index)
        if any(s.citations and not s.verified for s in answer.statements):
            return quoting(unproved({"uncovered": 1}, 0, language))
        if measure is not None:
            mine, theirs = measure(question, [_said(a) for a in (answer, quoted)])
            if theirs > mine * (APTER if _same_place(answer, quoted) else 1 / APTER):
                return quoting(less_apt(language))
        return answer

    def _answer(self, draft: Draft, quoted: Answer, cut: str, language: Language) -> Answer:
        model, left_out, marked = self.settings.model, draft.left_out, draft.marked
        return replace(
            quoted,
            text=draft.text(language),
            statements=tuple(draft.statements),
            citations=tuple(draft.citer.citations),
            evidence="weak" if marked else quoted.evidence,
            notice=written_by(model, left_out, marked, cut, language),
        )


class Draft:
    """What of a model's answer is kept so far.

    :param of_a_place: whether the question names one, so that sentences need not say whose rule
        they repeat.
    :param measure: tells whether a passage is about what a sentence says.
    """

    def __init__(
        self,
        index: Index,
        hits: Sequence[Hit],
        of_a_place: bool = False,
        measure: Measure | None = None,
    ) -> None:
        self.citer = Citer(index)
        self._of_a_place = of_a_place
        self._measure = measure
        self._texts = _read(hits)
        self._opener: Sentence | None = None
        self._listing = self._led = False
        self.statements: list[Statement] = []
        self.left_out: Counter[Why] = Counter()
        self.refused = False
        self._grounds = _grounds(index, hits)
        self._seen: set[str] = set()
        self._written = 0
        self._verified = 0

    @property
    def enough(self) -> bool:
        """Whether enough of what the model wrote is verified."""
        return self._verified > 0 and self._verified >= MIN_VERIFIED * self._written

    @property
    def breaks_off(self) -> bool:
        """Whether it ends with the lead-in of a list, of which nothing follows."""
        return bool(self.statements) and self.statements[-1].text.endswith(("：", ":"))

    @property
    def marked(self) -> int:
        """How many sentences are shown as unproved."""
        return sum(not statement.verified for statement in self.statements)

    def add(self, sentence: Sentence) -> bool:
        """Take in a sentence; true if it is kept."""
        plain = letters(sentence.text)
        if plain.startswith(letters(REFUSAL)):
            self.refused = not self._verified
            return False
        if plain in self._seen:  # a model that repeats itself
            return False
        self._seen.add(plain)
        if _says_nothing_alone(sentence):
            self._opener = sentence
            return False
        if self._opener is not None:
            sentence = _after(self._opener, sentence)
            self._opener = None
        self._written += len(plain)
        kept = self._listed(sentence)
        if isinstance(kept, str):
            self.left_out[kept] += 1
            return False
        self._verified += len(plain) if kept.verified else 0
        self.statements.append(kept)
        return True

    def text(self, language: Language) -> str:
        """The answer as shown."""
        citations = self.citer.citations
        documents = {g.source.id: g.source.record.metadata.kind for g in self._grounds.values()}
        return answer_text(self.statements, citations, documents, language)

    def _listed(self, sentence: Sentence) -> Statement | Why:
        """:meth:`_kept`; an item of a list only where its lead-in was kept."""
        leads = sentence.text.endswith(("：", ":"))
        listing = self._listing and not leads
        self._listing = leads or (listing and sentence.text.endswith(("；", ";")))
        if listing and not self._led:
            return "uncovered"
        kept = self._kept(sentence)
        if leads:
            self._led = isinstance(kept, Statement) and kept.verified
        return kept

    def _kept(self, sentence: Sentence) -> Statement | Why:
        """The sentence as it is shown, or why it is not."""
        text = sentence.text
        if "\ufffd" in text:
            return "empty"
        everything = list(self._grounds.values())
        cited = [self._grounds[n] for n in sentence.references if n in self._grounds]
        near = matching(text, everything)
        tries = [cited, *([ground] for ground in near if [ground] != cited)]
        for grounds in tries:
            support = supporting(text, grounds)
            if support is not None:
                if not self._may_be_said(text, support):
                    return "contradicts"
                numbers = [n for ground, span in support for n in self._cite(ground, span)]
                regions = {region_of(ground.source.record.metadata) for ground, _ in support}
                region = regions.pop() if len(regions) == 1 and not self._of_a_place else ""
                return Statement(text, tuple(dict.fromkeys(numbers)), region=region)
        if near:
            return why_not(text, everything).why or "uncovered"
        if cited or facts(text) or not _in_chinese(text):
            return "uncovered" if cited else "uncited"
        if self._measure is not None and max(self._measure(text, self._texts)) >= ABOUT:
            return "uncovered"
        return Statement(text, (), verified=False)

    def _may_be_said(self, text: str, support: Sequence[tuple[Ground, Span]]) -> bool:
        """Whether ``text`` may stand though its source has these words: they must be meant for a
        reader and lead nowhere else, and what they say of another text must be so."""
        lines = [_lines(ground.source.text, *span) for ground, span in support]
        if _LINK.search(text) or any(addressed(line) for line in lines):
            return False
        return not misattributed(text, {g.source.id for g, _ in support}, self.citer.index)

    def _cite(self, ground: Ground, span: tuple[int, int]) -> tuple[int, ...]:
        return self.citer.statement(ground.source, [span]).citations


def _says_nothing_alone(sentence: Sentence) -> bool:
    return len(letters(sentence.text)) < _SHORTEST and not facts(sentence.text)


def _after(opener: Sentence, sentence: Sentence) -> Sentence:
    """A bare yes or no and the sentence that follows it as one."""
    text = f"{opener.text.rstrip('。！!. ')}，{sentence.text}"
    return replace(sentence, text=text, references=sentence.references or opener.references)


def _grounds(index: Index, hits: Sequence[Hit]) -> dict[int, Ground]:
    """By number in the prompt; without those that left the index in the meantime."""
    sources = Sources(index)
    found: dict[int, Ground] = {}
    for n, hit in enumerate(hits, 1):
        source, passage = sources.get(hit.passage.document), hit.passage
        if source is not None and source.text[passage.start : passage.end] == passage.text:
            found[n] = Ground(source, passage)
    return found


def _lines(text: str, start: int, end: int) -> str:
    """The whole lines that hold ``text[start:end]``."""
    close = text.find("\n", end)
    return text[text.rfind("\n", 0, start) + 1 : close if close >= 0 else len(text)]


def _in_chinese(text: str) -> bool:
    """Whether an unproved sentence is at least in the language of the sources, not a program's
    or a link's."""
    han = sum("\u4e00" <= c <= "\u9fff" for c in text)
    return han * 2 > len(letters(text)) and "://" not in text


def _same_place(answer: Answer, quoted: Answer) -> bool:
    """Whether an answer cites of what another cites first."""
    first = quoted.citations[0]
    return any(
        c.document == first.document and c.start < first.end and first.start < c.end
        for c in answer.citations
    )


def _read(hits: Sequence[Hit]) -> list[str]:
    """Passages as the reader reads them."""
    return [place_text(h.title, h.passage.path, h.passage.text) for h in hits]


def _said(answer: Answer) -> str:
    return "\n".join(s.text for s in answer.statements if not (s.further or s.direct))
