"""The few words of ours around quotes, in Chinese and English."""

from __future__ import annotations

from collections.abc import Sequence

from app.dated import outdated_words, version_words
from app.types import Citation, Statement
from ingest.language import Language

_FRAME = {
    "zh": {
        "sources": "依据：",
        "further": "另见：",
        "case": "· ",
        "provisions": "条文：",
        "open": "这个问题像是接着别的话问的，单独看不出问的是哪件事。"
        "请把文件、地区或事项说完整，例如：\n{examples}",
        "points": "不止一处有“一是、二是”这样的分点，请说明问的是哪一处，例如：\n{examples}",
        "basis": "，根据《{title}》制定",
        "noted": "（{said}）",
        "region": "{region}：",
        "elsewhere": "限定的范围内没有答案；不限范围时有，见{place}。",
        "nowhere": "限定的范围内没有答案，不限范围也没有。",
        "repaired": "（原文有编码修复，请核对）",
        "page": "（第{page}页）",
        "scan": "（文字由扫描件识别，请核对原件）",
        "unverified": "（未核实）",
        "none": "资料库中没有能回答这个问题的内容。",
        "covers": "资料库现有{count}份文件。",
        "understood": "按“{words}”查找过。",
        "near": "最接近的是{place}，但不能视为答案。",
        "suggest": "可以写明文件名称、地区或年份，或者换一种说法再问。",
        "by_name": "如果问的就是这一条，可以写明它的名称再问；也可以换一种说法。",
        "lacking": "资料库中没有《{name}》，可以先添加该文件，或者不写文件名称、换一种说法再问。",
        "empty": "资料库还没有文件。",
        "instead": "资料库中的说法是：",
        "based": "上一个答案的依据：{names}。",
        "absent": "{name}不在资料库中，无法对比。",
        "silent": "{name}中没有找到相应的规定。",
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
        "case": "· ",
        "provisions": "The provisions:",
        "open": "This question seems to continue another one: alone it does not say what it is "
        "about. Please name the document, the place or the matter, for example:\n{examples}",
        "points": "More than one section counts its points so. Please say which one you mean, "
        "for example:\n{examples}",
        "basis": ", made under {title}",
        "noted": " ({said})",
        "region": "{region}: ",
        "elsewhere": "Nothing within the limits set answers this; without them {place} does.",
        "nowhere": "Nothing within the limits set answers this, and nothing without them.",
        "page": " (page {page})",
        "scan": " (recognised in a scan: compare the original)",
        "repaired": " (damaged characters were repaired; check the original)",
        "unverified": " (not verified)",
        "none": "The corpus holds no answer to this question.",
        "covers": "It has {count} documents.",
        "understood": "Looked for: {words}.",
        "near": "The nearest is {place}; it is not an answer.",
        "suggest": "Please name the document, the place or the year, or put it in other words.",
        "by_name": "If that is what you mean, ask for it by its name, or put it in other words.",
        "lacking": "The corpus has no 《{name}》: add it, or ask without it, in other words.",
        "empty": "The corpus has no documents yet.",
        "instead": "What the corpus says instead: ",
        "based": "The last answer rests on {names}.",
        "absent": "{name} is not in the corpus and cannot be compared.",
        "silent": "Nothing on this was found in {name}.",
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


def shown_statement(statement: Statement, language: Language = "zh") -> str:
    """What a statement says, after the region whose rule it is and the document's name."""
    known = f"{statement.region}{statement.named}"
    whose = frame("region", language, region=known) if known else ""
    return f"{whose}{statement.text}"


def answer_text(
    statements: Sequence[Statement],
    citations: Sequence[Citation],
    kinds: dict[str, str | None],
    language: Language = "zh",
) -> str:
    """The answer as shown: the line that answers and its cases, then statements with their [n],
    each side of a comparison under its name, those beside the answer after 另见, then the sources.

    :param kinds: the kind of each cited document by id; named where several documents are cited.
    """
    lines: list[str] = []
    beside, about = False, ""
    for place, statement in enumerate(statements):
        if statement.about != about:
            about = statement.about
            lines += ["", about] if lines else [about]
        if statement.further and not beside:
            beside = True
            lines += ["", frame("further", language)]
        if place and statements[place - 1].direct and not statement.direct:
            lines += ["", frame("provisions", language)]
        marks = "".join(f"[{n}]" for n in statement.citations)
        doubt = "" if statement.verified else frame("unverified", language)
        cited = [c for c in citations if c.n in statement.citations]
        old = outdated_words(statement.text, cited, language)
        noted = frame("noted", language, said=old) if old else ""
        case = frame("case", language) if place and statement.direct else ""
        lines.append(f"{case}{shown_statement(statement, language)}{doubt}{marks}{noted}")
    several = len({c.document for c in citations}) > 1
    lines += ["", frame("sources", language)]
    for c in citations:
        kind = kinds.get(c.document)
        told = frame(kind, language) if several and kind in _FRAME["zh"] and kind else ""
        told += frame("basis", language, title=c.basis) if c.basis else ""
        named = f"（{told.lstrip('，, ')}）" if told else ""
        notes = frame("page", language, page=c.page) if c.page else ""
        notes += frame("scan", language) if c.recognised else ""
        version = version_words(c, language)
        notes += frame("noted", language, said=version) if version else ""
        notes += frame("repaired", language) if c.repaired else ""
        lines.append(f"{c.official}{named}{notes} — [{c.n}]")
    return "\n".join(lines)


def back_text(key: str, examples: Sequence[str], language: Language = "zh") -> str:
    """What is asked back: ``open`` for a question that does not say what it is about, ``points``
    for one that fits several sections."""
    return frame(key, language, examples="\n".join(examples))


def refusal_text(
    count: int,
    words: Sequence[str],
    nearest: str,
    instead: str,
    language: Language = "zh",
    lacking: str = "",
) -> str:
    """What is said where the corpus has no answer: what was looked for, what comes nearest, and
    the one thing that can be done.

    :param words: of the question; ``nearest`` the place nearest to an answer, ``instead`` what
        the corpus says in place of a premise that does not hold, both empty where there is none.
    :param lacking: the title of a document that is asked for and not here.
    """
    if not count:
        return frame("none", language) + frame("empty", language)
    space = "" if language == "zh" else " "
    parts = [frame("none", language)]
    if instead:
        parts.append(frame("instead", language) + instead)
    if words:
        joined = (" " if language == "zh" else ", ").join(words)
        parts.append(frame("understood", language, words=joined))
    parts.append(frame("covers", language, count=count))
    if nearest and not instead:
        parts.append(frame("near", language, place=nearest))
    if lacking:
        parts.append(frame("lacking", language, name=lacking))
    else:
        parts.append(frame("by_name" if nearest and not instead else "suggest", language))
    return space.join(parts)
