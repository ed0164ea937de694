"""Vectors behind a real Chroma server: token, TLS, time-outs, and what happens while it is away."""

from __future__ import annotations

import socket
import time
from collections.abc import Iterator
from pathlib import Path

import pytest
from fastapi import FastAPI
from fastapi.testclient import TestClient

from app.api.gate import Gate
from app.api.health import router
from app.api.metrics import Metrics
from app.i18n import text_in
from app.service import Assistant
from benchmarks.serving import free_port
from ingest.embed import Embedder
from ingest.errors import SettingsError, UserError
from ingest.index import Index, writing
from ingest.pipeline import add_paths
from ingest.settings import Settings, StoreSettings
from ingest.storage.chroma_server import ChromaServer
from ingest.storage.reach import Reach
from tests.projects import Project, law
from tests.servers import Chroma, Nginx, certificate, listens, until

QUESTION = "供应商应当在几个工作日内提交履约保证金？"


@pytest.fixture(scope="module")
def chroma(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Chroma]:
    server = Chroma(tmp_path_factory.mktemp("chroma"))
    server.start()
    yield server
    server.kill()


@pytest.fixture(scope="module")
def project(tmp_path_factory: pytest.TempPathFactory, chroma: Chroma) -> Project:
    project = Project.make(
        tmp_path_factory.mktemp("served") / "project",
        f"store: {{mode: server, port: {chroma.port}}}\nserver: {{processes: 0}}\n",
    )
    project.write("甲办法.txt", law("甲省政府采购管理办法", 12))
    add(project.settings, project.corpus)
    return project


def add(settings: Settings, *paths: Path) -> None:
    with writing(settings):
        summary = add_paths(list(paths), settings, Embedder(settings))
    assert not summary.failures


def test_away_for_a_while_words_answer_and_it_comes_back(chroma: Chroma, project: Project) -> None:
    assistant = Assistant(project.settings)
    assistant.warm()
    page = FastAPI()
    page.include_router(router(assistant, Metrics(assistant, Gate(8, 100))))
    client = TestClient(page)

    def vectors() -> str:
        found = client.get("/readyz")
        assert found.status_code == 200, found.text
        return str(found.json()["vectors"])

    whole = assistant.ask(QUESTION)
    assert not whole.abstained and not whole.notice and vectors() == "there"
    chroma.kill()
    began = time.monotonic()
    away = assistant.ask("供应商应当在几个工作日内公开采购意向？")
    assert time.monotonic() - began < 30
    assert not away.abstained and away.notice == text_in("zh", "byWords")
    assert assistant.ask(QUESTION).notice == ""  # made before, and as good as it was
    assert assistant.ask(
        "财政部门应当在几个工作日内公开采购意向？", language="en"
    ).notice == text_in("en", "byWords")
    until(lambda: vectors() == "away", "/readyz does not say that it is away")
    assert "zhengcai_vectors_away 1.0" in client.get("/metrics").text
    chroma.start()
    until(lambda: vectors() == "there", "/readyz does not say that it is back")
    again = "供应商应当在几个工作日内公开采购意向？"
    until(lambda: not assistant.ask(again).notice, "vectors do not come back")
    assert "zhengcai_vectors_away 0.0" in client.get("/metrics").text
    assistant.index.close()


def test_started_while_it_is_away_it_answers_all_the_same(chroma: Chroma, project: Project) -> None:
    chroma.kill()
    try:
        assistant = Assistant(project.settings)
        assistant.warm()
        assert not assistant.ask(QUESTION).abstained
    finally:
        chroma.start()
    until(lambda: not assistant.ask(QUESTION).notice, "vectors do not come back")
    assistant.index.close()


