"""What a question asks for, and the words by which its answer is recognised.

Nothing is looked up here: the analysis is of the question's own words. Answers are recognised by
how official Chinese puts things: a definition says 是指, a deadline has days in it, a permission
says 可以 or 不得.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from functools import lru_cache
from typing import TYPE_CHECKING, Literal

from app.answering.everyday import DOMAIN, STOP, SYNONYMS
from app.answering.facts import Fact, facts

if TYPE_CHECKING:
    from jieba import Tokenizer

Want = Literal[
    "amount",
    "ratio",
    "number",
    "deadline",
    "date",
    "list",
    "yesno",
    "who",
    "how",
    "definition",
    "compare",
    "summary",
    "basis",
    "why",
]

_PATTERNS: tuple[tuple[Want, str], ...] = (
    (
        "amount",
        r"[额款费]是?多少|多少(?:万|亿|千|百)*元|多少钱|多少资金|金额|数额|罚多少|罚款|罚金|额度|多少(?:万|亿)|支出.{0,6}多少|"
        r"多少费|价格|费用|限额|收多少|交多少|扣多少|投入.{0,4}多少",
    ),
    (
        "ratio",
        r"比例|百分之|占比|占.{0,8}多少|百分比|几成|多少个?百分点|几个点|上限|最高.{0,6}多少|最多.{0,8}多少|"
        r"不(?:能|得)?超过多少|%|利率|利息|税率|权重|比重|增长.{0,4}多少",
    ),
    (
        "number",
        r"多少|(?<!哪)几(?!乎|点)[个家人名项次条类种位批年天日月份届点成]|几$|人数|数量|第几",
    ),
    (
        "deadline",
        r"多久|几天|几日|几个工作日|多少个?(?:工作日|天|日|月|年|小时)|多长时间|多长|期限|时限|时效|期间|来得及|"
        r"什么时候(?:之?前|以前|截止)|最[晚迟]|几个月|几年|提前多|之内|截止|保存.{0,6}(?:年|久)|有效期|宽限",
    ),
    (
        "date",
        r"什么时候|何时|哪一?年|哪一?天|几月|几号|日期|什么时间|啥时候|何日|生效|施行|开始实施|时间表",
    ),
    (
        "list",
        r"哪些|哪几|什么条件|什么情形|什么情况|什么样的|什么材料|什么资料|什么内容|什么要求|什么手续|什么职责|什么责任|"
        r"什么义务|什么权利|什么措施|什么事项|有什么|有啥|包括什么|包含什么|内容|几种|几类|几个步骤|步骤|程序|流程|条件|情形|"
        r"什么处罚|后果|怎么处罚|如何处罚|怎么处理|如何处理|列举|清单|材料|要写(?:明)?什么|写什么|交什么|带什么|哪种|哪类|"
        r"什么原则|哪方面|方面|要点|任务|举措|都.{1,4}(?:什么|啥)|分哪|"
        r"(?:审|查|写|交|带|做|提供|准备|注明|载明|提交|说明)(?:些|明)?(?:什么|啥)",
    ),
    (
        "yesno",
        r"吗|是否|能不能|可不可以|可否|能否|要不要|有没有|是不是|会不会|该不该|算不算|应不应|行不行|对不对|用不用|"
        r"需不需要|合不合|允许不|违不违|(?<![什怎多])么[？?]?$",
    ),
    (
        "who",
        r"谁|哪个(?:部门|机关|机构|单位|政府|级|主体|法院)|哪(?:些|一级)?(?:部门|机关|机构|单位|人|主体)|向哪|找哪|什么部门|什么机构|"
        r"什么单位|什么机关|归哪|由哪|哪一级|哪里(?:投诉|举报|申请|批)|什么人|何人|去哪",
    ),
    (
        "how",
        r"怎么|如何|怎样|咋|怎么办|什么方式|何种方式|什么方法|什么途径|哪种方式|用什么|通过什么|按什么|以什么",
    ),
    (
        "definition",
        r"什么是|是什么意思|什么意思|是指什么|指什么|指的是|何谓|何为|什么叫|定义|含义|怎么理解|怎么界定|如何界定|"
        r"怎么认定|如何认定|属于什么|概念|是什么[？?]?$|是啥",
    ),
    (
        "compare",
        r"不同|区别|差异|差别|相比|对比|比较一下|有何变化|什么变化|变化|不一样|一样吗|新旧|修订前后|分别|各自|各是|各为",
    ),
    (
        "summary",
        r"主要内容|讲了什么|说了什么|讲什么|说的是什么|讲的是什么|概括|总结|概述|介绍一下|大意|要点|几个方面|几方面|"
        r"哪(?:几|些)?个?方面|分别讲|分别是什么|分别说|核心内容|梗概|哪几部分|哪几个部分|提纲|主旨|做了哪些|采取了哪些|哪些做法",
    ),
    (
        "basis",
        r"依据|根据(?:什么|哪)|哪一?条|哪部|哪个(?:法|条例|办法|文件)|什么规定|出处|法条",
    ),
    ("why", r"为什么|为何|为啥|原因|目的|缘由|凭什么|何以"),
)

_HOW_LONG = re.compile(r"(?:多少|几)个?(?:工作日|自然日|天|日|月|年|小时|周)")
_ASKS = tuple((want, re.compile(pattern)) for want, pattern in _PATTERNS)

_ASKING = re.compile(
    r"这?篇?(?:文章|新闻|报道|一文)|那[篇本部份]|(?:多少|哪|几)[家个项名人件次种类条本份天年月号日篇台套倍级届点层成步]|谁|行不行|对不对|好不好|"
    r"请问|请教|想问一下|问一下|咨询一下|想知道|麻烦|你好|您好|老师|谢谢|一下|到底|究竟|一般(?!性)|通常|目前|现在|按规定|按照规定|根据规定|"
    r"(?:情形|情况|条件|项目)[下中里]|里[面头]?(?:必须|要|应当?)|必须|至少|最[晚迟]得?|觉得|各是|各有|各自|都要|还要|"
    r"分别|有关规定|相关规定|规定|的话|来着|这个|那个|这种|那种|我们|我方|我司|咱们|他们|你们|大家|自己|"
    r"什么叫做?|什么是|是什么意思|什么意思|指的是什么|是指什么|指什么|的定义|的含义|怎么界定|如何界定|怎么理解|何谓|何为|"
    r"是多少|多少|什么时候|什么|哪些|哪个|哪种|哪一|哪里|哪条|怎么样|怎么办|怎么|如何|怎样|为什么|为何|是否|能不能|可不可以|可否|"
    r"能否|要不要|有没有|是不是|会不会|多久|多长时间|多长|几天|几个|几种|几类|几家|几人|几次|几年|谁来|由谁|向谁|找谁|"
    r"是指|指的是|意思|是啥|有啥|啥时候|应该|应当|可以|需要|必须|能够|进行|有关|关于|对于|其中|以及|或者|并且|"
    r"吗|呢|吧|呀|啊|么|嘛|[？?。！!，,、：:；;“”\"'（）()《》〈〉]"
)

_CODES = re.compile(r"[A-Za-z0-9]+(?:[+\-./][A-Za-z0-9]+)+|[A-Za-z]{2,}")
"""Names made of letters and digits: 1+2+N, PPP."""
_FUNCTION = frozenset(
    "的了在是和与及或等对把被让给从到向由为以于之其有没不要会能可应该就都也还再又很最上下中里内外时后前个些种类条款项第这那哪几"
    "多少做办用说讲看想请人我你他它咱得着过地所者归提发掉起来去搞弄拿叫称才只各每均而则若当并同跟比按据"
)
_GENERIC = re.compile(
    r"^(?:条件|情形|情况|内容|材料|资料|期限|时限|时间|标准|要求|程序|流程|比例|金额|数额|钱|人|部门|机构|机关|单位|措施|方式|方法|"
    r"原则|处罚|责任|后果|规定|依据|意思|区别|步骤|事项|范围|原因|目的|项目|东西|工作|方面|行为|数量|总数|上限|下限|罚款|日期|办法|"
    r"处理|遇到|满足|具备|做出|表现|程度|写清|符合|存在|发生|设立|注意|最低|最高|最多|最少|最长|比重|职责|义务|权利|做法|举措|文件|次数|人数|额度|年限|类型|种类|形式|特点)$"
)
_FOCUS_AFTER = re.compile(
    r"(?:什么|哪些|哪几[个种类项]|哪[个种类]|多少[个项名家件]?|几[个项名家件种类])(?:样的)?"
)
_FOCUS_BEFORE = re.compile(
    r"(?:的)?(?:一共|总共|到底|大概|分别|应当|应该|要|会|得)?(?:是|有|为|在)?(?:多少|什么|哪|几|多久|多长|谁|怎么|如何)"
)

_PARTIES = re.compile(
    r"部门|机关|机构|人民政府|委员会|法院|检察院|国务院|财政|厅|局|采购人|供应商|单位|负责人|主管人员|小组|工作人员|当事人|公司|中心|专家|人员"
)
FIGURES: frozenset[Want] = frozenset({"amount", "ratio", "number", "deadline", "date"})
"""What asks for a figure or a day."""
_DURATION = frozenset({"日", "工作日", "月", "年", "小时", "周", "分钟", "季度", "交易日"})


@dataclass(frozen=True, slots=True)
class Question:
    """A question taken apart.

    ``terms`` are its content words in order; ``names`` the titles in 《》 or recognised laws,
    bare; ``facts`` its figures and dates.
    """

    text: str
    wants: frozenset[Want]
    terms: tuple[str, ...]
    facts: tuple[Fact, ...]
    names: tuple[str, ...]

    @property
    def years(self) -> tuple[str, ...]:
        """Years the question names, as four digits."""
        return tuple(
            f.value[:4]
            for f in self.facts
            if f.kind == "date" and len(f.value) >= 4 and f.value[:4].isdigit()
        )


def analyse(text: str) -> Question:
    """Takes a question (in Simplified Chinese) apart."""
    wants = frozenset(want for want, pattern in _ASKS if pattern.search(text))
    if "deadline" in wants and not re.search(r"多少|几", _HOW_LONG.sub("", text)):
        wants -= {"number"}
    found = facts(text)
    names = tuple(f.value for f in found if f.kind == "name")
    return Question(text, wants, content_words(text), tuple(found), names)


@lru_cache(maxsize=512)
def content_words(text: str) -> tuple[str, ...]:
    """The words of ``text`` that say what it is about, in order, each once."""
    words: list[str] = []
    asked = _ASKING.sub(" ", text)
    words += dict.fromkeys(_CODES.findall(asked))
    for part in _CODES.sub(" ", asked).split():
        for word in _joined(_tokenizer().cut(part, HMM=False)):
            if word not in STOP and word not in words and not _is_noise(word):
                words.append(word)
    return tuple(words)


def _joined(pieces: Iterable[str]) -> Iterator[str]:
    """Words; neighbouring characters that the dictionary does not know are one, a name maybe."""
    run = ""
    for piece in pieces:
        if len(piece) == 1 and piece not in _FUNCTION and not piece.isascii():
            run += piece
            continue
        if run:
            yield run
            run = ""
        yield piece.strip()
    if run:
        yield run


@lru_cache(maxsize=1)
def _tokenizer() -> Tokenizer:
    import jieba

    jieba.setLogLevel(60)
    tokenizer = jieba.Tokenizer()
    for word in DOMAIN:
        tokenizer.add_word(word, 10_000)
    return tokenizer


def _is_noise(word: str) -> bool:
    return len(word) == 1 and word not in SYNONYMS and not word.isdigit()


def focus(question: Question) -> str:
    """The word for the thing asked for, where it is a special one: 劳务费 of 劳务费标准是多少, 证件
    of 需要什么证件; empty where only a kind is asked (条件, 期限, 部门)."""
    text = question.text
    if after := _FOCUS_AFTER.search(text):
        rest = text[after.end() :]
        words = [w for w in question.terms if rest.startswith(w)]
        if words:
            word = max(words, key=len)
            if _special(word):
                return word
    if before := _FOCUS_BEFORE.search(text):
        front = text[: before.start()]
        placed = sorted((front.rfind(w), w) for w in question.terms if w in front)
        while placed and not _special(placed[-1][1]):
            placed.pop()
        if placed and len(front) - placed[-1][0] - len(placed[-1][1]) <= 4:
            return placed[-1][1]
    return ""


def is_generic(word: str) -> bool:
    """Whether a word names only a kind of thing asked for (期限, 条件), not a subject."""
    return bool(_GENERIC.match(word))


def _special(word: str) -> bool:
    return not _GENERIC.match(word) and not re.match(r"[\d一二三四五六七八九十百第]", word)


@lru_cache(maxsize=8192)
def forms(term: str) -> tuple[str, ...]:
    """The term and what official texts call it."""
    official = SYNONYMS.get(term) or SYNONYMS.get(term.lower(), ())
    return (term, *(s for s in official if s != term))


def type_match(question: Question, text: str, kind: str) -> float:
    """How well a text is the kind of answer wanted, from 0 to 1; 0.5 where nothing is asked."""
    wants = question.wants
    defined = _defines(question, text) if "definition" in wants else 1.0
    if "definition" in wants and defined:
        return defined
    asked = wants - {"basis", "compare", "summary"}
    if not asked:
        return 0.5
    scores = [answers(want, text, kind) for want in asked]
    if "yesno" in asked and len(asked) > 1:
        scores = [s for want, s in zip(asked, scores, strict=True) if want != "yesno"] or scores
    return (_exactly(question, text, kind, scores) - _wrong_bound(question.text, text)) * (
        1.0 if defined else 0.5
    )


def _exactly(question: Question, text: str, kind: str, scores: list[float]) -> float:
    """The best of ``scores``; of several figures asked for (多少个项目、采购额多少) their mean."""
    figures = question.wants & {"amount", "ratio", "number", "deadline"}
    if "deadline" in figures or len(figures) < 2 or not _TWO.search(question.text):
        return max(scores)
    told = [answers(want, text, kind) for want in figures]
    return sum(told) / len(told)


_TWO = re.compile(r"多少.*[、，,和].*多少|几.*[、，,和].*多少|多少.*[、，,和].*几")
_UPPER = (
    re.compile(r"上限|最多|最高|最长|至多|不[能得]?超过|超过多少"),
    re.compile(r"不得?超过|以下|以内|最高|最长|上限|不得高于|至多"),
)
_LOWER = (
    re.compile(r"下限|至少|最低|最少|不[能得]?低于|不[能得]?少于"),
    re.compile(r"不得?少于|不得?低于|至少|以上|最低|下限|不小于"),
)


def _wrong_bound(question: str, text: str) -> float:
    """What a text loses that sets no bound where the question asks for one."""
    for asked, told in (_UPPER, _LOWER):
        if asked.search(question) and not told.search(text):
            return 0.25
    return 0.0


def _defines(question: Question, text: str) -> float:
    """1 if ``text`` defines the question's subject, 0 if it says nothing to decide it by."""
    subject = _ASKING.sub("", question.text)
    if len(subject) < 2:
        return 0.0
    if re.match(rf"[^，。]{{0,8}}“?{re.escape(subject)}”?是(?!否|不|由|在)", text):
        return 1.0
    pattern = (
        rf"(?:所称|所谓|称为|即)?“?(?:的)?{re.escape(subject)}”?[，,]?(?:是指|指的是|包括|，是)"
    )
    return 1.0 if re.search(pattern, text) else 0.0


