"""The few words of ours around quotes, in Chinese and English."""

from __future__ import annotations

from collections.abc import Sequence

from app.types import Citation, Statement
from ingest.language import Language

_FRAME = {
    "zh": {
        "sources": "依据：",
        "further": "另见：",
        "open": "这个问题像是接着别的话问的，单独看不出问的是哪件事。"
        "请把文件、地区或事项说完整，例如：\n{examples}",
        "points": "不止一处有“一是、二是”这样的分点，请说明问的是哪一处，例如：\n{examples}",
        "basis": "，根据《{title}》制定",
        "superseded": "（旧版本，已有新版本）",
        "repaired": "（原文有编码修复，请核对）",
        "page": "（第{page}页）",
        "unverified": "（未核实）",
        "none": "资料库中没有能回答这个问题的内容。",
        "covers": "资料库现有{count}份文件，例如{titles}。",
        "empty": "资料库还没有文件。",
        "nearest": "最接近的内容见下方，但不能视为答案。",
        "instead": "资料库中的说法是：",
        "law": "法律",
        "regulation": "行政法规",
        "local-regulation": "地方性法规",
        "rule": "部门规章",
        "interpretation": "司法解释",
        "document": "规范性文件",
        "news": "新闻",
        "tender-notice": "采购公告",
        "award-notice": "结果公告",
        "tender-document": "采购文件",
        "complaint-decision": "投诉处理决定",
        "contract": "合同",
    },
    "en": {
        "sources": "Sources:",
        "further": "See also:",
        "open": "This question seems to continue another one: alone it does not say what it is "
        "about. Please name the document, the place or the matter, for example:\n{examples}",
        "points": "More than one section counts its points so. Please say which one you mean, "
        "for example:\n{examples}",
        "basis": ", made under {title}",
        "superseded": " (earlier version; a newer one exists)",
        "page": " (page {page})",
        "repaired": " (damaged characters were repaired; check the original)",
        "unverified": " (not verified)",
        "none": "The corpus holds no answer to this question.",
        "covers": "It has {count} documents, such as {titles}.",
        "empty": "The corpus has no documents yet.",
        "nearest": "The nearest passages are shown below; they are not an answer.",
        "instead": "What the corpus says instead: ",
        "law": "law",
        "regulation": "administrative regulation",
        "local-regulation": "local regulation",
        "rule": "departmental rule",
        "interpretation": "judicial interpretation",
        "document": "policy document",
        "news": "news",
        "tender-notice": "tender notice",
        "award-notice": "award notice",
        "tender-document": "tender document",
        "complaint-decision": "complaint decision",
        "contract": "contract",
    },
}


def frame(key: str, language: Language = "zh", **values: object) -> str:
    """One of our phrases."""
    return _FRAME[language][key].format(**values)


def answer_text(
    statements: Sequence[Statement],
    citations: Sequence[Citation],
    kinds: dict[str, str | None],
    language: Language = "zh",
) -> str:
    """The answer as shown: statements with their [n], those beside it after 另见, then the sources.

    :param kinds: the kind of each cited document by id; named where several documents are cited.
    """
    lines: list[str] = []
    beside = False
    for statement in statements:
        if statement.further and not beside:
            beside = True
            lines += ["", frame("further", language)]
        marks = "".join(f"[{n}]" for n in statement.citations)
        doubt = "" if statement.verified else frame("unverified", language)
        lines.append(f"{statement.text}{doubt}{marks}")
    several = len({c.document for c in citations}) > 1
    lines += ["", frame("sources", language)]
    for c in citations:
        kind = kinds.get(c.document)
        told = frame(kind, language) if several and kind in _FRAME["zh"] and kind else ""
        told += frame("basis", language, title=c.basis) if c.basis else ""
        named = f"（{told.lstrip('，, ')}）" if told else ""
        notes = frame("page", language, page=c.page) if c.page else ""
        notes += frame("superseded", language) if c.superseded else ""
        notes += frame("repaired", language) if c.repaired else ""
        lines.append(f"{c.official}{named}{notes} — [{c.n}]")
    return "\n".join(lines)


def back_text(key: str, examples: Sequence[str], language: Language = "zh") -> str:
    """What is asked back: ``open`` for a question that does not say what it is about, ``points``
    for one that fits several sections."""
    return frame(key, language, examples="\n".join(examples))


def refusal_text(
    count: int, titles: Sequence[str], nearest: bool, instead: str, language: Language = "zh"
) -> str:
    """What is said where the corpus has no answer.

    :param titles: a few titles the corpus has; ``instead`` what it says in place of a premise
        that does not hold, empty where there is none.
    """
    if not count:
        return frame("none", language) + frame("empty", language)
    joined = "、".join(titles) if language == "zh" else ", ".join(titles)
    space = "" if language == "zh" else " "
    parts = [frame("none", language)]
    if instead:
        parts.append(frame("instead", language) + instead)
    parts.append(frame("covers", language, count=count, titles=joined))
    if nearest and not instead:
        parts.append(frame("nearest", language))
    return space.join(parts)
