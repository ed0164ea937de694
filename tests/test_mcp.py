"""The MCP server as MCP's own client sees it: over standard input and output, and over HTTP."""

from __future__ import annotations

import os
import re
import sys
from collections.abc import AsyncIterator, Awaitable, Callable, Iterator
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

import anyio
import httpx
import pytest
from mcp import Client, StdioServerParameters
from mcp.client.stdio import stdio_client

from tests.projects import ROOT, Project, law, run_async
from tests.servers import serving

CJK = re.compile(r"[\u4e00-\u9fff]")
NAME = "甲省政府采购管理办法"
QUESTION = f"{NAME}第三条的内容是什么？"


@pytest.fixture(scope="module")
def project(tmp_path_factory: pytest.TempPathFactory, seed_file: Path) -> Project:
    project = Project.make(tmp_path_factory.mktemp("mcp") / "project")
    (project.corpus / "四川.txt").write_bytes(seed_file.read_bytes())
    project.write("甲办法.txt", law(NAME, 20))
    done = project.run("ingest", "add", str(project.corpus))
    assert done.returncode == 0, done.stderr
    return project


@pytest.fixture(scope="module")
def url(project: Project) -> Iterator[str]:
    with serving(project) as url:
        yield url


Use = Callable[[Client], Awaitable[None]]


@pytest.fixture(params=["stdio", "http"])
def with_client(request: pytest.FixtureRequest, project: Project) -> Callable[[Use], None]:
    """Calls a function with a client that is connected by one of the transports."""
    if request.param == "http":
        address = f"{request.getfixturevalue('url')}mcp"

    @asynccontextmanager
    async def connected() -> AsyncIterator[Client]:
        if request.param == "http":
            target: Any = address
        else:
            command = project.command("app", "mcp")
            target = stdio_client(
                StdioServerParameters(
                    command=command[0], args=command[1:], env=dict(os.environ), cwd=ROOT
                )
            )
        async with Client(target) as client:
            yield client

    def run(use: Use) -> None:
        async def main() -> None:
            with anyio.fail_after(120):
                async with connected() as client:
                    await use(client)

        run_async(main)

    return run


async def called(client: Client, tool: str, **arguments: Any) -> tuple[str, dict[str, Any]]:
    """The words and the data of a call that succeeds."""
    result = await client.call_tool(tool, arguments)
    assert not result.is_error, result.content
    return result.content[0].text, result.structured_content


async def refused(client: Client, tool: str, **arguments: Any) -> str:
    """The words of a call that fails."""
    result = await client.call_tool(tool, arguments)
    assert result.is_error
    text: str = result.content[0].text
    assert "Traceback" not in text
    return text


def test_all_tools_over_each_transport(with_client: Callable[[Use], None]) -> None:
    async def use(client: Client) -> None:
        tools = {tool.name: tool for tool in (await client.list_tools()).tools}
        assert tools.keys() == {"ask", "search", "read_section", "list_documents"}
        for tool in tools.values():
            chinese, _, english = tool.description.partition(" · ")
            assert CJK.search(chinese) and len(english) > 40
            assert tool.annotations.read_only_hint and tool.output_schema

        text, answer = await called(client, "ask", question=QUESTION)
        assert not answer["abstained"] and "[1]" in text
        citation = answer["citations"][0]
        assert citation["official"] == f"《{NAME}》第三条" and citation["official"] in text

        read, section = await called(
            client,
            "read_section",
            document=citation["document"],
            start=citation["start"],
            end=citation["end"],
        )
        assert section["text"] == citation["text"] and section["text"] in read
        assert section["official"] == citation["official"]
        _, named = await called(client, "read_section", document=NAME, section="第3条")
        assert named["text"].startswith("第3条") and named["previous"]["section"] == "第二条"

        text, abstained = await called(client, "ask", question="今天成都天气怎么样?", language="en")
        assert abstained["abstained"] and not abstained["citations"]

        text, found = await called(client, "search", question="答复质疑", k=3)
        assert [hit["rank"] for hit in found["results"]] == [1, 2, 3]
        assert all(hit["text"] in text for hit in found["results"])
        only = {"documents": [citation["document"]]}
        _, limited = await called(client, "search", question="答复质疑", filters=only)
        assert {hit["document"] for hit in limited["results"]} == {citation["document"]}

        text, listed = await called(client, "list_documents", words="甲省")
        assert listed["total"] == 1 and listed["documents"][0]["id"] in text

        for language, words in (("zh", "请先查看该文件的目录"), ("en", "has no such section")):
            said = await refused(
                client, "read_section", document=NAME, section="第九十九条", language=language
            )
            assert words in said
        assert "no such document" in await refused(
            client, "read_section", document="无此文件", section="第一条", language="en"
        )
        await refused(client, "search", question="", k=3)
        await refused(client, "search", question="问", k=0)

    with_client(use)


def test_stdio_speaks_of_a_missing_index_in_the_call(tmp_path: Path) -> None:
    project = Project.make(tmp_path / "empty")
    command = project.command("app", "mcp")
    server = StdioServerParameters(
        command=sys.executable, args=command[1:], env=dict(os.environ), cwd=ROOT
    )

    async def main() -> None:
        with anyio.fail_after(60):
            async with Client(stdio_client(server)) as client:
                said = await refused(client, "ask", question="问", language="en")
                assert "python -m ingest add" in said

    run_async(main)


def test_http_refuses_other_names_and_origins(url: str) -> None:
    body = {"jsonrpc": "2.0", "id": 1, "method": "tools/list", "params": {}}
    accept = {"accept": "application/json, text/event-stream"}
    for headers, status in (
        ({"host": "rebound.example"}, 421),
        ({"origin": "http://other.example"}, 403),
        ({"content-type": "text/plain"}, 400),
    ):
        response = httpx.post(f"{url}mcp", json=body, headers={**accept, **headers})
        assert response.status_code == status, headers
