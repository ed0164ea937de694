"""A library with accounts, and its page opened as the editor."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import httpx
import pytest
from playwright.sync_api import Page

from app.accounts.secrets import hash_password
from tests.e2e.conftest import Site
from tests.e2e.library.page import EDITOR, PASSWORD, READER, Opener
from tests.e2e.texts import HOSTILE, LAW
from tests.projects import Project, web_pages
from tests.servers import serving


@pytest.fixture(scope="package")
def project(tmp_path_factory: pytest.TempPathFactory) -> Project:
    hashed = hash_password(PASSWORD)
    extra = f"""library: {{allow_private_addresses: true}}
accounts:
  - {{name: {EDITOR}, role: editor, password: '{hashed}'}}
  - {{name: {READER}, role: reader, password: '{hashed}'}}
"""
    project = Project.make(tmp_path_factory.mktemp("library") / "project", extra)
    project.write("示例采购管理办法.md", LAW)
    project.write("hostile.txt", HOSTILE)
    done = project.run("ingest", "add", str(project.corpus))
    assert done.returncode == 0, done.stderr
    return project


@pytest.fixture(scope="package")
def site(project: Project) -> Iterator[Site]:
    with serving(project) as url:
        yield Site(url, project)


@pytest.fixture(scope="package")
def session(site: Site) -> dict[str, Any]:
    """What a browser keeps in which the editor logged in."""
    form = {"name": EDITOR, "password": PASSWORD}
    cookies = httpx.post(f"{site.url}login", data=form).cookies
    kept = [
        {"name": name, "value": value, "domain": "127.0.0.1", "path": "/"}
        for name, value in cookies.items()
    ]
    assert kept
    return {"cookies": kept, "origins": []}


@pytest.fixture
def edit(site: Site, session: dict[str, Any], open_page: Opener) -> Opener:
    """Open the library as the editor."""

    def edit(**options: Any) -> Page:
        return open_page(f"{site.url}library", **{"storage_state": session, **options})

    return edit


@pytest.fixture(scope="package")
def web() -> Iterator[tuple[str, dict[str, str]]]:
    """A web server on loopback: its address, and its pages by path."""
    with web_pages() as served:
        yield served
