"""The server process: what it sends and refuses, and what it says when it cannot start."""

from __future__ import annotations

import re
import socket
import subprocess

import httpx

from tests.e2e.conftest import Site
from tests.projects import ROOT, Project


def test_page_has_a_policy_and_points_nowhere_else(site: Site) -> None:
    response = httpx.get(site.url)
    policy = response.headers["content-security-policy"]
    nonce = re.search(r"'nonce-([\w-]+)'", policy)
    assert nonce
    scripts = re.findall(r"<script[^>]*>", response.text)
    assert scripts and all(f'nonce="{nonce[1]}"' in script for script in scripts)
    sources = {part.split()[0]: part.split()[1:] for part in policy.split("; ")}
    assert not {"'unsafe-inline'", "'unsafe-eval'"} & set(sources["script-src"])
    assert not [s for listed in sources.values() for s in listed if "://" in s or s == "*"]
    assert response.headers["x-content-type-options"] == "nosniff"
    assert response.headers["referrer-policy"] == "same-origin"
    linked = re.findall(r'(?:src|href|content)="(https?://[^"]+)"', response.text)
    assert not [link for link in linked if not link.startswith(site.url.rstrip("/"))]
    assert httpx.get(site.url).headers["content-security-policy"] != policy


def test_original_comes_back_byte_for_byte(site: Site) -> None:
    corpus = httpx.get(f"{site.url}ui/corpus").json()
    files = {file.read_bytes() for file in site.project.corpus.iterdir()}
    for document in corpus["titles"]:
        response = httpx.get(f"{site.url}ui/original/{document['id']}")
        assert response.content in files
        assert response.headers["content-disposition"].startswith("attachment")
        assert response.headers["content-type"] == "application/octet-stream"


def test_what_is_not_there_is_not_served(site: Site) -> None:
    for path in (
        "ui/original/0000000000",
        "ui/source/0000000000",
        "ui/assets/x/../i18n.py",
        "ui/assets/x/..%2Fi18n.py",
        "ui/assets/x/%2e%2e/ui.py",
        "ui/assets/x/js/missing.js",
    ):
        assert httpx.get(site.url + path).status_code == 404, path


def test_senseless_marks_are_ignored(site: Site) -> None:
    first = httpx.get(f"{site.url}ui/corpus").json()["titles"][0]["id"]
    query = "mark=x&mark=5-2&mark=-1-3&mark=0-99999999&mark=1-2-3-4"
    response = httpx.get(f"{site.url}ui/source/{first}?{query}")
    assert response.status_code == 200
    assert "<mark" not in response.json()["html"]


def test_a_port_in_use_is_one_clear_line(site: Site, project: Project) -> None:
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        taken.listen()
        port = taken.getsockname()[1]
        done = serve(project, port)
    assert done.returncode == 1
    assert not done.stdout
    assert done.stderr.count("\n") == 1 and f"127.0.0.1:{port}" in done.stderr
    assert "server.port" in done.stderr


def serve(project: Project, port: int) -> subprocess.CompletedProcess[str]:
    import os

    return subprocess.run(
        project.command("app", "serve"),
        cwd=ROOT,
        capture_output=True,
        text=True,
        timeout=120,
        env={**os.environ, "LC_ALL": "C.UTF-8", "ZHENGCAI_SERVER__PORT": str(port)},
    )
