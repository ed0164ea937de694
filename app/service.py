"""One object over index, retrieval and answering; every face of the product goes through it."""

from __future__ import annotations

import logging
import threading
import time
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures.process import BrokenProcessPool
from dataclasses import dataclass, replace
from functools import lru_cache
from typing import TYPE_CHECKING, Protocol

from app.conversation.asked import Asked, asked_in
from app.dated import dated_hits
from app.following import follow
from app.i18n import text_in
from app.question import refuse_long
from app.types import Answer, Filters, Hit, Turn
from ingest.embed import Embedder
from ingest.index import Index, recipe_of, wrong_recipe
from ingest.language import Language
from ingest.settings import Settings
from ingest.storage.reach import Reach
from ingest.twins import Twins, twins_of

if TYPE_CHECKING:
    from app.answer import QuotingAnswerer
    from app.language_model.client import LanguageModel
    from app.retrieve import Retriever

_LOG = logging.getLogger(__name__)

AFTER_WORKERS = 3.0
"""Seconds after a change in which the workers bring themselves up to date."""
_TURN = 0.002
"""Seconds in which whoever waits takes the lock; without them the thread that gave it has it."""


@dataclass(frozen=True, slots=True)
class Quoted:
    """An answer that quotes, the best of the hits it was made from, and the seconds that finding
    and quoting took. ``passing``: made without vectors, so that a later one may be better."""

    answer: Answer
    hits: tuple[Hit, ...]
    finding: float
    quoting: float
    passing: bool = False


class _Passing(Exception):
    """Carries an answer past the memory of answers."""

    def __init__(self, quoted: Quoted) -> None:
        self.quoted = quoted


class Helpers(Protocol):
    """Processes that find and quote for an assistant; :class:`app.workers.Workers` are some."""

    @property
    def ready(self) -> bool:
        """Whether one has begun to answer."""
        ...

    def start(self) -> None:
        """Start them, without waiting until they are ready."""
        ...

    def quoted(self, asked: Asked, filters: Filters, language: Language, hits_kept: int) -> Quoted:
        """What :meth:`Assistant.quoted` gives.

        :raises BrokenProcessPool: if none can.
        """
        ...

    def close(self) -> None:
        """End them."""
        ...


