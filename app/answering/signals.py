"""What speaks for and against a unit as the answer: one number for each signal.

The signals are of the words (how much of the question the unit, its article and its headings
hold), of the meaning, of the kind of answer wanted, and of the place the unit stands in: whether
its document is about what the question is about, whether it lays down a rule or a penalty. They
are learned from in ``models/train_selector.py`` and weighed by :mod:`app.answering.select`.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass
from itertools import pairwise
from operator import mul

import numpy as np

from app.answering.facts import facts
from app.answering.intent import Question, Want, answers, forms, is_generic, type_match
from app.answering.places import places, province
from app.answering.sentences import Source, Unit
from app.answering.vocabulary import Vocabulary, plain, presence
from app.types import Hit

CONTEXT = 0.75
"""What a word counts that stands only in the headings or lead-in above."""
TITLE = 0.6
"""What it counts in the document's title."""
NEARBY = 0.55
"""What it counts elsewhere in the passage."""
GENERIC = 0.4
"""What a word counts that names only the kind of thing asked for (期限, 条件)."""
OPENING = 14
"""Official sentences open with whom or what they are about: so many characters."""

PROCUREMENT = re.compile(r"政府采购|采购|政府购买服务")
_PARTIES = re.compile(r"政府采购|购买服务|采购人|供应商")
_BIDDING = re.compile(r"招标投标(?!管理办法)")
_SUBJECT = (
    re.compile(
        r"(?:什么是|什么叫做?|何谓|何为|怎么(?:理解|界定|认定)|如何(?:理解|界定|认定))([^，。？?]{2,14}?)(?:[，。？?]|$)"
    ),
    re.compile(
        r"^[^，。]{0,6}?([\u4e00-\u9fff“”]{2,14}?)(?:一般|具体|到底|究竟|通常|分别)?(?:是(?:什么|啥|谁|指)|指(?:的是|哪|什么|谁)|"
        r"(?:怎么|如何)(?:理解|界定|认定)|包括哪|的?(?:定义|含义|概念)|有?哪(?:几|些)(?:类|种|个)|有哪些[？?]?$)"
    ),
)
_WORKS = re.compile(r"工程|建设|施工|招标人")
_OLD = re.compile(r"旧|原来|原先|以前|之前的|修订前|修改前|修正前|老版|老条例|老法")
_PENALTY = re.compile(r"罚款|处分|责令|没收|吊销|追究|警告|通报|列入不良行为")
_ASKS_PENALTY = re.compile(
    r"罚|处分|责任|后果|会怎样|会怎么样|怎么处理|如何处理|拉黑|黑名单|追究|处理"
)
_REFERS = re.compile(r"^(?:有?前款|本法第|本条例第|本办法第|依照|违反|按照前)")
_WANTS: tuple[Want, ...] = (
    "amount", "ratio", "number", "deadline", "date", "list", "yesno", "who", "how", "definition",
    "why",
)  # fmt: skip
_KINDS = ("law", "regulation", "local-regulation", "rule", "interpretation", "document", "news")

OWN = (
    "coverage", "own", "meaning", "fits", "found", "probability", "heading", "figures", "opening",
    "density", "article", "rarest", "pairs", "run", "first", "elsewhere", "here", "local",
    "off_subject", "procurement", "parties", "titled", "superseded", "long", "sentence", "list",
    "item", "point", "row", "penalty", "penalty_asked", "penalty_unasked", "refers", "general",
    "named", "exact", "defines", "lead", "lead_kind", "by_figure", "to_the_point", "works_asked",
    "works_unasked", "procurement_works",
)  # fmt: skip
"""Signals of a unit alone."""
_RELATIVE = (
    "coverage", "own", "meaning", "article", "pairs", "probability", "heading", "defines", "lead",
    "by_figure", "to_the_point", "fits",
)  # fmt: skip
SIGNALS = (
    *OWN,
    "article_meaning",
    "article_meaning_mean",
    "article_meaning_below_best",
    *(f"{name}_below_best" for name in _RELATIVE),
    *(f"kind_{kind}" for kind in _KINDS),
    *(f"wants_{want}" for want in _WANTS),
    *(f"answers_{want}" for want in _WANTS),
)
"""All signals, in the order of the columns."""


@dataclass(frozen=True, slots=True)
class Candidate:
    """A unit of a passage found; ``rank`` counts passages from 0, ``meaning`` is the cosine."""

    unit: Unit
    hit: Hit
    source: Source
    rank: int
    meaning: float


