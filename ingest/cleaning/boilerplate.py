"""The furniture of a web page around its text: breadcrumbs, buttons, footers, link lists.

Only lines at the edges of the page are looked at, before its body starts and after it ends, and
only short ones that no sentence ends. What a furniture line says of the page (date, source,
related articles) becomes metadata.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass

from ingest.cleaning.textdates import find_date
from ingest.document import Metadata, Related

MAX_HEAD = 40
MAX_TAIL = 60
"""So many lines from the top and from the bottom are looked at."""

_CLOSE_TO_TITLE = 6
"""Within so many lines from the top an appeal to follow an account is furniture, too."""

LONG = 60
"""A line of more characters is content."""

STUB = 12
"""A line of at most so many characters below a footer is the caption of an icon."""

MIN_BUTTONS = 3
"""So many buttons at the top speak of a tool bar: the short lines above it are furniture too, as
are those between a breadcrumb and the title."""

_CONTENT_END = ("。", "；", "！", "……", "。”", "。）", "：")
_CONTENT_START = re.compile(
    r"第[一二三四五六七八九十百零〇\d]+[编章节条]|[一二三四五六七八九十]+、|（[一二三四五六七八九十]+）"
)

_BREADCRUMB = re.compile(
    r"(?:当前|您的?|您?现在的?|您?所在的?)位置(?:是)?\s*(?:[：:»›>＞/→]|首页|$)"
    r"|首页\s*(?:[»›>＞/→]|&gt;|-{1,2}>)"
    r"|(?:网站)?首\s*页(?:[\s/|·»›>＞-]+[^\s。；，/|»›>＞]{2,60}){1,6}\s*$"
    r"|[^。；，]{2,12}(?:\s*(?:»|›|>>|＞)\s*[^。；，»›>＞]{2,12}){2,}$"
)
_BUTTON = re.compile(
    r"[\[【（(<|\s]*(?:打\s*印(?:本页|此页|正文)?|收藏(?:本页)?|取消收藏|分享(?:到.*)?|转发|关\s*闭(?:窗口|本页|此页)?|"
    r"返回(?:顶部|首页|列表|上一页)|回到顶部|纠错|我要纠错|(?:附件)?下载|复制链接|字号|字体|大|中|小|"
    r"放大|缩小|默认|微信|微博|QQ空间|X|×|-->|>|»|›|＞|评价|建议|点赞|留言|放弃|继续访问|上一篇|下一篇|"
    r"相关解读|相关政策|在看|赞|写留言|无障碍(?:浏览)?|长者模式|手机版|语音播报|RSS订阅)"
    r"[\]】）)>|\s]*[：:]?[\]】）)>|\s]*"
)
_BUTTONS = re.compile(rf"(?:{_BUTTON.pattern}){{1,8}}|(?:阅读|浏览|点赞)\s*\d[\d.,]*[万+]*")
_PRINTED = re.compile(
    r"(?:https?://|file:///)\S+\s+\d+/\d+|(?:\d{4}/\d{1,2}/\d{1,2}|\d{1,2}/\d{1,2}/\d{2,4})"
    r"[\s,]*(?:[上下]午)?\d{1,2}:\d{2}(?:\s*[AP]M)?(?:\s+\S.*)?"
)
"""What a browser prints at the top and foot of each page."""
_ACCOUNT = re.compile(
    r"(?:原创\s+)?(?:[^\s，。：；]{2,16}\s+){0,3}"
    r"(?P<day>\d{4}[-年/]\d{1,2}[-月/]\d{1,2}日?)\s+\d{1,2}:\d{2}(?:\s+(?:发表于)?\s*[^\s，。：；]{2,8})?"
)
"""The line below the title of an article of WeChat: 原创 云川财政 2024年10月12日 18:30 云川."""
_FOOTER = re.compile(
    r"版权所有|©|Copyright|ICP备|ICP证|公网安备|网安备|^(?:网站)?主办(?:单位)?[：:]|^承办(?:单位)?[：:]|"
    r"^技术支持[：:]|^网站标识码|^网站地图|^联系我们|^关于我们|^(?:责任)?编辑[：:]|^责编[：:]|扫一扫|"
    r"扫描二维码|长按.{0,8}二维码|识别.{0,4}二维码|点击(?:上方|下方|“)?.{0,8}(?:关注|蓝字)|关注(?:我们|公众号)|"
    r"喜欢此内容的人还喜欢|^微信(?:号|公众号|ID)[：:]?|^阅读原文|(?:点个?|点击)“?在看|^(?:原文|本文)(?:链接|地址|网址)[：:]|"
    r"^https?://\S+(?:\s+\d+/\d+)?$|^打印(?:时间|日期)[：:]|"
    r"^(?:上|下)一[篇条][：:]|^您?访问的链接即将离开|^为确保最佳浏览效果|^建议使用.*浏览器|"
    r"^(?:浏览|阅读|点击)(?:次数|量)[：:]|^【?(?:打印|关闭)[^。]{0,20}(?:打印|关闭)",
    re.IGNORECASE,
)
_PUBLICATION_TOKENS = re.compile(
    r"(?:(?:发布|发文|更新|成文|公告|公布|刊发|录入)?(?:日期|时间)\s*[：:]\s*)?"
    r"\d{4}\s*[年./-]\s*\d{1,2}\s*[月./-]\s*\d{1,2}\s*日?(?:\s*\d{1,2}[：:]\d{2}(?:[：:]\d{2})?)?"
    r"|(?:信息|文章|稿件)?来源\s*[：:]\s*(?P<source>[^\s【\[|｜：:]+)?"
    r"|(?:作者|记者|(?:责任)?编辑|责编|发布(?:人|者|机构|单位|部门)|发稿人|供稿|撰稿|审核|校对|信息员)"
    r"\s*[：:]\s*[^\s【\[|｜：:]*"
    r"|(?:浏览|阅读|点击)(?:次数|量|数)?\s*[：:]\s*\d*\s*次?"
    r"|(?:字号|字体)\s*[：:]?\s*[\[【]?\s*(?:大|中|小|[\s|｜])*[\]】]?"
    r"|[\[【]\s*(?:打印|关闭|收藏|分享|字[体号]|此页|本页|窗口|大|中|小|[\s：:])+\s*[\]】]|打印|收藏|分享|关闭|[|｜\s]"
)
_TIME = re.compile(r"\d{1,2}[：:]\d{2}")
_PUBLICATION_SIGN = re.compile("来源|打印|字[号体]|浏览|阅读|点击|(?:发布|公告)(?:日期|时间|人|者)")
_CREDIT = re.compile("(?:信息|文章|稿件)?来源|作者|记者|(?:责任)?编辑|责编|审核|校对|供稿|撰稿")
_RELATED_HEAD = re.compile(
    r"(?:相关|延伸|推荐|扩展|更多|最新|热门|热点|近期|往期|精彩|今日|本站|栏目|其他)"
    r"(?:文章|链接|阅读|新闻|报道|资讯|信息|内容|推荐|稿件|动态|公告|通知|政策|文件|发布|更新|排行|热点|回顾)"
    r"|推荐阅读|猜你喜欢|您?可能(?:还)?(?:感兴趣|喜欢).{0,6}|点击排行|阅读排行|大家都在看"
)
_SURE_HEAD = re.compile(
    r"(?:延伸|推荐|扩展|热门|热点|近期|往期|精彩|相关)(?:文章|链接|阅读|新闻|报道|资讯|推荐|稿件|排行|回顾)"
    r"|推荐阅读|猜你喜欢|您?可能(?:还)?(?:感兴趣|喜欢).{0,6}|点击排行|阅读排行|大家都在看|最新新闻"
)
_RELATED_ITEM = re.compile(
    r"^(?P<bullet>[-·•●▪*◆◇○>]|\d{1,2}[.、])?\s*(?P<title>\S.*?)\s*"
    r"(?:[（(\[【]?\s*(?P<date>(?:19|20)\d{2}\s*[-/.年]\s*\d{1,2}\s*[-/.月]\s*\d{1,2}\s*日?)\s*[)）\]】]?)?\s*$"
)


@dataclass(frozen=True, slots=True)
class Furniture:
    """Indexes of the lines that are furniture, and what they say of the page."""

    lines: frozenset[int]
    metadata: Metadata


def find_furniture(lines: Sequence[str], removable: Sequence[bool], title: str | None) -> Furniture:
    """The furniture among the clean ``lines`` of a page.

    :param removable: whether a line may be furniture at all (a table may not).
    :param title: the page's title where it is known; the line that prints it stays.
    """
    head, found = _head(lines, removable, title)
    tail, related = _tail(lines, removable)
    tail |= {i for i, line in enumerate(lines) if removable[i] and _PRINTED.fullmatch(line)}
    head, tail = (_without_lone_word(edge, lines) for edge in (head, tail))
    if len(head | tail) >= len(lines):
        return Furniture(frozenset(), Metadata())
    return Furniture(
        frozenset(head | tail),
        Metadata(published=found.published, source_name=found.source_name, related=related),
    )


def _without_lone_word(edge: set[int], lines: Sequence[str]) -> set[int]:
    """``edge``, less a single bare word: one word such as 建议 may well be a heading."""
    if len(edge) == 1 and re.fullmatch(r"[\u4e00-\u9fffA-Z]{1,3}", lines[next(iter(edge))]):
        return set()
    return edge


def _head(
    lines: Sequence[str], removable: Sequence[bool], title: str | None
) -> tuple[set[int], Metadata]:
    taken: set[int] = set()
    buttons = crumbs = 0
    published = source = None
    seen: list[int] = []
    for index, line in enumerate(lines[:MAX_HEAD]):
        if not removable[index]:
            continue  # the table of numbers and dates that stands above the title
        if not line or _PRINTED.fullmatch(line):
            continue
        if _BUTTONS.fullmatch(line) or _BREADCRUMB.match(line):
            taken.add(index)
            buttons += bool(_BUTTONS.fullmatch(line))
            crumbs += bool(_BREADCRUMB.match(line))
        elif _is_footer(line) and not _is_content(line) and index < _CLOSE_TO_TITLE:
            taken.add(index)
        elif _is_publication_line(line):
            taken.add(index)
            published = published or find_date(line)
            source = source or _source(line)
        elif _is_content(line):
            break
        seen.append(index)
    if crumbs or buttons >= MIN_BUTTONS:
        printed = title or _window_title(lines)
        titles = [i for i in seen if i not in taken and printed and lines[i] == printed]
        if titles:
            last = max(taken) if buttons >= MIN_BUTTONS else titles[0]
            taken |= {i for i in seen if i < last and i != titles[0]}
    return taken, Metadata(published=published, source_name=source)


def _tail(lines: Sequence[str], removable: Sequence[bool]) -> tuple[set[int], tuple[Related, ...]]:
    taken: set[int] = set()
    waiting: list[int] = []
    related: tuple[Related, ...] = ()
    for index in range(len(lines) - 1, max(len(lines) - MAX_TAIL, 0) - 1, -1):
        line = lines[index]
        if not removable[index]:
            break
        if not line:
            continue
        after = [lines[i] for i in reversed(waiting)]
        if _RELATED_HEAD.fullmatch(head := line.strip("：: ■●>|【】")):
            items = _items(after, bool(_SURE_HEAD.fullmatch(head)))
            if items is None:
                break
            taken |= {index, *waiting}
            related = items + related
            waiting = []
        elif _is_footer(line) and all(_is_stub(other) for other in after):
            taken |= {index, *waiting}
            waiting = []
        elif not waiting and (
            _BUTTONS.fullmatch(line) or _is_publication_line(line) or (taken and _is_credit(line))
        ):
            taken.add(index)
        elif _is_content(line) and not _dated(line):
            break
        else:
            waiting.append(index)
    return taken, related


def _items(lines: Sequence[str], sure: bool) -> tuple[Related, ...] | None:
    """The related articles that ``lines`` list; ``None`` where they are no such list.

    :param sure: whether the line above can head nothing else, so that bare titles are such a list.
    """
    found = []
    for line in lines:
        if _BUTTONS.fullmatch(line) or _is_publication_line(line) or _is_footer(line):
            break
        match = _RELATED_ITEM.match(line)
        if not match:
            return None
        bare = not (match["date"] or match["bullet"])
        if bare and (not sure or _is_content(line) or "：" in line):
            return None
        found.append(Related(match["title"], find_date(match["date"]) if match["date"] else None))
    return tuple(found)


def _dated(line: str) -> bool:
    match = _RELATED_ITEM.match(line)
    return bool(match and match["date"])


def _is_stub(line: str) -> bool:
    """Whether ``line`` is too short and too bare to be content: the caption of an icon."""
    return len(line) <= STUB and not re.search(r"[\d，。；：、（）《》]", line)


def _is_content(line: str) -> bool:
    return len(line) > LONG or line.endswith(_CONTENT_END) or bool(_CONTENT_START.match(line))


def _is_footer(line: str) -> bool:
    return len(line) <= 2 * LONG and not line.endswith("。") and bool(_FOOTER.search(line))


def _is_publication_line(line: str) -> bool:
    """Whether ``line`` holds nothing but date, source, author and buttons.

    A bare date or a bare name may belong to the text; a time of day, a source or a button shows
    that it does not.
    """
    if _ACCOUNT.fullmatch(line):
        return True
    if len(line) > 2 * LONG or _PUBLICATION_TOKENS.sub("", line).strip():
        return False
    return bool(_TIME.search(line) or _PUBLICATION_SIGN.search(line))


def _is_credit(line: str) -> bool:
    """Whether ``line`` holds nothing but who wrote, checked and published a page."""
    return bool(_CREDIT.match(line)) and not _PUBLICATION_TOKENS.sub("", line).strip()


def _source(line: str) -> str | None:
    for match in _PUBLICATION_TOKENS.finditer(line):
        if match["source"]:
            return match["source"]
    return None


def _window_title(lines: Sequence[str]) -> str | None:
    """The page's title before the site's name in a line such as ``title_section_site``."""
    parts = re.split(r"[_|｜]|\s[-–]\s", lines[0]) if lines else []
    return parts[0].strip() if len(parts) > 1 else None