def _lasts(fact: Fact, text: str) -> bool:
    """Whether a figure is a length of time: not 上一年度, which names a year, nor 1年期贷款, which
    names a loan."""
    named = text[max(0, fact.start - 1) : fact.start] in tuple("上下") and fact.value == "1"
    named = named or (fact.unit == "年" and text[fact.end : fact.end + 1] == "期")
    return fact.kind == "number" and fact.unit in _DURATION and not named


def answers(want: Want, text: str, kind: str) -> float:
    found = facts(text)
    if want == "amount":
        if any(f.kind == "number" and f.unit.endswith("元") for f in found):
            return 1.0
        return 0.7 if any(f.kind == "ratio" for f in found) else 0.0
    if want == "ratio":
        if any(f.kind == "ratio" for f in found):
            return 1.0
        return 0.5 if any(f.kind == "number" for f in found) else 0.0
    if want == "number":
        counted = [f for f in found if f.kind == "number" and f.unit not in _DURATION]
        return 1.0 if counted or any(f.kind == "ratio" for f in found) else 0.3 if found else 0.0
    if want == "deadline":
        if any(_lasts(f, text) for f in found):
            return 1.0
        return 0.6 if any(f.kind == "date" for f in found) or "及时" in text else 0.0
    if want == "date":
        dated = any(f.kind == "date" for f in found)
        if dated or re.search(r"之日起|次日|当[天日]", text):
            return 1.0 if dated else 0.8
        return 0.4 if any(f.unit in _DURATION for f in found) else 0.0
    if want == "list":
        if kind in ("list", "item"):
            return 1.0 if kind == "list" else 0.6
        several = text.count("、") + text.count("；") + text.count("，") >= 3
        told = re.search(r"分别(?:是|为)|包括|如下|[:：]|等", text)
        return (0.9 if told else 0.6) if several else 0.3
    if want == "who":
        if re.search(
            r"由.{2,40}?(?:负责|确定|承担|处理|组织|决定|批准|审|办|作出|牵头|组成|给予|责令|垫付|负担|支付)",
            text,
        ):
            return 1.0
        if re.search(r"负责|牵头|主管", text):
            return 0.9
        return 0.7 if _PARTIES.search(text) else 0.0
    if want == "definition":
        if re.search(r"属于|视为", text):
            return 0.8
        return 0.4 if re.search(r"是指|所称|指的是", text) else 0.2
    if want == "yesno":
        rule = r"应当|可以|不得|必须|禁止|有权|不予|除外|适用|无效|视为|属于|是指"
        return 1.0 if re.search(rule, text) else 0.6
    if want == "how":
        return (
            0.9
            if kind in ("list", "point")
            else 0.7
            if re.search(r"应当|可以|通过|按照|采取|建立|方式|程序|不得|由", text)
            else 0.3
        )
    if want == "why":
        return 1.0 if re.search(r"为了|为|以便|旨在|目的|因", text) else 0.3
    return 0.5
