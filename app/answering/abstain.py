"""When the corpus has no answer: estimated evidence, and contradictions that no score outweighs.

The evidence is a logistic estimate from what the best unit holds of the question, how near it is
in meaning, and the retriever's own estimate; its weights were learned by
``models/train_evidence.py``. Beside it stand rules of official writing: a question
about a place, a year, a law or a figure is not answered by text about another.
"""

from __future__ import annotations

import math
import re
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path

import numpy as np

from app.answering.facts import Fact, bare_name, facts
from app.answering.holdings import Holdings
from app.answering.intent import Question, Want, answers, focus
from app.answering.learned import read_learned
from app.answering.places import named_regions, places, province
from app.answering.select import Scored
from app.answering.signals import subject
from app.answering.vocabulary import plain, presence
from ingest.settings import PROJECT

FILE = PROJECT / "models" / "selector" / "evidence.json"
FEATURES = ("held", "held_near", "focus_near", "meaning", "fits", "probability", "best_probability")
"""What the estimate is made of: the share of the question's words that the unit holds (with its
headings), that which its passage holds, the word for the thing asked for, nearness in meaning,
being the kind of thing asked for, the retriever's probability for it and for its best hit."""

NEARLY = 3.5
"""How far below the best a unit may score that is preferred to it, see :func:`fitting_first`
(chosen on the choosing questions)."""

_TRIED = 8
"""So many of the best units are looked at for one that has evidence, see :func:`founded_first`."""

_HYPOTHETICAL = re.compile(
    r"如果|假如|假设|若|比如|例如|譬如|万一|要是|一旦|的话|以上|以下|超过|不足|不到|以内|之内|起步|左右|能不能|可不可以|"
    r"吗|是否|能否|可否|是不是|有没有|要不要|会不会|多少|几|多久|的(?:项目|合同|采购|货物|服务|工程|标)"
)
_BOUND = re.compile(
    r"以上|以下|以内|不得|不少于|不低于|不超过|超过|至少|最多|最长|最低|最高|限额|标准|应当|至"
)


_BODY = re.compile(r"(?:机构|当事人|专家|人员|师)$")
"""Who acts: the words whose kinds each field of law has for itself."""
_MEASURED = re.compile(r"(?:多少|几)(?:个)?([家次人名位])")
_PEOPLE = "人名位"
_NO_COUNT = "工作日|自然日|月|小时|年度|百分点"
_NUMERAL = r"[\d〇一二两三四五六七八九十百千万亿]"


@dataclass(frozen=True, slots=True)
class Judgement:
    """``evidence`` estimates from 0 to 1 that the corpus answers. ``conflict`` names what rules it
    out whatever the estimate (``""``: nothing). ``instead`` is the unit that says otherwise than a
    figure which the question takes for granted."""

    evidence: float
    conflict: str = ""
    instead: Scored | None = None


def judge(question: Question, ranked: Sequence[Scored], holdings: Holdings) -> Judgement:
    """Whether the best of ``ranked`` answers the question."""
    if not ranked:
        return Judgement(0.0, "nothing found")
    best = ranked[0]
    evidence = estimate(question, ranked, holdings)
    if conflict := contradiction(question, best, holdings):
        return Judgement(evidence, conflict)
    wrong = _wrong_premise(question, ranked)
    if wrong is not None:
        return Judgement(evidence, "figure", wrong)
    return Judgement(evidence)


def fitting_first(question: Question, ranked: Sequence[Scored], holdings: Holdings) -> list[Scored]:
    """``ranked`` without units on another kind of thing, if others are left, and with the first
    unit in front that is of the place, the year and the document asked about, stands where the
    rarest word of the question stands, says what the thing asked about is, or has the figure, share
    or length of time asked for, if the best does not and that one is nearly as good."""
    ranked = [s for s in ranked if not _kind_conflict(question, s)] or ranked
    if not ranked:
        return []
    if contradiction(question, ranked[0], holdings):
        ranked = _first(question, ranked, holdings, lambda s: True)
    if (rarest := _rarest(question, holdings)) and not presence(rarest, _around(ranked[0])):
        ranked = _first(question, ranked, holdings, lambda s: presence(rarest, _around(s)) == 1)
    best = ranked[0]
    if subject(question.text) and best["defines"] < 1:
        return _first(question, ranked, holdings, lambda s: s["defines"] == 1)
    if _form_conflict(question, best, best.unit.text):
        return _first(
            question, ranked, holdings, lambda s: not _form_conflict(question, s, s.unit.text)
        )
    return list(ranked)


def founded_first(
    question: Question, ranked: Sequence[Scored], holdings: Holdings, enough: float
) -> list[Scored]:
    """``ranked`` with the first unit in front that has evidence of ``enough``, if the best has less
    and that one is nearly as good: what reads best for a question may be about something else,
    while the next is what it asks for."""
    if not ranked or _wrong_premise(question, ranked) is not None:
        return list(ranked)

    def founded(scored: Scored) -> bool:
        others = [other for other in ranked if other is not scored]
        return estimate(question, [scored, *others], holdings) >= enough

    return _first(question, ranked[:_TRIED], holdings, founded) + list(ranked[_TRIED:])


