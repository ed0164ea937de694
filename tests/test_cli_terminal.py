"""The command line between other programs and before a person: pipes, statuses, chat, export."""

from __future__ import annotations

import io
import json
import os
import pty
import re
import select
import subprocess
import sys
import time
from pathlib import Path

import pytest
from docx import Document

from tests.projects import ROOT, Project, law

NAME = "甲省政府采购管理办法"
FIRST, SECOND = f"{NAME}第三条", f"{NAME}第四条"
REFUSED = "今天成都天气怎么样?"
ADDRESS = "https://www.example.gov.cn/rules.html"
ESCAPE = re.compile(r"\x1b\[[0-9;?]*[a-zA-Z]")


@pytest.fixture(scope="module")
def project(tmp_path_factory: pytest.TempPathFactory) -> Project:
    project = Project.make(tmp_path_factory.mktemp("terminal") / "project")
    project.write(
        "甲办法.md", f"---\nurl: {ADDRESS}\npublished: 2021-03-01\n---\n\n{law(NAME, 20)}"
    )
    project.write("乙规定.txt", law("乙省政府采购代理机构规定", 3))
    done = project.run("ingest", "add", str(project.corpus))
    assert done.returncode == 0, done.stderr
    return project


def test_status_says_whether_the_corpus_answers(project: Project) -> None:
    assert project.run("app", "ask", FIRST).returncode == 0
    refused = project.run_apart("app", "ask", REFUSED)
    assert refused.returncode == 3 and refused.stdout.strip() and not refused.stderr
    lines = f"{REFUSED}\n{FIRST}\n"
    assert project.run("app", "ask", "-", "--json", input=lines).returncode == 0
    nothing = project.run("app", "search", "采购", "--region", "无此地")
    assert nothing.returncode == 3 and not nothing.stdout


def test_days_limit_the_search(project: Project) -> None:
    assert project.run("app", "search", "采购", "--since", "2021-03-01").returncode == 0
    assert project.run("app", "search", "采购", "--since", "2021-03-02").returncode == 3
    for wrong in ("2021", "2021-02-30", "昨天"):
        told = project.run("app", "search", "采购", "--since", wrong)
        assert told.returncode == 2


def test_one_line_for_each_mistake(project: Project, tmp_path: Path) -> None:
    for arguments in (
        ["ask", "  "],
        ["ask", FIRST, "--document", "无此文件"],
        ["ask", FIRST, "--document", "省政府采购"],
        ["export", str(tmp_path / "none.txt")],
        ["export", "-", "-o", str(tmp_path / "x.odt")],
        ["export", "-", "-o", str(tmp_path / "no" / "x.md")],
        ["export", "-"],
        ["serve", "--port", "70000"],
    ):
        given = "" if arguments == ["export", "-"] else FIRST
        for language in ("en", "zh"):
            done = project.run("app", *arguments, input=given, language=language)
            assert done.returncode == 1, (arguments, done.stderr)
            assert done.stderr.count("\n") == 1 and not done.stdout, arguments
            assert "Traceback" not in done.stderr
            assert ("。" in done.stderr) is (language == "zh"), done.stderr


def test_bytes_that_are_no_text(project: Project) -> None:
    done = subprocess.run(
        project.command("app", "ask", "-"),
        cwd=ROOT,
        input="什么是政府采购".encode("gbk"),
        capture_output=True,
        timeout=120,
        env={**os.environ, "LC_ALL": "C.UTF-8"},
    )
    assert done.returncode == 1
    assert done.stderr.decode().startswith("line 1: ") and b"Traceback" not in done.stderr


def test_answers_go_down_the_pipe_as_they_come_and_a_closed_pipe_is_quiet(
    project: Project,
) -> None:
    process = subprocess.Popen(
        project.command("app", "ask", "-", "--json"),
        cwd=ROOT,
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    )
    assert process.stdin and process.stdout and process.stderr
    for question in (FIRST, SECOND):
        process.stdin.write(f"{question}\n")
        process.stdin.flush()
        assert json.loads(process.stdout.readline())["question"] == question  # before the next
    process.stdout.close()
    with pytest.raises(BrokenPipeError):
        for _ in range(400):
            process.stdin.write(f"{FIRST}\n")
            process.stdin.flush()
            time.sleep(0.05)
    assert process.wait(timeout=60) == 141
    assert process.stderr.read() == ""


def test_filters(project: Project) -> None:
    done = project.run("app", "search", "工作日", "--json", "--document", "乙省", "-k", "50")
    titles = {hit["title"] for hit in json.loads(done.stdout)["results"]}
    assert titles == {"乙省政府采购代理机构规定"}