class Assistant:
    """Answers from the index that serves; notices by itself when it changed or was rebuilt.

    ``on_answer`` are called with every whole answer, ``warmed`` is true once :meth:`warm` is done,
    ``vectors`` says whether the server that keeps the vectors answers.

    :param workers: processes that find and quote; without them this one does.
    :raises SettingsError: if a language model is set that cannot be used as it is set.
    """

    def __init__(self, settings: Settings, workers: Helpers | None = None) -> None:
        self.settings = settings
        self._workers = workers
        self.embedder = Embedder(settings)
        self._opening = threading.RLock()
        self._index: Index | None = None
        self._retriever: Retriever | None = None
        self._answerer: QuotingAnswerer | None = None
        self._model = _model(settings)
        self.vectors = Reach(settings.store)
        self.on_answer: list[Callable[[Answer], None]] = []
        self.warmed = False
        # Finding and quoting are Python from end to end. Threads that do them side by side take
        # the interpreter from one another (benchmarks/load.py: 12 answers a second, not 16).
        self._at_work = threading.Lock()
        self._ended = threading.Event()
        self._remembered = lru_cache(maxsize=settings.server.remembered)(self._of_state)

    @property
    def index(self) -> Index:
        """The generation of the index that serves now.

        :raises IndexStateError: if there is none, or another model or pipeline made it.
        :raises SettingsError: if the model is damaged.
        """
        with self._opening:
            if self._index is None or not self._index.serves:
                index = Index.open(self.settings)
                if index.recipe != recipe_of(self.settings, self.embedder.fingerprint):
                    self.embedder.dimension  # noqa: B018 - a damaged model is another one, and says so
                    raise wrong_recipe(self.settings)
                self._index, self._retriever, self._answerer = index, None, None
            return self._index

    @property
    def asks_model(self) -> bool:
        """Whether a language model writes answers, for which the quotes do not wait."""
        return self._model is not None

    def warm(self) -> None:
        """Load all that the first question would otherwise wait for, and go on doing so after
        every change; then let the workers begin, without waiting for them: until they are ready,
        this process answers."""
        for _ in self._first_question():
            pass
        self.warmed = True
        follow(self, self._ended)
        if self._workers is not None:
            self._workers.start()

    def close(self) -> None:
        """End the workers, and follow the index no more."""
        self._ended.set()
        if self._workers is not None:
            self._workers.close()

    def state(self) -> tuple[str, int, Twins]:
        """What answers depend on: generation and number of changes of the index as it is now, and
        which of its documents are copies."""
        index = self.index
        return index.generation, index.changes, twins_of(index)

    def renew(self) -> None:
        """Bring up to date what is derived from the index, step by step, so that a question put
        meanwhile has its turn. Where workers answer, they do so first: this process would take
        from them the core that the next question needs."""
        answered = self._workers is not None and self._workers.ready
        if answered and self._ended.wait(AFTER_WORKERS):
            return
        steps, more = self._first_question(), True
        while more:
            with self._at_work:
                more = next(steps, None) is not None
            time.sleep(_TURN)

    def _first_question(self) -> Iterator[str]:
        """Answers a question that needs all that is loaded, and yields between the steps."""
        from app.retrieval.slips import WITH_A_SLIP

        retriever, answerer = self.parts()
        question = retriever.heard(WITH_A_SLIP).text
        yield question
        hits = retriever.search(question, self.passages_read, Filters())
        yield question
        answerer.answer(question, hits)

    def search(
        self, question: str, k: int | None = None, filters: Filters = Filters()
    ) -> list[Hit]:
        """The ``k`` best passages for a question, best first.

        :raises UserError: if it is too long.
        """
        refuse_long(question)
        retriever = self.parts()[0]
        text = retriever.heard(question).text
        hits = retriever.search(text, k or self.settings.retrieval.top_k, filters)
        return list(dated_hits(hits, self.index))

    def ask(
        self,
        question: str,
        history: Sequence[Turn] = (),
        filters: Filters = Filters(),
        language: Language = "zh",
    ) -> Answer:
        """The answer to a question, or an abstention.

        :param history: the conversation so far, oldest first; completes a follow-up.
        :param language: of the words around the quotes.
        :raises UserError: if it is too long.
        """
        *_, answer = self._answers(question, history, filters, language)
        return answer

    def quote(
        self, question: str, filters: Filters = Filters(), language: Language = "zh"
    ) -> Answer:
        """The answer that quotes, without a conversation and without a language model."""
        refuse_long(question)
        return self._quoted_or_remembered(Asked(question), filters, language).answer

    def quoted(self, asked: Asked, filters: Filters, language: Language, hits_kept: int) -> Quoted:
        """The answer that quotes, made here and now, with the first ``hits_kept`` hits."""
        from app.conversation.answering import Conversing

        conversing = Conversing(*self.parts(), self.passages_read)
        with self._at_work:
            began = time.perf_counter()
            retriever = self.parts()[0]
            heard = retriever.heard(asked.question)
            before, opening = (
                retriever.heard(earlier).text if earlier else ""
                for earlier in (asked.before, asked.opening)
            )
            understood = replace(asked, question=heard.text, before=before, opening=opening)
            found = conversing.answered(
                understood, filters, heard.language(language), self._within(filters)
            )
            by_words = retriever.by_words_only
            answer = heard.told(found.answer, language)
            took = time.perf_counter() - began
        answer = replace(answer, question=asked.question)
        said = [answer.notice]
        if filters.in_force:
            said.append(self._left_out(language))
        if by_words:
            said.append(text_in(language, "byWords"))
        nearest = dated_hits(answer.nearest, self.index)
        answer = replace(answer, notice=" ".join(filter(None, said)), nearest=nearest)
        hits = dated_hits(found.hits[:hits_kept], self.index)
        return Quoted(answer, hits, found.finding, took - found.finding, by_words)

    def stream(
        self,
        question: str,
        history: Sequence[Turn] = (),
        filters: Filters = Filters(),
        language: Language = "zh",
        left: threading.Event | None = None,
    ) -> Iterator[Answer]:
        """Parts of the answer, each in place of the last; the last one is the whole. Where there is
        a language model the first is the answer that quotes, and the last may be the same.

        :param left: set when nobody waits any more; ends the language model's work.
        """
        if self._model is not None:
            yield from self._answers(question, history, filters, language, left)
            return
        answer = self.ask(question, history, filters, language)
        # All of it is there at once: one part shows that it comes, more would only cost the server
        first, more = answer.text.partition("\n")[::2]
        if more:
            yield replace(answer, text=f"{first}\n")
        yield answer

    def _answers(
        self,
        question: str,
        history: Sequence[Turn],
        filters: Filters,
        language: Language,
        left: threading.Event | None = None,
    ) -> Iterator[Answer]:
        began = time.perf_counter()
        refuse_long(question, *(turn.question for turn in history))
        asked = asked_in(question, history)
        turn = time.perf_counter()
        quoted = self._quoted_or_remembered(asked, filters, language)
        written = time.perf_counter()
        if self._model is not None and asked.before:
            from app.language_model.rewrite import rewritten

            # The quotes do not wait for what the model makes of a follow-up
            timings = {"retrieve": _ms(quoted.finding), "answer": _ms(quoted.quoting)}
            timings["total"] = _ms(written - began)
            yield replace(quoted.answer, question=question, timings_ms=timings)
            asked = rewritten(asked, history, self._model, left)
            turn = time.perf_counter()
            quoted = self._quoted_or_remembered(asked, filters, language)
            written = time.perf_counter()
        standalone = quoted.answer.standalone
        # What is remembered took no time to find and to quote
        was_made = written - turn >= quoted.finding + quoted.quoting
        answers: Iterator[Answer] = iter([quoted.answer])
        if self._model is not None:
            from app.language_model.compose import Composer
            from app.language_model.measure import measure_of

            answerer = self.parts()[1]
            answers = Composer(answerer.index, self.settings, self._model).stream(
                standalone,
                quoted.hits,
                quoted.answer,
                lambda: replace(
                    answerer.answer(standalone, [], language=language), nearest=quoted.hits[:3]
                ),
                language,
                left,
                measure_of(answerer.reading),
            )
        for answer in answers:
            ended = time.perf_counter()
            timings = {
                "retrieve": _ms(quoted.finding if was_made else 0.0),
                "answer": _ms((quoted.quoting if was_made else 0.0) + ended - written),
                "total": _ms(ended - began),
            }
            if "first_token" in answer.timings_ms:
                waited = answer.timings_ms["first_token"] / 1000
                timings["first_token"] = _ms(written - began + waited)
            whole = replace(answer, question=question, standalone=standalone, timings_ms=timings)
            if quoted.passing and quoted.answer.notice not in answer.notice:
                whole = replace(whole, notice=f"{quoted.answer.notice} {answer.notice}".strip())
            yield whole
        for told in self.on_answer:
            told(whole)

    def _quoted_or_remembered(self, asked: Asked, filters: Filters, language: Language) -> Quoted:
        try:
            return self._remembered(self.state(), asked, filters, language)
        except _Passing as passing:
            return passing.quoted

    def _of_state(
        self, state: tuple[str, int, Twins], asked: Asked, filters: Filters, language: Language
    ) -> Quoted:
        """What an index in ``state`` gives; remembered under it unless it is passing."""
        quoted = self._made(asked, filters, language)
        if quoted.passing:
            raise _Passing(quoted)
        return quoted

    def _made(self, asked: Asked, filters: Filters, language: Language) -> Quoted:
        kept = self.settings.retrieval.top_k if self._model is not None else 0
        if self._workers is not None and self._workers.ready:
            try:
                return self._workers.quoted(asked, filters, language, kept)
            except BrokenProcessPool:
                _LOG.exception("no worker could answer; the serving process does it")
        return self.quoted(asked, filters, language, kept)

    @property
    def passages_read(self) -> int:
        """So many passages found are looked at for an answer."""
        return max(self.settings.retrieval.top_k, self.settings.answer.passages)

    def _within(self, filters: Filters) -> frozenset[str] | None:
        """The documents that may be quoted under ``filters``; ``None``: all."""
        from app.retrieve import allowed_documents

        return allowed_documents(self.index.documents(), filters, twins=twins_of(self.index))

    def _left_out(self, language: Language) -> str:
        """How many documents are not looked in because they are not in force."""
        from ingest.validity import holds

        number = sum(not holds(record) for record in self.index.documents())
        return text_in(language, "notInForce").format(n=number) if number else ""

    def parts(self) -> tuple[Retriever, QuotingAnswerer]:
        """What finds and what answers, over the index that serves."""
        with self._opening:
            index = self.index
            if self._retriever is None or self._answerer is None:
                from app.answer import QuotingAnswerer
                from app.retrieve import Retriever

                self._retriever = Retriever(index, self.embedder, self.settings)
                self._answerer = QuotingAnswerer(index, self.settings)
            return self._retriever, self._answerer


def _model(settings: Settings) -> LanguageModel | None:
    if settings.llm.base_url is None:
        return None
    from app.language_model.client import LanguageModel

    return LanguageModel(settings.llm)


def _ms(seconds: float) -> float:
    return round(seconds * 1000, 1)
