"""What the ``<head>`` of a page declares, and the articles it links to as related.

Chinese government sites name their ``<meta>`` fields after the indicator specification for
government websites (国办发〔2017〕47号): SiteName, ArticleTitle, PubDate, ContentSource, …
"""

from __future__ import annotations

import html
import re
from typing import TYPE_CHECKING
from urllib.parse import urljoin

from ingest.document import Metadata, Related
from ingest.loading.front_matter import iso_date

if TYPE_CHECKING:
    from lxml.html import HtmlElement


def page_metadata(root: HtmlElement, where: str) -> Metadata:
    """Title, issuer, number, date, address and source that the page's markup declares.

    :param where: where the page comes from; its own address where that is an http(s) one.
    """
    declared: dict[str, str] = {}
    for meta in root.iter("meta"):
        name = (meta.get("name") or meta.get("property") or "").strip().lower()
        content = _clean(meta.get("content") or "")
        if name and content:
            declared.setdefault(name, content)

    def first(names: str) -> str | None:
        return next((declared[name] for name in names.split() if name in declared), None)

    canonical = next((e.get("href") for e in root.iter("link") if e.get("rel") == "canonical"), "")
    address = where if where.startswith(("http://", "https://")) else None
    url = _absolute(first("source-url"), address) or _absolute(canonical, address)
    url = url or _absolute(first("og:url"), address) or address
    title = first("articletitle dc.title og:title title")
    if title is None:
        element = next((e for e in root.iter("title") if e.getparent().tag != "svg"), None)
        title = _clean(element.text or "") if element is not None else None
    return Metadata(
        title=_title(root, title, first("sitename og:site_name")),
        issuer=first("issuer"),
        number=first("doc-number docnumber documentnumber"),
        published=iso_date(
            first("pubdate publishdate article:published_time firstpublishedtime dc.date")
        ),
        url=url,
        source_name=first("contentsource source"),
        related=_related(root, url),
    )


_SITE_TAIL = re.compile(
    r"(?:网|在线|之窗|采购|信息中心|网站|门户|平台|政府|频道|栏目|[部委局厅办])$"
)
_TITLE_GAP = re.compile(r"\s*[_|｜>»›＞]+\s*|\s+[-–—]+\s+|[-–—]+\s+|(?<=[^\s\d])-(?=[^-]+$)")


def _title(root: HtmlElement, declared: str | None, site: str | None) -> str | None:
    """The title that the body prints: its ``<h1>``, or the head of what ``<title>`` says.

    A site's name in ``<h1>``, or one of several, is no title.
    """
    heads = {text for e in root.iter("h1") if (text := _clean("".join(e.itertext())))}
    if len(heads) == 1:
        head = heads.pop()
        if _SITE_TAIL.search(head) and (below := _below_the_site(root, head)):
            return below
        bare = _bare(head)
        if len(bare) >= _MIN_TITLE and (not declared or bare in _bare(declared)):
            return head
        if _SITE_TAIL.search(declared or "") and len(bare) > _MIN_TITLE and head != site:
            return head if not _SITE_TAIL.search(head) else declared
    if not declared:
        return None
    shown = {_bare("".join(e.itertext())) for e in root.iter(*_SHOWS_TITLE) if len(e) <= 3}
    if _bare(declared) in shown:
        return declared
    gaps = list(_ANY_GAP.finditer(declared))
    before = (declared[: gap.start()] for gap in reversed(gaps))
    for part in (*before, *(declared[gap.end() :] for gap in gaps)):
        bare = _bare(part)
        if len(bare) >= _MIN_TITLE and bare in shown:
            return part.strip()
    return _without_site(declared, site)


def _below_the_site(root: HtmlElement, site: str) -> str | None:
    """The first ``<h2>`` that is no site's name, longer than ``site``, and no part of a text."""
    heads = (_clean("".join(e.itertext())) for e in root.iter("h2"))
    head = next((h for h in heads if len(h) > len(site) and not _SITE_TAIL.search(h)), None)
    return None if head is None or _PART.match(head) else head


_PART = re.compile(r"[（(]?[一二三四五六七八九十\d]+[）)、.．]|第")
_MIN_TITLE = 5
_SHOWS_TITLE = ("h1", "h2", "h3", "h4", "p", "div", "td", "span", "strong", "b", "font", "center")
_ANY_GAP = re.compile(r"\s*[_|｜—–>»›＞-]+\s*|\s+")


def _bare(text: str) -> str:
    return "".join(text.split())


def _clean(text: str) -> str:
    text = re.sub(r"</?[a-zA-Z][^>]*>", "", html.unescape(text))
    return " ".join(text.split())


def _without_site(title: str, site: str | None) -> str | None:
    """``标题_栏目_网站`` without column and site."""
    pieces = [piece for piece in _TITLE_GAP.split(title) if piece and piece.strip()]
    if not pieces:
        return None
    tail = pieces[-1].strip()
    if len(pieces) > 1 and (tail == site or _SITE_TAIL.search(tail)):
        return pieces[0].strip()
    return title


def _absolute(link: str | None, base: str | None) -> str | None:
    """``link`` as an http(s) address, ``None`` where it is none."""
    if not link:
        return None
    try:
        joined = urljoin(base, link.strip()) if base else link.strip()
    except ValueError:
        return None
    return joined if joined.startswith(("http://", "https://")) else None


_RELATED = re.compile(
    r"(?:相关|相關|延伸|推荐|推薦)(?:文章|链接|鏈接|连结|阅读|閱讀|新闻|新聞|报道|報道|文件)[:：]?"
)
_DATE = re.compile(r"\d{4}[-/.年]\d{1,2}[-/.月]\d{1,2}")
_MAX_RELATED = 50
_LABEL = 8


def _related(root: HtmlElement, base: str | None) -> tuple[Related, ...]:
    """The links of lists that stand under a heading such as 相关文章."""
    found: dict[str, Related] = {}
    for element in root.iter():
        if len(element) > 2 or not isinstance(element.tag, str):
            continue
        if _RELATED.fullmatch(_opening(element)):
            following = _next_with_text(element)
            for link in following.iter("a") if following is not None else ():
                related = _link(link, base)
                if related and len(found) < _MAX_RELATED:
                    found.setdefault(related.title, related)
    return tuple(found.values())


def _opening(element: HtmlElement) -> str:
    """The first characters of an element: enough to see whether it is more than a short label."""
    text = ""
    for piece in element.itertext():
        text += "".join(piece.split())
        if len(text) > _LABEL:
            break
    return text


def _next_with_text(element: HtmlElement) -> HtmlElement | None:
    """The next element with text after ``element``, at most three levels up."""
    for _ in range(3):
        if (element.tail or "").strip():
            return None
        for sibling in element.itersiblings():
            if "".join(sibling.itertext()).strip():
                return sibling
            if (sibling.tail or "").strip():
                return None
        element = element.getparent()
        if element is None or element.tag == "body":
            return None
    return None


def _link(link: HtmlElement, base: str | None) -> Related | None:
    around = link
    if (parent := link.getparent()) is not None and parent.tag in ("li", "p", "dd", "td", "tr"):
        around = parent
    text = " ".join("".join(link.itertext()).split())
    date = _DATE.search("".join(around.itertext()))
    title = _clean(link.get("title") or "") or _DATE.sub("", text).strip(" []()（）")
    href = link.get("href") or ""
    if len(title) < 4 or href.startswith(("javascript:", "#")):
        return None
    return Related(title, iso_date(date[0]) if date else None, _absolute(href, base))
