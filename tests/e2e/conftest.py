"""A real server over a real index of a small corpus, and a real browser that reaches nothing else.

Every page made by ``open_page`` fails its test if it asks another host for anything, or if a
script error or a refused resource shows in its console.
"""

from __future__ import annotations

import hashlib
import os
import shutil
import subprocess
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import pytest
from playwright.sync_api import Browser, Page, expect, sync_playwright

from benchmarks.serving import CHROMIUM, FLAGS, READY, free_port
from ingest.prepare import Origin, prepare
from tests.e2e.texts import HOSTILE, LAW
from tests.projects import ROOT, Project
from tests.servers import serving

expect.set_options(timeout=90_000)
"""A busy machine is slow; what is expected may take as long as Playwright's other waits."""


@dataclass(frozen=True)
class Site:
    """The running chat, its files, and the texts that its documents should have."""

    url: str
    project: Project
    texts: dict[str, str] = field(default_factory=dict)

    def text(self, content_hash: str) -> str:
        """The text of the document made from the file with this hash, not read from the index."""
        if content_hash in self.texts:
            return self.texts[content_hash]
        for file in self.project.corpus.iterdir():
            if hashlib.sha256(file.read_bytes()).hexdigest() == content_hash:
                document = prepare(Origin(file.name, file), self.project.settings).document
                self.texts[content_hash] = document.text
                return document.text
        raise AssertionError("a citation names a document that is not in the corpus")


@pytest.fixture(scope="session")
def project(tmp_path_factory: pytest.TempPathFactory, seed_file: Path) -> Project:
    project = Project.make(tmp_path_factory.mktemp("chat") / "project")
    shutil.copy(seed_file, project.corpus)
    project.write("示例采购管理办法.md", LAW)
    project.write("hostile.txt", HOSTILE)
    done = project.run("ingest", "add", str(project.corpus))
    assert done.returncode == 0, done.stderr
    return project


@pytest.fixture(scope="session")
def site(project: Project) -> Iterator[Site]:
    with serving(project) as url:
        yield Site(url, project)


@dataclass
class Running:
    """The chat of ``project`` on a free port; gives its address and process."""

    project: Project
    environment: tuple[tuple[str, str], ...] = ()

    def __enter__(self) -> tuple[str, subprocess.Popen[str]]:
        port = free_port()
        self.process = subprocess.Popen(
            self.project.command("app", "serve"),
            cwd=ROOT,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
            env={
                **os.environ,
                "LC_ALL": "C.UTF-8",
                "ZHENGCAI_SERVER__PORT": str(port),
                **dict(self.environment),
            },
        )
        assert self.process.stdout is not None and self.process.stderr is not None
        line = self.process.stdout.readline()
        if "is ready" not in line:
            self.process.kill()
            raise AssertionError(f"the chat did not start: {line}{self.process.stderr.read()}")
        assert f"http://127.0.0.1:{port}" in line
        return f"http://127.0.0.1:{port}/", self.process

    def __exit__(self, *_: object) -> None:
        self.process.terminate()
        try:
            self.process.wait(timeout=90)
        except subprocess.TimeoutExpired:
            self.process.kill()
            raise


@pytest.fixture(scope="session")
def browser() -> Iterator[Browser]:
    found = next((path for name in CHROMIUM if (path := shutil.which(name))), None)
    if found is None:
        reason = "no Chromium is installed (as root: apt-get install chromium)"
        if os.environ.get("CI") == "true":
            pytest.fail(reason)
        pytest.skip(reason)
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=found, args=FLAGS)
        yield browser
        browser.close()


@pytest.fixture
def open_page(browser: Browser, site: Site) -> Iterator[Callable[..., Page]]:
    contexts = []
    complaints: list[str] = []

    def open_page(url: str = site.url, *, allow_errors: bool = False, **options: Any) -> Page:
        context = browser.new_context(
            **{"locale": "zh-CN", "viewport": {"width": 1440, "height": 900}, **options}
        )
        contexts.append(context)
        context.grant_permissions(["clipboard-read", "clipboard-write"])
        page = context.new_page()

        def watch(request: Any) -> None:
            if not request.url.startswith((site.url, url, "data:", "blob:")):
                complaints.append(f"asked for {request.url}")

        page.on("request", watch)
        if not allow_errors:
            page.on("pageerror", lambda error: complaints.append(f"script error: {error}"))
            page.on("console", lambda m: complaints.append(m.text) if m.type == "error" else None)
        page.goto(url)
        page.wait_for_selector(READY)
        return page

    yield open_page
    for context in contexts:
        context.close()
    assert not complaints


def ask(page: Page, question: str) -> float:
    """Ask and wait for the whole answer; gives the seconds to its first words."""
    before = page.locator(".foot").count()
    shown = page.locator(".statement, .abstention").count()
    page.fill("#question", question)
    began = time.perf_counter()
    page.keyboard.press("Enter")
    page.wait_for_function(
        "n => document.querySelectorAll('.statement, .abstention').length > n", arg=shown
    )
    first = time.perf_counter() - began
    page.wait_for_function("n => document.querySelectorAll('.foot').length > n", arg=before)
    return first
