"""The one line that tells a reader how an answer of the language model came about."""

from __future__ import annotations

from collections.abc import Mapping

from app.verify import Why
from ingest.language import Language

_WHY: dict[Why, tuple[str, str]] = {
    "uncited": ("{n} with no source", "{n} 句没有出处"),
    "uncovered": ("{n} that the source does not say", "{n} 句不见于原文"),
    "contradicts": ("{n} that contradicted the source", "{n} 句与原文相反"),
    "empty": ("{n} that said nothing", "{n} 句没有内容"),
}


def waiting_for(model: str, language: Language) -> str:
    """While the model writes and the quotes are shown."""
    if language == "en":
        return f"Quoted from the sources; the language model {model} is writing."
    return f"以下为原文摘录，语言模型 {model} 正在撰写。"


def written_by(
    model: str, left_out: Mapping[Why, int], marked: int, cut: str, language: Language
) -> str:
    """Under an answer of the model.

    :param left_out: why how many sentences are not shown.
    :param marked: so many are shown as unproved.
    :param cut: why it broke off, ``""`` if it did not.
    """
    reasons = reasons_of(left_out, language)
    if language == "en":
        line = f"Written by the language model {model}"
        whole = not reasons and not marked and not cut
        line += " and checked sentence by sentence against the sources." if whole else "."
        line += f" Left out: {reasons}; what is shown passed the check." if reasons else ""
        line += f" Not proved: {marked}, marked so." if marked else ""
        return line + (f" Note: {cut}." if cut else "")
    line = f"由语言模型 {model} 撰写"
    line += "，已逐句与所引原文核对。" if not reasons and not marked and not cut else "。"
    line += f"略去 {reasons}；留下的通过了核对。" if reasons else ""
    line += f"有 {marked} 句未核实，已标明。" if marked else ""
    return line + (f"注意：{cut}。" if cut else "")


def quoting_because(reason: str, language: Language) -> str:
    """Where the model's answer is not shown."""
    if language == "en":
        return f"The language model's answer is not used: {reason}. This one quotes the sources."
    return f"未采用语言模型的回答：{reason}。以上为原文摘录。"


def unproved(left_out: Mapping[Why, int], marked: int, language: Language) -> str:
    """The reason where too little of what the model wrote is proved."""
    if not left_out and not marked:
        return "it wrote nothing" if language == "en" else "没有写出内容"
    whole = {**left_out, "uncited": left_out.get("uncited", 0) + marked}
    reasons = reasons_of({why: n for why, n in whole.items() if n}, language)
    return f"sentences: {reasons}" if language == "en" else reasons


def reasons_of(left_out: Mapping[Why, int], language: Language) -> str:
    """How many sentences fell for which reason."""
    lines = [_WHY[why][language == "zh"].format(n=n) for why, n in left_out.items() if n]
    return (", " if language == "en" else "、").join(lines)


def found_nothing(language: Language) -> str:
    """Where the model refused and the quotes are weak."""
    if language == "en":
        return "The language model found no answer in the passages."
    return "语言模型认为找到的段落没有回答这个问题。"


def refused_wrongly(language: Language) -> str:
    """The reason where it refused though the evidence is strong."""
    if language == "en":
        return "it found no answer, but the sources hold one"
    return "它认为没有答案，而原文中有"


def less_apt(language: Language) -> str:
    """The reason where the quotes answer better by the reader's measure."""
    if language == "en":
        return "the quotes answer the question better"
    return "原文摘录更切合问题"
