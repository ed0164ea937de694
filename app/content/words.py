"""The words of a question that say what it is about."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from functools import lru_cache
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from jieba import Tokenizer

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
_CODES = re.compile(r"(?<![A-Za-z0-9])[A-Za-z0-9]+(?:[+\-./][A-Za-z0-9]+)+|[A-Za-z]{2,}")
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


@lru_cache(maxsize=512)
def content_words(text: str) -> tuple[str, ...]:
    """The words of ``text`` (Simplified) that say what it is about, in order, each once."""
    asked = _ASKING.sub(" ", text)
    words = dict.fromkeys(_CODES.findall(asked))
    for part in _CODES.sub(" ", asked).split():
        for word in _joined(tokenizer().cut(part, HMM=False)):
            if word not in _stop() and word not in words and (len(word) > 1 or word.isdigit()):
                words[word] = None
    return tuple(words)


def is_generic(word: str) -> bool:
    """Whether a word names only a kind of thing asked for (期限, 条件), not a subject."""
    return bool(_GENERIC.match(word))


def asked_away(text: str) -> str:
    """``text`` with what asks, and does not say what about, made blank; of the same length."""
    return _ASKING.sub(lambda found: " " * len(found[0]), text)


def is_stop_word(word: str) -> bool:
    """Whether a word says nothing of what a question is about."""
    return word in _stop() or (len(word) == 1 and word in _FUNCTION)


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
def _stop() -> frozenset[str]:
    from ingest.storage.terms import read_lines

    return frozenset(read_lines("stopwords.txt", "app.content"))


@lru_cache(maxsize=1)
def tokenizer() -> Tokenizer:
    """Cuts text into words, those of the field among them."""
    import jieba

    from ingest.storage.terms import read_lines

    jieba.setLogLevel(60)
    made = jieba.Tokenizer()
    for word in read_lines("terms.txt"):
        made.add_word(word, 10_000)
    return made