def test_adding_waits_for_it(chroma: Chroma, project: Project) -> None:
    index = Index.open(project.settings)
    before = len(index.documents())
    chroma.kill()
    impatient = project.settings.store.model_copy(update={"retries": 1})
    file = project.write("乙办法.txt", law("乙省政府采购管理办法", 8))
    with writing(project.settings), pytest.raises(UserError, match="no Chroma server answers"):
        settings = project.settings.model_copy(update={"store": impatient})
        add_paths([file], settings, Embedder(settings))
    assert len(index.documents()) == before
    chroma.start()
    add(project.settings, file)
    assert len(index.documents()) == before + 1
    index.close()


def test_vectors_move_to_a_server(chroma: Chroma, tmp_path: Path) -> None:
    project = Project.make(tmp_path / "moved", "answer: {reader: none}\n")
    project.write("甲办法.txt", law("甲省政府采购管理办法", 4))
    add(project.settings, project.corpus)
    with project.config.open("a", encoding="utf-8") as config:
        config.write(f"store: {{mode: server, port: {chroma.port}}}\n")
    done = project.run("ingest", "check", "--repair")
    assert done.returncode == 0, done.stdout + done.stderr
    index = Index.open(project.settings)
    assert index.vectors.count() == len(index.catalogue.some_passages(100)) > 0
    index.close()


def test_one_that_never_answers_is_given_up_in_time() -> None:
    with socket.create_server(("127.0.0.1", 0), backlog=5) as silent:
        port = silent.getsockname()[1]
        settings = StoreSettings(mode="server", port=port, timeout=0.3, connect_timeout=0.3)
        began = time.monotonic()
        with pytest.raises(UserError, match="no Chroma server answers"):
            ChromaServer(settings, patient=False).get_collection("zhengcai-none")
        assert time.monotonic() - began < 30
        assert Reach(settings).fault is not None


def test_token_and_certificate(
    chroma: Chroma, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    made, key = certificate(tmp_path)
    port = free_port()
    nginx = Nginx(
        tmp_path / "nginx",
        f"""server {{
            listen 127.0.0.1:{port} ssl;
            ssl_certificate {made};
            ssl_certificate_key {key};
            if ($http_authorization != "Bearer sesame") {{ return 401; }}
            location / {{ proxy_pass http://127.0.0.1:{chroma.port}; }}
        }}""",
    )
    nginx.start(port)
    right = StoreSettings(
        mode="server", port=port, ssl=True, ca_file=str(made), token_env="TEST_CHROMA_TOKEN"
    )
    try:
        monkeypatch.setenv("TEST_CHROMA_TOKEN", "sesame")
        assert Reach(right).fault is None
        server = ChromaServer(right, patient=True)
        assert server.get_or_create_collection("behind-tls").count() == 0
        server.close()
        monkeypatch.setenv("TEST_CHROMA_TOKEN", "wrong")
        with pytest.raises(UserError, match="refuses the token") as caught:
            ChromaServer(right, patient=True).get_collection("behind-tls")
        assert "令牌" in caught.value.line("zh") and "wrong" not in caught.value.line()
        unknown = right.model_copy(update={"ca_file": None})
        with pytest.raises(UserError, match="certificate is not trusted"):
            ChromaServer(unknown, patient=True).get_collection("behind-tls")
        without = right.model_copy(update={"token_env": None})
        with pytest.raises(UserError, match="wants a token"):
            ChromaServer(without, patient=True).get_collection("behind-tls")
    finally:
        nginx.stop()
    assert not listens(port)


def test_a_token_or_certificate_that_is_not_there_is_one_line(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.delenv("TEST_CHROMA_TOKEN", raising=False)
    with pytest.raises(SettingsError, match=r"TEST_CHROMA_TOKEN: .* holds no token"):
        ChromaServer(StoreSettings(mode="server", token_env="TEST_CHROMA_TOKEN"), patient=False)
    nowhere = StoreSettings(mode="server", ssl=True, ca_file=str(tmp_path / "none.pem"))
    with pytest.raises(SettingsError, match=r"none\.pem: it cannot be read as certificates"):
        ChromaServer(nowhere, patient=False)