def _rarest(question: Question, holdings: Holdings) -> str:
    """The word of the question that the collection has least of; ``""`` if it has no word."""
    return max(question.terms, key=holdings.vocabulary.weight, default="")


def _around(scored: Scored) -> str:
    """The passage of a unit with its headings and title, as words are looked for in it."""
    passage = scored.hit.passage
    return plain(" ".join((passage.text, *passage.path, scored.source.record.title)))


def _first(
    question: Question,
    ranked: Sequence[Scored],
    holdings: Holdings,
    fits: Callable[[Scored], bool],
) -> list[Scored]:
    """``ranked`` with the first that fits in front, if it is nearly as good as the best."""
    for place, scored in enumerate(ranked):
        if scored.score < ranked[0].score - NEARLY:
            break
        if fits(scored) and not contradiction(question, scored, holdings):
            return [scored, *ranked[:place], *ranked[place + 1 :]]
    return list(ranked)


def contradiction(question: Question, scored: Scored, holdings: Holdings) -> str:
    """What rules a unit out whatever its score: it is of another place, name, year or form than
    the question asks for; ``""`` if nothing."""
    return (
        _place_conflict(question, scored)
        or _name_conflict(question, scored, holdings)
        or _year_conflict(question, scored)
        or _form_conflict(question, scored)
        or _kind_conflict(question, scored)
    )


@lru_cache(maxsize=4)
def weights(file: Path = FILE) -> tuple[np.ndarray, float]:
    """The learned weight of each of ``FEATURES``, float64, and the bias; see
    ``models/train_evidence.py``.

    :raises SettingsError: if the file is not there or does not fit.
    """
    return read_learned(
        file,
        "evidence",
        ("evidence is estimated", "评估依据的模型"),
        lambda learned: (
            np.array([float(learned["weights"][name]) for name in FEATURES]),
            float(learned["bias"]),
        ),
    )


def estimate(question: Question, ranked: Sequence[Scored], holdings: Holdings) -> float:
    """The probability that the best of ``ranked`` answers, by the calibrated logistic model."""
    learned, bias = weights()
    x = float(learned @ np.array(features(question, ranked, holdings))) + bias
    return 1 / (1 + math.exp(-x))


def features(question: Question, ranked: Sequence[Scored], holdings: Holdings) -> list[float]:
    """What the estimate is made of, in the order of ``FEATURES``."""
    best = ranked[0]
    around = _around(best)
    vocabulary = holdings.vocabulary
    weighed = [(vocabulary.weight(t), presence(t, around)) for t in question.terms]
    total = sum(w for w, _ in weighed)
    there = sum(w * p for w, p in weighed) / total if total else 0.0
    asked = focus(question)
    return [
        best.coverage,
        there,
        presence(asked, around) if asked else 1.0,
        best.meaning,
        best.fits,
        best.hit.probability,
        max(s.hit.probability for s in ranked),
    ]


_CONTACT = (
    (
        re.compile(r"(?:电话|手机号|热线)(?:号码)?(?:是|多少|怎么查|有哪)|联系电话"),
        re.compile(r"\d{3,4}-?\d{4,8}|\d{5}(?=热线)"),
    ),
    (re.compile(r"网址|网站地址|域名"), re.compile(r"https?://|www\.|\.(?:cn|com|org)")),
    (re.compile(r"邮箱|电子邮件地址"), re.compile(r"\S@\S")),
)
"""What is asked for by name and can be told by its form."""
_POST = re.compile(
    r"(主任|部长|厅长|局长|处长|省长|市长|县长|书记|主席|院长|校长|会长|经理)(?:是谁|叫什么|姓什么|的名字)"
)
_COUNTRY = re.compile(
    r"美国|英国|法国|德国|日本|韩国|俄罗斯|印度|加拿大|意大利|西班牙|澳大利亚|新西兰|新加坡|巴西|欧盟|瑞士|瑞典|荷兰|越南|泰国"
)


_COUNTED: dict[Want, re.Pattern[str]] = {
    "deadline": re.compile(
        r"(?:多少个?|几个?)(?:工作日|天|日|月|年|小时)|多久|多长时间|(?:期限|时限)(?:是|为|有)?(?:多[久长少])?[？?]?$"
    ),
    "ratio": re.compile(
        r"占比|百分之几|百分之多少|比重|(?:什么|多[少大高]的?)(?:比例|利率|税率|费率)|"
        r"(?:比例|利率|税率|费率)[^，。]{0,4}多少"
    ),
}
"""Questions that only a length of time, or only a share, can answer."""
_IN_YEARS = re.compile(r"(?:多少|几)年")
_LONG = re.compile(rf"{_NUMERAL}(?:个?月|(?<!\d{{4}})年)")


