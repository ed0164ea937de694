"""Fetch a page or file from the web, never from the machine's own network.

An address given by a user may name an internal service, directly, by a host whose DNS answers
with a private address, or by a redirect. So the host is resolved here, every address it has must
be public, the connection goes to the address that was checked (the name is not resolved a second
time), and each redirect is checked like the first address.
"""

from __future__ import annotations

import asyncio
import contextlib
import ipaddress
import re
import zlib
from collections.abc import AsyncIterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import PurePosixPath
from typing import TYPE_CHECKING, Final, NamedTuple
from urllib.parse import unquote

from ingest.errors import LoadError
from ingest.load import FORMATS
from ingest.loading.public_address import Address, check_address
from ingest.loading.reading import LoadLimits

if TYPE_CHECKING:
    import httpx


@dataclass(frozen=True, slots=True)
class FetchLimits:
    """``max_bytes`` after decompression, ``max_seconds`` for everything, redirects included."""

    max_bytes: int = LoadLimits().max_bytes
    max_seconds: float = 60.0
    max_redirects: int = 5


class Marks(NamedTuple):
    """What a server says of the state of a file, to be asked by it later: the values of ETag and
    Last-Modified, empty where it sends none."""

    etag: str = ""
    modified: str = ""


UNKNOWN: Final = Marks()


class Fetched(NamedTuple):
    """A file from the web: ``name`` ends as its content type says, ``url`` is the final one.

    ``unchanged`` says that it is still in the state that was asked by; ``data`` is empty then.
    """

    data: bytes
    name: str
    url: str
    marks: Marks = UNKNOWN
    unchanged: bool = False


PORTS: Final = frozenset({80, 443, 8080, 8443})
"""Ports that pages are fetched from, unless private addresses are allowed."""

_DEFAULT_LIMITS = FetchLimits()


def fetch(
    url: str,
    limits: FetchLimits = _DEFAULT_LIMITS,
    allow_private: bool = False,
    known: Marks = UNKNOWN,
) -> Fetched:
    """The file at an http(s) address.

    :param url: the address.
    :param limits: size, time and number of redirects.
    :param allow_private: also fetch from private addresses and any port, for an office's own
        network; never for addresses that strangers enter.
    :param known: the state in which the caller has the file; it is not sent again then.
    :raises LoadError: ``bad-address``, ``private-address``, ``unreachable``, ``http-status``,
        ``unknown-content-type``, ``too-large``, ``too-slow`` or ``too-many-redirects``.
    """
    # A thread of its own: the caller may be inside an event loop already.
    with ThreadPoolExecutor(1) as thread:
        return thread.submit(asyncio.run, _fetch(url, limits, allow_private, known)).result()


_CONTENT_TYPES = {
    "text/html": ".html",
    "application/xhtml+xml": ".html",
    "text/plain": ".txt",
    "text/markdown": ".md",
    "text/x-markdown": ".md",
    "application/pdf": ".pdf",
    "application/x-pdf": ".pdf",
    "application/vnd.openxmlformats-officedocument.wordprocessingml.document": ".docx",
}
_UNTYPED = {"", "application/octet-stream", "binary/octet-stream", "application/x-download"}
_HEADERS = {
    "User-Agent": "zhengcai-wenda/0.1 (policy documents)",
    "Accept": "text/html,application/xhtml+xml,application/pdf,text/plain;q=0.9,*/*;q=0.5",
    "Accept-Language": "zh-CN,zh;q=0.9,en;q=0.5",
    "Accept-Encoding": "gzip",
}
_REDIRECTS = {301, 302, 303, 307, 308}
_PIECE = 2**16


async def _fetch(url: str, limits: FetchLimits, allow_private: bool, known: Marks) -> Fetched:
    try:
        async with asyncio.timeout(limits.max_seconds):
            return await _follow(url, limits, allow_private, known)
    except TimeoutError:
        raise LoadError(
            "too-slow",
            url,
            f"the page did not arrive within {limits.max_seconds:g} seconds",
            "Try later, or download the file and add it",
            (f"{limits.max_seconds:g} 秒内未能取回", "请稍后再试，或下载后再添加"),
        ) from None


