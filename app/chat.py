"""Follow-ups made standalone from the conversation, without a language model.

A follow-up leaves out what is under discussion. What it leaves out is put back from the last
question as it was searched and from what its answer cited: a like word takes the place of its
like (那省级呢? after a question about 中央), a pronoun becomes the subject, 依据 the cited article,
第二点 the second point of the answer.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from itertools import pairwise

from app.answering.facts import facts
from app.answering.places import places
from app.answering.words import content_words
from app.types import Answer, Statement, Turn

_OPENS = re.compile(
    r"^(?:那么?|那如果|那要是|它|他们|她|其|该|这|此|上述|上面|前面|刚才|另外|还有|另|再|继续|接着|然后|以及|至于|如果|要是|换成|"
    r"具体|详细|展开|依据|根据|出处|法条|哪一?条|哪部|为什么|为何|什么时候|多久|多少|期限|有例外|例外|反过来|同样)"
)
_ENDS = re.compile(r"呢[？?]*$")
_PRONOUN = re.compile(
    r"它们|它|该项|该条|这一?条|这条规定|这个规定|这项规定|这种情况|这个|这种|这项|上述规定|上述|前述|此项|其(?!他|它|中|余)"
)
_ASKS_BASIS = re.compile(
    r"依据|出处|法条|哪一?条|哪部法|哪个(?:法|条例|办法|文件)|根据(?:是|什么|哪)|原文|原话|怎么规定的[？?]?$"
)
_ORDINAL = re.compile(
    r"第([一二三四五六七八九十\d]{1,3})(?:大?点|大?部分|项|个方面|个|条|方面|种|款|步|章|节)"
)
_POINTS = re.compile(r"(?:[一二三四五六七八九]是[、，,]?){2,}")
_POINT_PATH = re.compile(r"(?:“[一二三四五六七八九十]+是[^“”]*”)+$")
_DETAIL = re.compile(r"详细|具体|展开|细说|说说|讲讲|解释|什么意思|是什么|内容|再说|多说")
_LABEL = re.compile(
    r"(?:^|(?<=[\n。；;：:]))\s*(?:[（(][一二三四五六七八九十]{1,3}[)）]|[一二三四五六七八九十]{1,2}(?:是|、)|\d{1,2}[.．、])"
)
_TAIL = re.compile(r"[？?。！!，,\s]+$")
_FRAME = re.compile(
    r"^(?:那么?|至于|如果是|要是|换成|如果|对于?|关于|另外|还有|以及|再问一下|请问|反过来)|(?:又)?(?:呢|呀|啊|吧|怎么样|怎样|如何|怎么说)$|的话$|^(?:是|说)"
)

_CLASSES: tuple[tuple[str, ...], ...] = (
    ("中央预算", "地方预算"),
    ("中央级", "省级", "市级", "设区的市级", "县级", "乡镇"),
    ("中央", "地方", "省里", "市里", "县里"),
    (
        "采购人",
        "供应商",
        "采购代理机构",
        "代理机构",
        "集中采购机构",
        "评审专家",
        "评标委员会",
        "财政部门",
        "投标人",
        "中标人",
        "招标人",
        "投诉人",
        "被投诉人",
    ),
    (
        "机关、事业单位",
        "机关和事业单位",
        "机关事业单位",
        "事业单位",
        "机关",
        "国有大型企业",
        "大型企业",
        "中小企业",
        "团体组织",
    ),
    ("货物", "工程", "服务"),
    ("公开招标", "邀请招标", "竞争性谈判", "竞争性磋商", "询价", "单一来源", "框架协议"),
    ("询问", "质疑", "投诉", "行政复议", "行政诉讼"),
    ("投标保证金", "履约保证金", "质量保证金"),
    ("招标文件", "投标文件", "资格预审文件", "采购文件", "谈判文件"),
    ("最低评标价法", "综合评分法"),
    ("中标通知书", "中标结果", "中标公告", "招标公告", "资格预审公告", "采购意向"),
    ("直购", "议价", "竞价"),
    ("旧条例", "新条例", "旧版", "新版", "修订前", "修订后"),
    ("一般性审查", "重点审查"),
    ("技术要求", "商务要求"),
    ("未中标", "中标"),
    ("预付款", "进度款", "尾款"),
)
_ATTRIBUTES = re.compile(
    r"期限|时限|时间|金额|数额|标准|比例|条件|程序|流程|步骤|依据|后果|责任|处罚|罚款|例外|范围|方式|方法|内容|材料|义务|权利|部门|机构|"
    r"人数|要求|目的|原因|原则|措施|定义|含义|名单|价格|费用|情形|生效|施行|多久|多少|谁|几天|在哪"
)
_QUESTION_WORDS = re.compile(
    r"是多少|多少(?:钱|元|天|日|个工作日|家|人|个|次)?|在?多久(?:内|之内)?|在?几(?:天|日|个工作日|个月|年|家|人|个)(?:内|之内)?|"
    r"什么时候|何时|是?什么(?:时间)?|有?哪些|哪几(?:个|种|类|项)?|哪个|哪里|哪一?条|由?谁|怎么办|怎么样?|如何|怎样|为什么|为何|"
    r"是否|能不能|可不可以|可否|能否|要不要|有没有|是不是|多长时间|多长|吗|呢|呀|啊|么|吧|要在|应在|应当在|最长|最多|最少|不(?:得|能)?超过"
)


def standalone(question: str, history: Sequence[Turn]) -> str:
    """``question`` with all that it leaves to the conversation put back; itself if it stands alone.

    :param history: the conversation so far, oldest first.
    """
    asked = question.strip()
    if not history or not asked:
        return asked
    last = _last_answered(history) or history[-1]
    before = last.answer.standalone or last.question
    bare = _bare(asked)
    if not is_follow_up(asked, bare) and not _POINTS.search(asked):
        return asked
    ordinal, earlier = _ORDINAL.search(asked), _ORDINAL.search(before)
    if ordinal and earlier and len(bare) <= 8:
        return before.replace(earlier[0], ordinal[0])
    if ordinal:
        point = _point(last.answer, ordinal[1])
        if point and (_DETAIL.search(asked) or len(bare) <= 8):
            return point
    if _POINTS.search(asked) and not content_words(_POINTS.sub("", asked)):
        return _pointed(last.answer, asked) or asked
    if _ASKS_BASIS.search(asked) and len(content_words(asked)) <= 2:
        return _basis(last.answer) or f"{before} 依据"
    if swapped := _swapped(before, bare):
        return swapped
    if _DETAIL.search(asked) and len(content_words(bare)) == 0:
        return _detail(last.answer) or before
    subject = _subject(before)
    if _PRONOUN.search(bare):
        return _PRONOUN.sub(f"{subject}的" if _possessive(bare) else subject, bare, count=1) + "？"
    if not subject:
        return asked
    if len(content_words(bare)) == 0 or _ATTRIBUTES.fullmatch(bare):
        return f"{subject}{bare}？"
    if not _QUESTION_WORDS.search(bare) and not _ATTRIBUTES.search(bare):
        asking = _bare(before).removeprefix(subject).lstrip("，,")
        return f"{subject}，{bare}{asking}？"
    return f"{subject}，{bare}？"


def is_follow_up(question: str, bare: str | None = None) -> bool:
    """Whether a question leaves out what it is about."""
    text = _bare(question) if bare is None else bare
    if any(fact.kind == "name" for fact in facts(question)) and len(content_words(question)) > 2:
        return False
    if _ENDS.search(question) and len(text) <= 14:
        return True
    if _PRONOUN.search(question) and not re.search(r"这个项目|这家", question):
        return len(content_words(question)) <= 6
    words = content_words(question)
    if _OPENS.search(question) and len(words) <= 3:
        return True
    if _ORDINAL.search(question) and len(words) <= 3 and not re.search(r"[法例办]", question):
        return True
    return len(words) <= 1 and bool(_ATTRIBUTES.search(text))


def _last_answered(history: Sequence[Turn]) -> Turn | None:
    for turn in reversed(history[-4:]):
        if not turn.answer.abstained:
            return turn
    return None


def _bare(question: str) -> str:
    """The question without 那…呢 and the like."""
    text = _TAIL.sub("", question.strip())
    while (shorter := _TAIL.sub("", _FRAME.sub("", text))) != text:
        text = shorter
    return text


def _swapped(before: str, bare: str) -> str:
    """``before`` with the word that ``bare`` gives a like for replaced by it, ``""`` if none."""
    new, rest = _first_alike(bare)
    if not new:
        return ""
    for old in _alike(new, before):
        if old == new or old in bare:
            continue
        swapped = before.replace(old, new)
        if not rest:
            return swapped
        if len(rest) <= 3 and not _ATTRIBUTES.search(rest):
            return swapped.replace(new, new + rest if bare.startswith(new) else rest + new, 1)
    return ""


def _first_alike(bare: str) -> tuple[str, str]:
    """The word of ``bare`` that has likes (a place, a year, a party…), and what else is in it."""
    found = [(p, p) for p in places(bare)]
    found += [(f.shown, f.shown) for f in facts(bare) if f.kind in ("date", "name", "article")]
    for group in _CLASSES:
        found += [(word, word) for word in group if word in bare]
    if not found:
        return "", bare
    longest = max(found, key=lambda pair: len(pair[0]))[0]
    return longest, re.sub(r"^[的对向在]|的$", "", bare.replace(longest, "", 1))


def _alike(new: str, before: str) -> list[str]:
    """Words of ``before`` of the same class as ``new``, the longest first."""
    if new in places(new):
        return list(places(before))
    kinds = {f.kind for f in facts(new)} & {"date", "name", "article"}
    if kinds:
        return [
            f.shown
            for f in facts(before)
            if (f.kind in kinds and f.kind != "date")
            or (f.kind in kinds and f.shown.count("年") == new.count("年"))
        ]
    likes = [w for group in _CLASSES if new in group for w in group if w in before and w != new]
    return sorted(likes, key=len, reverse=True)


def _subject(before: str) -> str:
    """What a question is about: its text without the words that ask."""
    text = _TAIL.sub("", _QUESTION_WORDS.sub("", _bare(before)))
    text = re.sub(r"[，,；;]\s*$|的$|是$|要$|应当?$|可以$|需要$|内$|之内$", "", text)
    return re.sub(r"的?(?:期限|时限|依据|金额|比例|数额)$", "", text)


def _possessive(bare: str) -> bool:
    return bool(re.search(r"(?:它们|它|其)(?!的)[\u4e00-\u9fff]", bare))


def _basis(answer: Answer) -> str:
    """The place that the last answer cited first, as a question that names it."""
    for citation in answer.citations:
        return f"{citation.official}是怎么规定的？"
    return ""


def _detail(answer: Answer) -> str:
    for citation in answer.citations:
        return f"{citation.official}的具体内容"
    return ""


def _pointed(answer: Answer, asked: str) -> str:
    """``asked``, which asks for 一是二是三是, of the section that the last answer cited first."""
    for citation in answer.citations:
        return f"{_POINT_PATH.sub('', citation.official)}{asked}"
    return ""


def _point(answer: Answer, ordinal: str) -> str:
    """A question for the n-th point of the last answer: an item of its list, or a statement."""
    from ingest.outline.numbering import value

    number = value(ordinal)
    if not number or answer.abstained or not answer.statements:
        return ""
    points = _points(answer)
    if not 0 < number <= len(points):
        return ""
    text, citation = points[number - 1]
    cited = next((c for c in answer.citations if c.n == citation), None)
    if cited is not None and len(_direct(answer)) > 1:
        return f"{cited.official}的具体内容"
    head = re.split(r"[。；;\n]", _LABEL.sub("", text, count=1).strip())[0]
    title = cited.title.strip("《》") if cited else ""
    return f"《{title}》{head[:60].strip('，、：: ')}的具体内容"


def _points(answer: Answer) -> list[tuple[str, int]]:
    """The points of an answer with the number of a citation for each."""
    direct = _direct(answer)
    if len(direct) > 1:
        return [(s.text, s.citations[0] if s.citations else 1) for s in direct]
    statement = direct[0]
    starts = [m.start() for m in _LABEL.finditer(statement.text)]
    if len(starts) < 2:
        return []
    ends = [b for _, b in pairwise(starts)] + [len(statement.text)]
    number = statement.citations[0] if statement.citations else 1
    return [(statement.text[a:b].strip(), number) for a, b in zip(starts, ends, strict=True)]


def _direct(answer: Answer) -> list[Statement]:
    """The statements that answer, without those beside the answer."""
    return [s for s in answer.statements if not s.further] or list(answer.statements)