def _form_conflict(question: Question, best: Scored, text: str = "") -> str:
    """A figure, a telephone number, an address or a person's name is asked for, and the text (of
    the passage, if none is given) has none."""
    text = text or best.hit.passage.text
    exact = question.wants & {"amount", "ratio", "number"}
    if exact and not question.wants & {"yesno", "list", "date", "deadline"} and not best.fits:
        return "form"
    for want, asked in _COUNTED.items():
        if want in question.wants and asked.search(question.text) and answers(want, text, "") < 1:
            return "form"
    if "deadline" in question.wants and _IN_YEARS.search(question.text) and not _LONG.search(text):
        return "form"
    if measure := _MEASURED.search(question.text):
        counted = _PEOPLE if measure[1] in _PEOPLE else measure[1]
        if not re.search(rf"{_NUMERAL}(?:余|多)?(?:[{counted}]|个(?!{_NO_COUNT}))", plain(text)):
            return "form"
    for asked, told in _CONTACT:
        if asked.search(question.text) and not told.search(text):
            return "form"
    post = _POST.search(question.text)
    if post and not re.search(
        rf"{post[1]}[\u4e00-\u9fff]{{2,3}}(?:表示|说|介绍|指出|认为|强调|在)", text
    ):
        return "form"
    return ""


def _place_conflict(question: Question, best: Scored) -> str:
    abroad = _COUNTRY.search(question.text)
    if abroad and abroad[0] not in best.hit.passage.text:
        return "place"
    asked = places(question.text)
    unknown = [name for name in named_regions(question.text) if not places(name)]
    if not asked and not unknown:
        return ""
    record = best.source.record
    around = record.title + (record.metadata.region or "") + (record.metadata.issuer or "")
    around += record.source + best.hit.passage.text + best.unit.context
    if any(name not in around for name in unknown):
        return "place"
    here = set(places(around))
    missing = [p for p in asked if p not in here]
    if not missing or (len(missing) < len(asked) and _nested(asked)):
        return ""
    return "place"


def _nested(asked: Sequence[str]) -> bool:
    """四川成都: a province and a city in it are one place."""
    return len({province(p) for p in asked}) == 1


def _name_conflict(question: Question, best: Scored, holdings: Holdings) -> str:
    """A title in 《》 that neither is the document nor stands in the passage."""
    if not question.names:
        return ""
    text = bare_name(best.hit.passage.text + best.source.record.title + best.source.record.work)
    held = holdings.named_in(question.text)
    among = any(best.source.id in name.documents for name in held)
    others = {bare_name(name.shown.strip("《》")) for name in held} if among else set()
    for name in question.names:
        if name in text or text.startswith(name) or name in others:
            continue
        if bare_name(best.source.record.work) in name or _abbreviates(name, best):
            continue
        return "name"
    return ""


def _kind_conflict(question: Question, best: Scored) -> str:
    """Another kind of body than the one asked about, by the title: 专利代理机构 of the
    专利代理条例 for 代理机构. Does not hold for documents on procurement, whose bodies are
    meant unless others are named."""
    title, text = best.source.record.title, plain(best.unit.text)
    if not best["off_subject"]:
        return ""
    for term in filter(_BODY.search, question.terms):
        before = {
            text[max(0, m.start() - 2) : m.start()] for m in re.finditer(re.escape(term), text)
        }
        if before and all(
            len(word) == 2 and word in title and word not in question.text for word in before
        ):
            return "kind"
    return ""


def names_unknown_law(question: Question, holdings: Holdings) -> bool:
    """Whether the question names an article of a law in 《》 that is not here."""
    articles = any(f.kind == "article" and f.unit == "条" for f in question.facts)
    return articles and bool(question.names) and not holdings.named_in(question.text)


def _abbreviates(name: str, best: Scored) -> bool:
    """《条例》 for a document whose title ends so."""
    return len(name) <= 4 and (
        best.source.record.work.endswith(name) or f"《{name}》" in best.source.text
    )


def _year_conflict(question: Question, best: Scored) -> str:
    if not question.years:
        return ""
    m = best.source.record.metadata
    dates = " ".join(d for d in (m.published, m.effective, m.version) if d)
    passage = best.hit.passage
    near = f"{best.unit.text} {best.unit.context} {passage.text} {' '.join(passage.path)}"
    near += f" {best.source.record.title} {best.source.record.source} {dates}"
    return "" if all(year in near for year in question.years) else "year"


def _wrong_premise(question: Question, ranked: Sequence[Scored]) -> Scored | None:
    """A unit that gives another figure where the question takes one for granted."""
    best = ranked[0]
    rest = question.text
    taken = [
        f
        for f in question.facts
        if (f.kind in ("number", "ratio") and f.unit not in ("年", "个", "")) or f.kind == "ratio"
    ]
    if not taken or _HYPOTHETICAL.search(_without(rest, taken)):
        return None
    around = {f.key for f in facts(best.hit.passage.text)}
    for fact in taken:
        if fact.key in around:
            continue
        same = [f for f in facts(best.unit.text) if (f.kind, f.unit) == (fact.kind, fact.unit)]
        if same:
            return best
    return None


def _without(text: str, found: Sequence[Fact]) -> str:
    for fact in found:
        text = text.replace(fact.shown, "")
    return text
