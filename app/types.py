"""The nouns of answering: what a question becomes on its way to the reader."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from ingest.document import Metadata, Passage
from ingest.validity import date_in

if TYPE_CHECKING:
    from ingest.storage.catalogue import DocumentRecord


@dataclass(frozen=True, slots=True)
class Filters:
    """Limits that a reader sets on the documents searched; ``None`` or empty means any.

    ``year`` keeps documents published, effective or versioned in it; ``since`` and ``until`` (ISO
    dates, both included) those with such a date between them. ``region`` keeps what is of that
    region or of the whole country. ``in_force`` leaves out what is
    known to be superseded, repealed, expired or not yet in force. ``documents`` are document ids.
    """

    kind: str | None = None
    issuer: str | None = None
    region: str | None = None
    level: str | None = None
    year: int | None = None
    in_force: bool = False
    documents: tuple[str, ...] = ()
    since: str | None = None
    until: str | None = None


@dataclass(frozen=True, slots=True)
class Hit:
    """A passage found for a question.

    ``score`` orders hits (higher is better, comparable within one search only); ``dense`` is the
    cosine similarity, ``lexical`` the BM25 score, 0.0 where that stage did not find it.
    ``probability`` estimates that the passage bears on the question, in [0, 1].
    ``explicit`` is true where the question names this very section, ``verbatim`` where the passage
    holds the whole question word for word. ``alike`` is the cosine of the reader's encoder,
    ``None`` where no vector is kept. ``replaced_by`` is as a :class:`Citation` has it.
    """

    passage: Passage
    title: str
    metadata: Metadata
    source: str
    score: float
    dense: float = 0.0
    lexical: float = 0.0
    probability: float = 0.0
    explicit: bool = False
    superseded: bool = False
    verbatim: bool = False
    alike: float | None = None
    replaced_by: str = ""

    @property
    def dated(self) -> str:
        """The date of the document's version (ISO), empty where it is not known."""
        return date_in(self.metadata) or ""

    @classmethod
    def at(cls, record: DocumentRecord, passage: Passage) -> Hit:
        """A passage that is there for where it stands, not for what a search says of it."""
        return cls(
            passage=passage,
            title=record.title,
            metadata=record.metadata,
            source=record.source,
            score=0.0,
            superseded=record.superseded,
        )


@dataclass(frozen=True, slots=True)
class Outdated:
    """A text that a cited place names though it was replaced ``by`` another on the day ``since``
    (ISO, empty where it is not known)."""

    name: str
    by: str
    since: str


@dataclass(frozen=True, slots=True)
class Elsewhere:
    """Another copy of a cited document's text; ``url`` is empty where none is known."""

    document: str
    title: str
    source: str
    url: str = ""


@dataclass(frozen=True, slots=True)
class Citation:
    """A place in a document that proves a statement.

    ``text == document.text[start:end]``; it is the smallest section (cut at its passage) that
    holds every sentence quoted from it. ``section`` is the path as a reader writes it, without
    the title; ``official`` is the whole reference in the form of official writing. ``n`` counts
    from 1 in the order of first use within one answer. ``basis`` is the title of another cited
    document that this one says it was made under (根据《…》制定), empty where it names none.
    ``dated`` is the date of the document's version (ISO) and ``replaced_by`` title and date of what
    took a superseded one's place, each empty where it is not known; ``outdated`` are the texts that
    ``text`` names though they were replaced.
    ``page`` is the page (from 1) on which it begins, ``None`` where the format has none;
    ``recognised`` says that its text was recognised in a scan and may be wrong.
    ``also_at`` are other copies of the document's text.
    """

    n: int
    document: str
    title: str
    section: str
    official: str
    text: str
    start: int
    end: int
    source: str
    content_hash: str
    passage: str
    superseded: bool = False
    repaired: bool = False
    url: str | None = None
    basis: str = ""
    dated: str = ""
    replaced_by: str = ""
    outdated: tuple[Outdated, ...] = ()
    page: int | None = None
    recognised: bool = False
    also_at: tuple[Elsewhere, ...] = ()


@dataclass(frozen=True, slots=True)
class Quote:
    """The run of a document that a statement repeats: ``document.text[start:end]``."""

    document: str
    start: int
    end: int


@dataclass(frozen=True, slots=True)
class Statement:
    """One sentence (or list) of an answer, with the numbers of the citations that prove it.

    ``quotes`` are the slices it repeats; empty where a language model wrote it.
    ``verified`` is false where the check of figures, dates, names and negation failed;
    ``score`` is the share of its checks that it passed, from 0 to 1. ``further`` is true where it
    stands beside the answer (另见); such statements come last. ``direct`` is true of the line that
    answers and of the cases in which it differs, which come first; what they are taken from follows
    whole. ``about`` names the one of several
    things compared that it speaks of. ``region`` is the place whose rule or news it is, where the
    question names none, and ``named`` which of several notices or versions of one kind; both are
    shown before ``text`` and no part of it.
    """

    text: str
    citations: tuple[int, ...]
    quotes: tuple[Quote, ...] = ()
    verified: bool = True
    score: float = 1.0
    further: bool = False
    direct: bool = False
    about: str = ""
    region: str = ""
    named: str = ""


@dataclass(frozen=True, slots=True)
class Answer:
    """What the reader gets.

    ``text`` is the answer as shown, each statement followed by its ``[n]``; for an abstention it
    says so and what was looked for. ``nearest`` are the passages closest to a question that was
    refused. ``evidence`` is ``strong``, ``weak`` or ``none``, by ``probability``, which estimates
    that the place cited first answers (of a refusal, the nearest place). ``timings_ms`` maps a
    stage (``retrieve``, ``answer``, ``total``) to milliseconds. ``standalone`` is the question as
    searched, after a follow-up was completed from the conversation. ``notice`` is one line for
    the reader about how the answer came about (e.g. the language model was not reachable).
    ``score`` is the mean score of the statements. ``aside`` is true where nothing was refused,
    though nothing is quoted: a greeting is returned, or the question is asked back.
    """

    question: str
    text: str
    abstained: bool
    statements: tuple[Statement, ...] = ()
    citations: tuple[Citation, ...] = ()
    nearest: tuple[Hit, ...] = ()
    evidence: str = "none"
    probability: float = 0.0
    standalone: str = ""
    notice: str = ""
    timings_ms: dict[str, float] = field(default_factory=dict)
    score: float = 1.0
    aside: bool = False

    @property
    def refused(self) -> bool:
        """Whether something was asked that the corpus does not answer."""
        return self.abstained and not self.aside


@dataclass(frozen=True, slots=True)
class Turn:
    """One exchange of a conversation: what was asked and what was answered."""

    question: str
    answer: Answer
