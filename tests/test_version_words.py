"""Whatever shows a place of a text says which version it is, and of a replaced one by what."""

from __future__ import annotations

import zipfile
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from mcp import Client

from app.api.documents import listed, whole
from app.api.gate import Gate
from app.api.models import FiltersIn
from app.mcp_server import server_for
from app.service import Assistant
from app.web.messages import message_of
from tests.projects import Project, answering, run_async

OLD, NEW = "1999-01-02", "2020-05-28"
BY = f"《示例采购法》（{NEW}）"
SAID = f"{OLD} 版本、已由{BY}取代"
QUESTION = "《旧示例采购法》第一条怎么规定？"
REFUSED = "旧示例采购法的采购保证金退还期限？"
LIST = f"""
texts: [{{title: 示例采购法, version: {NEW}, replaces: [旧示例采购法], source: {{file: a.md}}}}]
replaced: [{{title: 示例合同法, by: 示例采购法, since: {NEW}}}]
"""
HEAD = "---\nkind: law\nversion: '{}'\n---\n\n# {}\n\n"


@pytest.fixture(scope="module")
def project(tmp_path_factory: pytest.TempPathFactory) -> Project:
    project = Project.make(tmp_path_factory.mktemp("old") / "project", "answer: {reader: none}\n")
    project.write("sources.yaml", LIST)
    old = "第一条 采购人应当依照示例合同法在十日内公开采购意向。\n"
    project.write("old.md", HEAD.format(OLD, "旧示例采购法") + old)
    new = "第一条 采购人应当在三十日内公开采购意向。\n"
    project.write("a.md", HEAD.format(NEW, "示例采购法") + new)
    return project


@pytest.fixture(scope="module")
def assistant(project: Project) -> Iterator[Assistant]:
    with answering(project) as assistant:
        yield assistant


def test_in_the_terminal(project: Project, assistant: Assistant) -> None:
    found = project.run("app", "search", QUESTION, language="zh").stdout
    assert SAID in found and f"{NEW} 版本" in found
    talked = project.run("app", "chat", input=f"{REFUSED}\n{QUESTION}\n1\n", language="zh").stdout
    assert talked.count(SAID) == 4, "below the answer, of the citation, the section, the nearest"
    assert f"“示例合同法”已由“示例采购法”取代（{NEW} 起）" in talked


@pytest.mark.parametrize("format", ["md", "docx"])
def test_in_exports(project: Project, assistant: Assistant, tmp_path: Path, format: str) -> None:
    file = tmp_path / f"answers.{format}"
    done = project.run("app", "export", "-o", str(file), input=f"{QUESTION}\n", language="zh")
    assert done.returncode == 0, done.stderr
    if format == "docx":
        with zipfile.ZipFile(file) as parts:
            body = parts.read("word/document.xml").decode()
            notes = parts.read("word/footnotes.xml").decode()
    else:
        body = notes = file.read_text(encoding="utf-8").replace("\\", "")
    assert SAID in notes and "“示例合同法”已由“示例采购法”取代" in body


def test_for_programs(assistant: Assistant) -> None:
    documents = {d["title"]: d for d in listed(assistant, FiltersIn(), "")}
    assert (
        documents["旧示例采购法"]["replaced_by"] == BY == whole(assistant, "old.md")["replaced_by"]
    )
    assert not documents["示例采购法"]["replaced_by"]
    (cited,) = message_of(assistant.ask(QUESTION))["citations"]
    assert (cited["dated"], cited["replaced_by"]) == (OLD, BY)
    assert cited["outdated"] == [{"name": "示例合同法", "by": "示例采购法", "since": NEW}]
    refused = message_of(assistant.ask(REFUSED))
    near = {hit["title"]: hit for hit in refused["nearest"]}
    assert near["旧示例采购法"]["replaced_by"] == BY


def test_for_models(assistant: Assistant) -> None:
    told: dict[str, tuple[str, dict[str, Any]]] = {}

    async def use() -> None:
        async with Client(server_for(assistant, Gate(1, 1))) as client:
            for tool, arguments in {
                "ask": {"question": QUESTION},
                "search": {"question": QUESTION},
                "read_section": {"document": "old.md", "section": "第一条"},
                "list_documents": {},
            }.items():
                result = await client.call_tool(tool, arguments)
                told[tool] = result.content[0].text, result.structured_content

    run_async(use)
    for tool in ("ask", "search", "read_section"):
        assert SAID in told[tool][0], tool
    assert f"已由{BY}取代" in told["list_documents"][0]
    section = told["read_section"][1]
    assert (section["dated"], section["superseded"], section["replaced_by"]) == (OLD, True, BY)