async def _follow(url: str, limits: FetchLimits, allow_private: bool, known: Marks) -> Fetched:
    import httpx

    address = url.strip()
    # No connection is used twice: one made for a host must not serve another at the same address.
    single_use = httpx.Limits(max_keepalive_connections=0)
    # trust_env off: a proxy of the environment would resolve the name by itself.
    async with httpx.AsyncHTTPTransport(trust_env=False, limits=single_use) as transport:
        for _ in range(limits.max_redirects + 1):
            request = _request(address, url, known)
            response = await _send(transport, request, url, allow_private)
            try:
                location = response.headers.get("location")
                if response.status_code in _REDIRECTS and location:
                    address = _joined(address, location, url)
                    continue
                if response.status_code == 304 and any(known):
                    return Fetched(b"", "", address, known, unchanged=True)
                if response.status_code != 200:
                    raise LoadError(
                        "http-status",
                        url,
                        f"the server answers with status {response.status_code}",
                        "Open the address in a browser to see why",
                        (f"服务器返回状态 {response.status_code}", "请用浏览器打开该网址查看原因"),
                    )
                name = _name(address, response.headers, url)
                marks = Marks(*(response.headers.get(n, "") for n in ("etag", "last-modified")))
                return Fetched(await _body(response, limits, url), name, address, marks)
            finally:
                await response.aclose()
    raise LoadError(
        "too-many-redirects",
        url,
        f"the address redirects more than {limits.max_redirects} times",
        "Open it in a browser and use the final address",
        (f"重定向超过 {limits.max_redirects} 次", "请用浏览器打开后使用最终网址"),
    )


def _request(address: str, where: str, known: Marks) -> httpx.Request:
    import httpx

    asked = {"If-None-Match": known.etag, "If-Modified-Since": known.modified}
    headers = _HEADERS | {name: value for name, value in asked.items() if value}
    try:
        return httpx.Request("GET", address, headers=headers)
    except (httpx.InvalidURL, ValueError, UnicodeError):
        raise _bad_address(where) from None


def _joined(address: str, location: str, where: str) -> str:
    import httpx

    try:
        return str(httpx.URL(address).join(location))
    except (httpx.InvalidURL, ValueError, UnicodeError):
        raise _bad_address(where) from None


async def _send(
    transport: httpx.AsyncHTTPTransport, request: httpx.Request, where: str, allow_private: bool
) -> httpx.Response:
    """Connect to one of the host's checked addresses; Host header and TLS name stay the host's."""
    import httpx

    url = request.url
    if url.scheme not in ("http", "https") or not url.host or url.userinfo:
        raise _bad_address(where)
    port = url.port or (443 if url.scheme == "https" else 80)
    if not allow_private and port not in PORTS:
        raise LoadError(
            "bad-address",
            where,
            f"port {port} is not one that pages are fetched from",
            "Use an ordinary http(s) address",
            (f"不允许访问端口 {port}", "请使用普通的 http(s) 网址"),
        )
    addresses = await _resolve(url.raw_host.decode("ascii"), port, where)
    if not allow_private:
        for address in addresses:
            check_address(address, where)
    seconds = httpx.Timeout(10.0).as_dict()
    failure: Exception | None = None
    for address in addresses:
        pinned = httpx.Request(
            request.method,
            url.copy_with(host=str(address)),
            headers=request.headers,
            extensions={"timeout": seconds, "sni_hostname": url.raw_host.decode("ascii")},
        )
        try:
            return await transport.handle_async_request(pinned)
        except (httpx.ConnectError, httpx.ConnectTimeout) as error:
            failure = error
        except httpx.HTTPError as error:
            raise _unreachable(where, error) from error
    raise _unreachable(where, failure)


_HOST_NAME = re.compile(r"[\w.-]+", re.ASCII)
_NUMERIC_HOST = re.compile(
    r"[\d.]+|(?:0x[0-9a-f]*|\d+)(?:\.(?:0x[0-9a-f]*|\d+))*\.?", re.IGNORECASE
)