def test_chat_in_a_pipe(project: Project, tmp_path: Path) -> None:
    saved = tmp_path / "talk.jsonl"
    lines = [FIRST, "1", "o 1", "那第四条呢？", f":w {saved}", ":n", ":q", "not read"]
    done = project.run("app", "chat", input="\n".join(lines) + "\n")
    assert done.returncode == 0 and not done.stderr
    assert "\x1b" not in done.stdout and "? " not in done.stdout
    assert f"《{NAME}》第三条" in done.stdout
    for mark, days in (("┃", 3), (" ", 2), (" ", 4)):
        assert re.search(rf"^{mark} .*{days}个工作日", done.stdout, re.M), days
    assert ADDRESS in done.stdout.splitlines()
    answers = [json.loads(line) for line in saved.read_text(encoding="utf-8").splitlines()]
    assert [answer["question"] for answer in answers] == [FIRST, "那第四条呢？"]
    assert "第四条" in answers[1]["citations"][0]["section"]
    bad = project.run("app", "chat", input=f"{FIRST}\n9\n")
    assert bad.returncode == 1 and bad.stderr.startswith("[9]: ")
    assert project.run("app", "chat", input="").returncode == 0


def test_chat_before_a_person(project: Project) -> None:
    master, slave = pty.openpty()
    process = subprocess.Popen(
        project.command("app", "chat"),
        cwd=ROOT,
        stdin=slave,
        stdout=slave,
        stderr=slave,
        env={**os.environ, "LC_ALL": "C.UTF-8", "TERM": "xterm", "NO_COLOR": ""},
        start_new_session=True,
    )
    os.close(slave)
    seen = b""

    def wait_for(text: str) -> str:
        nonlocal seen
        deadline = time.monotonic() + 60
        while text not in seen.decode(errors="ignore"):
            assert time.monotonic() < deadline, seen.decode(errors="ignore")
            if select.select([master], [], [], 0.5)[0]:
                seen += os.read(master, 65536)
        shown, seen = seen.decode(errors="ignore"), b""
        return shown

    def type_line(text: str) -> None:
        os.write(master, f"{text}\r".encode())

    assert "1         show citation [1]" in wait_for("\n? ")
    type_line(FIRST)
    shown = wait_for("\n? ")
    assert "\x1b[36m[1]\x1b[0m" in shown
    assert f"《{NAME}》第三条" in ESCAPE.sub("", shown)
    type_line("7")
    assert "the last answer has no such citation" in wait_for("\n? ")
    type_line("1")
    assert "┃ " in wait_for("\n? ")
    type_line(":q")
    assert process.wait(timeout=120) == 0
    os.close(master)


def test_colour_only_where_somebody_looks(monkeypatch: pytest.MonkeyPatch) -> None:
    from app.commands.showing import Style

    class Terminal(io.StringIO):
        def isatty(self) -> bool:
            return True

    monkeypatch.delenv("NO_COLOR", raising=False)
    monkeypatch.setenv("TERM", "xterm")
    assert Style.of_terminal(Terminal()).on and not Style.of_terminal(io.StringIO()).on
    monkeypatch.setenv("NO_COLOR", "1")
    assert not Style.of_terminal(Terminal()).on
    monkeypatch.delenv("NO_COLOR")
    monkeypatch.setenv("TERM", "dumb")
    assert not Style.of_terminal(Terminal()).on


def test_export_of_questions_in_each_format(project: Project, tmp_path: Path) -> None:
    questions = tmp_path / "questions.txt"
    questions.write_text(f"{FIRST}\n\n那第四条呢？\n", encoding="utf-8")
    names = {ending: tmp_path / f"answers.{ending}" for ending in ("jsonl", "md", "docx")}
    source = str(questions)
    for ending, target in names.items():
        options = [] if ending != "jsonl" else ["--conversation"]
        done = project.run("app", "export", source, "-o", str(target), *options)
        assert done.returncode == 0 and not done.stdout, done.stderr
        source = str(names["jsonl"])  # what was saved once is written again, not asked again
    answers = [json.loads(x) for x in names["jsonl"].read_text(encoding="utf-8").splitlines()]
    assert len(answers) == 2 and "第四条" in answers[1]["citations"][0]["section"]
    markdown = names["md"].read_text(encoding="utf-8")
    written = "\n".join(p.text for p in Document(str(names["docx"])).paragraphs)
    for answer in answers:
        assert answer["question"] in markdown and answer["question"] in written
        for citation in answer["citations"]:
            assert citation["official"].split("》")[1] in markdown
    piped = project.run("app", "export", "--format", "md", input=names["jsonl"].read_text("utf-8"))
    assert piped.returncode == 0 and piped.stdout == markdown
    broken = project.run("app", "export", input='{"answer": 3}\n')
    assert broken.returncode == 1 and broken.stderr.startswith("-:1: ")


def test_export_of_documents(project: Project) -> None:
    done = project.run("app", "export", "--documents")
    documents = [json.loads(line) for line in done.stdout.splitlines()]
    assert len(documents) == 2
    for document in documents:
        first = next(e for e in document["outline"] if e["section"] == "第一条")
        assert document["text"][first["start"] : first["end"]].startswith("第1条")
    limited = project.run("app", "export", "--documents", "--document", "乙省").stdout
    assert [json.loads(line)["title"] for line in limited.splitlines()] == [
        "乙省政府采购代理机构规定"
    ]


def test_version(project: Project) -> None:
    done = subprocess.run(
        [sys.executable, "-m", "app", "--version"], cwd=ROOT, capture_output=True, text=True
    )
    assert done.returncode == 0 and done.stdout.startswith("zhengcai-wenda")