class Signals:
    """Reads the signals of candidates for one question."""

    def __init__(self, question: Question, vocabulary: Vocabulary) -> None:
        self.question = question
        self.vocabulary = vocabulary
        self.places = set(places(question.text))
        self.works = bool(_WORKS.search(question.text))
        self.old = asks_for_old(question)
        self.penalty = bool(_ASKS_PENALTY.search(question.text))
        self._pairs = {a + b for a, b in pairwise(plain(question.text))}
        self._plain = "".join(question.terms)
        asked = self._pairs | {
            a + b for term in question.terms for form in forms(term) for a, b in pairwise(form)
        }
        self._asked_pairs = [(pair, vocabulary.weight(pair)) for pair in asked]
        self._subject = subject(question.text)
        self._rarest = max(question.terms, key=vocabulary.weight, default="")
        self._weights = [
            vocabulary.weight(t) * (GENERIC if is_generic(t) else 1.0) for t in question.terms
        ]
        self._total = sum(self._weights)
        self._presences: dict[str, list[float]] = {}
        self._articles: dict[tuple[str, int], tuple[float, str]] = {}

    def matrix(self, candidates: Sequence[Candidate]) -> np.ndarray:
        """A row for each candidate, a column for each of ``SIGNALS``, float32."""
        if not candidates:
            return np.empty((0, len(SIGNALS)), np.float32)
        own = np.array([self._own(c) for c in candidates], np.float32)
        at = [OWN.index(name) for name in _RELATIVE]
        relative = own[:, at] - own[:, at].max(axis=0)
        kinds = np.array(
            [[c.source.record.metadata.kind == kind for kind in _KINDS] for c in candidates]
        )
        wants = np.array([want in self.question.wants for want in _WANTS])
        told = [
            [
                answers(want, c.unit.text, c.unit.kind) if want in self.question.wants else 0.0
                for want in _WANTS
            ]
            for c in candidates
        ]
        wanted = np.broadcast_to(wants, (len(candidates), len(_WANTS)))
        meanings = self._of_articles(candidates)
        return np.hstack([own, meanings, relative, kinds, wanted, np.array(told)]).astype(
            np.float32
        )

    def _of_articles(self, candidates: Sequence[Candidate]) -> np.ndarray:
        """The best and the mean meaning of the units of each candidate's article, and how far the
        best lies below that of all."""
        held: dict[tuple[str, int], list[float]] = {}
        keys = [article_of(c.source, c.unit.section) for c in candidates]
        for key, c in zip(keys, candidates, strict=True):
            held.setdefault(key, []).append(c.meaning)
        best = np.array([max(held[key]) for key in keys])
        mean = np.array([sum(held[key]) / len(held[key]) for key in keys])
        return np.column_stack([best, mean, best - best.max()])

    def coverage(self, text: str, context: str = "", title: str = "", near: str = "") -> float:
        """The weighted share of the question's words that a unit holds, from 0 to 1."""
        if not self._total:
            return 0.0
        here = self._held(text)
        for share, around in ((CONTEXT, context), (TITLE, title), (NEARBY, near)):
            if around:
                held = self._held(around)
                here = [a if a > share * b else share * b for a, b in zip(here, held, strict=True)]
        return sum(map(mul, self._weights, here)) / self._total

    def _held(self, text: str) -> list[float]:
        """How far a text holds each of the question's words."""
        known = self._presences.get(text)
        if known is None:
            known = self._presences[text] = [presence(t, text) for t in self.question.terms]
        return known

    def _own(self, c: Candidate) -> list[float]:
        unit, source, record = c.unit, c.source, c.source.record
        text, context = plain(unit.text), plain(unit.context)
        title = plain(f"{record.title} {record.metadata.region or ''}")
        share, article = self._article(source, unit.section)
        core = plain(source.text[slice(*unit.core)])
        of_document = set(places(record.title + (record.metadata.region or "")))
        penal = bool(_PENALTY.search(text))
        chapter = "".join(
            s.heading for s in source.paths.chain(unit.section) if s.kind == "chapter"
        )
        exact = {f.key for f in self.question.facts} & {f.key for f in facts(unit.text)}
        return [
            self.coverage(text, context, title, plain(c.hit.passage.text)),
            self.coverage(text),
            c.meaning,
            type_match(self.question, unit.text, unit.kind),
            1 / (1 + 0.12 * c.rank),
            c.hit.probability,
            self._in_heading(unit, source),
            self._same_figures(unit),
            self.coverage(core[:OPENING]),
            0.7 if unit.kind == "list" else min(1.0, 60 / max(len(text), 60)),
            share,
            presence(self._rarest, article) if self._rarest else 0.0,
            self._shared_pairs(text),
            self._run(text),
            float(article.startswith(text[:12])),
            self._elsewhere(of_document),
            float(bool(self.places & of_document)),
            float(not self.places and bool(of_document)),
            float(self._off_subject(c)),
            float(bool(PROCUREMENT.search(record.title))),
            float(bool(_PARTIES.search(c.hit.passage.text))),
            self.coverage(title),
            float(record.superseded and not self.old),
            min(len(text), 800) / 800,
            *(float(unit.kind == kind) for kind in ("sentence", "list", "item", "point", "row")),
            float(penal),
            float(penal and self.penalty),
            float(penal and not self.penalty),
            float(bool(_REFERS.match(core))),
            float(chapter in ("总则", "附则")),
            float(c.hit.explicit),
            min(len(exact), 3) / 3,
            self._defines(text),
            *self._lead(unit),
            self._by_figure(unit),
            self._to_the_point(text),
            float(self.works and bool(_BIDDING.search(record.title))),
            float(not self.works and bool(_BIDDING.search(record.title))),
            float(self.works and bool(PROCUREMENT.search(record.title))),
        ]

    def _defines(self, text: str) -> float:
        """Whether the unit says what the thing asked about is: 本法所称…, 是指…."""
        if not self._subject:
            return 0.0
        at = text.find(self._subject)
        if at < 0:
            return 0.0
        after = text[at + len(self._subject) :]
        if not re.match(
            r"[”，,]{0,2}(?:是指|指的?是|是(?!否|不|由|在|因|为了|非)|包括|，?即)", after
        ):
            return 0.0
        before = text[:at]
        return 1.0 if re.search(r"(?:^|[所。；]|所称|称的?)[“]?$", before) else 0.5

    def _lead(self, unit: Unit) -> tuple[float, float]:
        """How much of the question the lead-in of a list holds, and whether what it lists is what
        is asked for: 下列职责 for 哪些职责."""
        if unit.kind not in ("list", "item"):
            return 0.0, 0.0
        lead = plain(re.split(r"[:：\n]", unit.text, maxsplit=1)[0])
        total = sum(self.vocabulary.weight(t) for t in self.question.terms)
        held = sum(self.vocabulary.weight(t) * presence(t, lead) for t in self.question.terms)
        listed = re.search(r"(?:下列|以下|如下)([^，。；:：]{1,8})", lead)
        what = listed[1] if listed else ""
        kind = float(any(what[i : i + 2] in self.question.text for i in range(len(what) - 1)))
        return (held / total if total else 0.0), kind

    def _by_figure(self, unit: Unit) -> float:
        """How much of the question stands around a figure of the kind that is asked for."""
        wanted = self.question.wants & {"amount", "ratio", "number", "deadline", "date"}
        if not wanted:
            return 0.0
        text, best = unit.text, 0.0
        for fact in facts(text):
            shown = text[fact.start : fact.end]
            if max(answers(want, shown, "sentence") for want in wanted) < 0.7:
                continue
            around = text[max(0, fact.start - 40) : fact.end + 40]
            best = max(best, self.coverage(plain(around)))
        return best

    def _to_the_point(self, text: str) -> float:
        """The weighted share of the unit's character pairs that the question or the official words
        for it hold."""
        text = text[:400]
        have = sum([weight for pair, weight in self._asked_pairs if pair in text])
        return have / max(self.vocabulary.total(text), 1e-9)

    def _article(self, source: Source, section: int) -> tuple[float, str]:
        """How much of the question the article, point or headed part holds, and its text."""
        key = article_of(source, section)
        if key not in self._articles:
            owner = source.sections[key[1]]
            text = plain(source.text[owner.start : owner.end][:2000])
            self._articles[key] = (self.coverage(text), text)
        return self._articles[key]

    def _in_heading(self, unit: Unit, source: Source) -> float:
        for section in reversed(source.paths.chain(unit.section)):
            if section.heading and section.kind in ("heading", "point", "item", "subitem"):
                return self.coverage(plain(section.heading))
        return 0.0

    def _same_figures(self, unit: Unit) -> float:
        asked = {f.key for f in self.question.facts if f.kind in ("number", "ratio")}
        return len(asked & {f.key for f in facts(unit.text)}) / len(asked) if asked else 0.0

    def _shared_pairs(self, text: str) -> float:
        have = len([pair for pair in self._pairs if pair in text])
        return have / len(self._pairs) if self._pairs else 0.0

    def _run(self, text: str) -> float:
        """The longest run of characters that the question's words share with the unit."""
        asked, size = self._plain, 1
        for start in range(len(asked)):
            while (
                size < 10 and start + size < len(asked) and asked[start : start + size + 1] in text
            ):
                size += 1
        return size / 10 if size > 1 else 0.0

    def _elsewhere(self, of_document: set[str]) -> float:
        """1 where the document is about another place, less where about the province of it."""
        if not self.places or not of_document or self.places & of_document:
            return 0.0
        return 0.33 if {province(p) for p in self.places} & of_document else 1.0

    def _off_subject(self, c: Candidate) -> bool:
        """Whether a document is not about public procurement, where the question asks for none
        other."""
        title = c.source.record.title
        if PROCUREMENT.search(title) or self.places or self.works:
            return False
        return not any(term in title for term in self.question.terms)


def article_of(source: Source, section: int) -> tuple[str, int]:
    """The article or headed part that a section belongs to, as document and section."""
    chain = source.paths.chain(section)
    for above in reversed(chain):
        if above.kind in ("article", "point", "heading"):
            return source.id, above.index
    return source.id, chain[-1].index


def subject(question: str) -> str:
    """What a question asks the meaning of, empty where it asks for none: 暂估价 of 什么是暂估价."""
    for pattern in _SUBJECT:
        if found := pattern.search(question):
            return found[1].strip('“”"的')
    return ""


def asks_for_old(question: Question) -> bool:
    """Whether the question is about an earlier version."""
    return bool(_OLD.search(question.text)) or bool(question.years)