async def _resolve(host: str, port: int, where: str) -> list[Address]:
    with contextlib.suppress(ValueError):
        return [ipaddress.ip_address(host.strip("[]"))]
    if not _HOST_NAME.fullmatch(host):
        raise _bad_address(where)
    if _NUMERIC_HOST.fullmatch(host):  # 2130706433, 0177.0.0.1, 127.1: never meant honestly
        raise _bad_address(where)
    try:
        found = await asyncio.get_running_loop().getaddrinfo(host, port, proto=6)
    except (OSError, UnicodeError) as error:
        raise _unreachable(where, error) from error
    # A zone (fe80::1%eth0) is part of the text of an address, not of the address.
    texts = dict.fromkeys(str(entry[4][0]).partition("%")[0] for entry in found)
    return [ipaddress.ip_address(text) for text in texts]


async def _body(response: httpx.Response, limits: FetchLimits, where: str) -> bytes:
    """The body, decompressed here so that the limit holds while it grows."""
    import httpx

    encoding = response.headers.get("content-encoding", "identity").strip().lower()
    if encoding not in ("", "identity", "gzip", "x-gzip"):
        raise LoadError(
            "unknown-content-type",
            where,
            f"the server sends the page compressed with {encoding!r}",
            "Download the file and add it",
            (f"无法识别的压缩方式 {encoding!r}", "请下载后再添加"),
        )
    body = bytearray()
    try:
        async for piece in _pieces(response, "gzip" in encoding):
            body += piece
            if len(body) > limits.max_bytes:
                size = f"{limits.max_bytes / 2**20:g} MB"
                raise LoadError(
                    "too-large",
                    where,
                    f"the page is larger than {size}",
                    "Download it and split it, or raise the limit",
                    (f"页面超过 {size}", "请下载后拆分，或调高上限"),
                )
    except (httpx.HTTPError, zlib.error) as error:
        raise _unreachable(where, error) from error
    return bytes(body)


async def _pieces(response: httpx.Response, gzip: bool) -> AsyncIterator[bytes]:
    expand = zlib.decompressobj(zlib.MAX_WBITS | 16)
    async for raw in response.aiter_raw():
        if not gzip:
            yield raw
            continue
        pending = raw
        while pending and not expand.eof:
            yield expand.decompress(pending, _PIECE)
            pending = expand.unconsumed_tail
    if gzip:
        if not expand.eof:
            raise zlib.error("the stream ends early")
        yield expand.flush()


def _name(address: str, headers: httpx.Headers, where: str) -> str:
    """A file name whose ending fits the content type."""
    import httpx

    kind = headers.get("content-type", "").partition(";")[0].strip().lower()
    name = _attachment(headers.get("content-disposition", ""))
    name = name or PurePosixPath(unquote(httpx.URL(address).path)).name or "index"
    path = PurePosixPath(name.replace("/", "_").replace("\\", "_"))
    if kind in _UNTYPED and path.suffix.lower() in FORMATS:
        return path.name
    suffix = _CONTENT_TYPES.get(kind)
    if suffix is None:
        raise LoadError(
            "unknown-content-type",
            where,
            f"the server calls this {kind or 'nothing'!r}, not a page, text, PDF or Word file",
            "Use the address of the document itself",
            (f"内容类型 {kind!r} 不是网页、文本、PDF 或 Word 文件", "请使用文件本身的网址"),
        )
    said = FORMATS.get(path.suffix.lower())
    if said == FORMATS[suffix] or (said == "md" and suffix == ".txt"):
        return path.name
    return (path.stem if path.suffix else path.name) + suffix


def _attachment(disposition: str) -> str:
    encoded = re.search(r"filename\*\s*=\s*utf-8''([^;]+)", disposition, re.IGNORECASE)
    if encoded:
        return unquote(encoded[1]).strip()
    plain = re.search(r'filename\s*=\s*(?:"([^"]+)"|([^;]+))', disposition, re.IGNORECASE)
    return (plain[1] or plain[2]).strip() if plain else ""


def _bad_address(where: str) -> LoadError:
    return LoadError(
        "bad-address",
        where,
        "this is not an address of a page (http://… or https://…)",
        "Copy the address from the browser",
        ("不是有效的网页地址（http://… 或 https://…）", "请从浏览器复制网址"),
    )


def _unreachable(where: str, error: Exception | None) -> LoadError:
    reason = " ".join(str(error or "").split()) or type(error).__name__
    return LoadError(
        "unreachable",
        where,
        f"the server cannot be reached: {reason}",
        "Check the address and the connection",
        (f"无法连接服务器：{reason}", "请检查网址和网络连接"),
    )
