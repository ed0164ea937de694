"""Fetching from sites as they ask programs to: robots.txt, one request a second, patience."""

from __future__ import annotations

import re
import time
from time import sleep
from urllib.parse import urlsplit
from urllib.robotparser import RobotFileParser

from ingest.errors import LoadError
from ingest.loading.fetch import UNKNOWN, Fetched, FetchLimits, Marks, fetch
from ingest.settings import Settings

AGENT = "zhengcai-wenda"
PAUSE = 1.0
"""Seconds between two requests to one site, at least."""
LONGEST_PAUSE = 30.0
TRIES = 3
_PASSING = {"unreachable", "too-slow"}


class Sites:
    """Fetching with the manners that a site asks for."""

    def __init__(self, settings: Settings) -> None:
        self._limits = FetchLimits(max_bytes=settings.load.max_file_bytes)
        self._private = settings.library.allow_private_addresses
        self._rules: dict[str, RobotFileParser] = {}
        self._last: dict[str, float] = {}
        self._silent: dict[str, LoadError] = {}

    def get(self, url: str, known: Marks = UNKNOWN) -> Fetched:
        """The page at ``url``, unless it is still in the state ``known``.

        :raises LoadError: as :func:`ingest.loading.fetch.fetch`, or ``forbidden``.
        """
        self._ask_leave(url)
        fetched = self._patiently(url, known)
        if fetched.url != url:
            self._ask_leave(fetched.url)
        return fetched

    def _ask_leave(self, url: str) -> None:
        site = _site(url)
        if site not in self._rules:
            self._rules[site] = self._read_rules(site)
        if not self._rules[site].can_fetch(AGENT, url):
            raise LoadError(
                "forbidden",
                url,
                "the site asks programs not to fetch this page (robots.txt)",
                "Open it in a browser, save it and add the file",
                ("该网站不允许程序抓取此页（robots.txt）", "请用浏览器打开并保存，再加入该文件"),
            )

    def _read_rules(self, site: str) -> RobotFileParser:
        rules = RobotFileParser()
        try:
            text = self._patiently(f"{site}/robots.txt").data.decode("utf-8", "replace")
        except LoadError as error:
            none = error.code == "unknown-content-type" or re.search(r"status 4\d\d", error.what)
            if not none:
                raise
            text = ""
        rules.parse(text.splitlines())
        return rules

    def _patiently(self, url: str, known: Marks = UNKNOWN) -> Fetched:
        site = _site(url)
        if site in self._silent:
            raise self._silent[site]
        for attempt in range(1, TRIES + 1):
            self._wait(site)
            try:
                return fetch(url, self._limits, self._private, known)
            except LoadError as error:
                silent = error.code in _PASSING
                busy = re.search(r"status (?:429|5\d\d)", error.what)
                if attempt == TRIES and silent:
                    self._silent[site] = error
                if attempt == TRIES or not (silent or busy):
                    raise
                sleep(PAUSE * 2**attempt)
        raise AssertionError("the last try returns or raises")

    def _wait(self, site: str) -> None:
        delay = self._rules[site].crawl_delay(AGENT) if site in self._rules else None
        pause = max(PAUSE, min(float(delay or 0), LONGEST_PAUSE))
        due = self._last.get(site, -pause) + pause
        sleep(max(0.0, due - time.monotonic()))
        self._last[site] = time.monotonic()


def _site(url: str) -> str:
    parts = urlsplit(url)
    return f"{parts.scheme}://{parts.netloc}"
