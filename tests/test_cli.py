"""The two command lines as a person at a terminal uses them."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from ingest.storage.decisions import Decisions
from tests.projects import Project, law

QUESTION = "供应商应当在几个工作日内答复质疑？"


@pytest.fixture(scope="module")
def project(tmp_path_factory: pytest.TempPathFactory, seed_file: Path) -> Project:
    project = Project.make(tmp_path_factory.mktemp("cli") / "project")
    (project.corpus / "四川.txt").write_bytes(seed_file.read_bytes())
    project.write("甲办法.txt", law("甲省政府采购管理办法", 20))
    done = project.run_apart("ingest", "add", str(project.corpus))
    assert done.returncode == 0, done.stderr
    assert "2 documents added" in done.stdout and "0 failed" in done.stdout
    return project


def test_adding_again_skips_unchanged_files(project: Project) -> None:
    done = project.run("ingest", "add", str(project.corpus))
    assert done.returncode == 0
    assert "0 documents added" in done.stdout and "2 unchanged" in done.stdout


def test_summary_names_repairs(project: Project) -> None:
    done = project.run("ingest", "build")
    assert done.returncode == 0, done.stderr
    assert "pinyin" in done.stdout and "encoding" in done.stdout


def test_list_and_show(project: Project) -> None:
    done = project.run("ingest", "list")
    assert "甲省政府采购管理办法" in done.stdout and "四川" in done.stdout
    records = json.loads(project.run("ingest", "list", "--json").stdout)
    assert len(records) == 2 and all(record["passages"] for record in records)
    shown = project.run("ingest", "show", "四川").stdout
    assert "一是建立工作领导协调机制" in shown.replace(" ", "")
    assert "pinyin" in shown
    text = project.run("ingest", "show", "甲省", "--text").stdout
    assert "第12条 采购人" in text
    assert json.loads(project.run("ingest", "show", "甲省", "--json").stdout)["sections"]


def test_show_of_an_unknown_or_ambiguous_document(project: Project) -> None:
    missing = project.run("ingest", "show", "不存在的文件")
    assert missing.returncode == 1 and "list" in missing.stderr
    assert "Traceback" not in missing.stderr
    chinese = project.run("ingest", "show", "不存在的文件", language="zh")
    assert "索引中没有这篇文档" in chinese.stderr
    two = project.run("ingest", "show", "政府")
    assert two.returncode in (0, 1) and "Traceback" not in two.stderr


def test_bad_files_are_reported_and_the_others_go_in(tmp_path: Path) -> None:
    project = Project.make(tmp_path / "project")
    project.write("好.txt", law("好省政府采购管理办法", 3))
    project.write("空.txt", "")
    (project.corpus / "图.txt").write_bytes(b"\x89PNG\r\n\x1a\n" + bytes(range(256)) * 8)
    (project.corpus / "坏.docx").write_bytes(b"PK\x03\x04 cut short")
    done = project.run("ingest", "add", str(project.corpus), str(project.corpus / "无.txt"))
    assert done.returncode == 1
    assert "1 documents added" in done.stdout and "4 failed" in done.stdout
    lines = [line for line in done.stderr.splitlines() if line.strip()]
    for name in ("空.txt", "图.txt", "坏.docx", "无.txt"):
        assert sum(name in line for line in lines) == 1, (name, lines)
    assert "Traceback" not in done.stderr
    assert len(json.loads(project.run("ingest", "list", "--json").stdout)) == 1


def test_a_removed_document_comes_back_only_by_its_file(tmp_path: Path) -> None:
    project = Project.make(tmp_path / "project")
    file = project.write("好.txt", law("好省政府采购管理办法", 3))
    assert project.run("ingest", "add", str(project.corpus)).returncode == 0
    done = project.run("ingest", "remove", "好省政府采购管理办法")
    assert done.returncode == 0 and "stays out" in done.stdout

    def titles() -> list[str]:
        found = json.loads(project.run("ingest", "list", "--json").stdout)
        return [document["title"] for document in found]

    project.run("ingest", "add", str(project.corpus))
    assert titles() == []
    change = Decisions(project.settings).changes()[0]
    assert change.action == "remove" and change.who
    project.run("ingest", "add", str(file))
    assert titles() == ["好省政府采购管理办法"]


def test_ask_prints_quotes_with_numbers_and_their_sources(project: Project) -> None:
    done = project.run_apart("app", "ask", "四川2023年度政府购买公共服务支出是多少?")
    assert done.returncode == 0, done.stderr
    assert "178亿元" in done.stdout and "[1]" in done.stdout
    assert "三、坚持守正创新" in done.stdout


def test_ask_json(project: Project) -> None:
    done = project.run("app", "ask", "四川2023年度政府购买公共服务支出是多少?", "--json")
    answer = json.loads(done.stdout)
    assert answer["abstained"] is False
    stored = json.loads(project.run("ingest", "show", "四川", "--json").stdout)
    text = stored["document"]["text"]
    numbers = {citation["n"] for citation in answer["citations"]}
    for statement in answer["statements"]:
        assert statement["citations"] and set(statement["citations"]) <= numbers
    for citation in answer["citations"]:
        assert citation["text"] == text[citation["start"] : citation["end"]]
    assert {"n", "document", "title", "section", "text", "start", "end", "source"} <= set(
        answer["citations"][0]
    )
    assert answer["timings_ms"]["total"] > 0


def test_ask_reads_questions_from_standard_input(project: Project) -> None:
    questions = ["四川2023年度政府购买公共服务支出是多少?", "", "今天成都天气怎么样?"]
    done = project.run("app", "ask", "-", "--json", input="\n".join(questions) + "\n")
    answers = [json.loads(line) for line in done.stdout.splitlines()]
    assert [a["question"] for a in answers] == [questions[0], questions[2]]
    assert [a["abstained"] for a in answers] == [False, True]
    assert answers[1]["citations"] == []


def test_search_ranks_passages(project: Project) -> None:
    done = project.run("app", "search", QUESTION, "-k", "3", "--json")
    found = json.loads(done.stdout)
    assert [r["rank"] for r in found["results"]] == [1, 2, 3]
    scores = [r["score"] for r in found["results"]]
    assert scores == sorted(scores, reverse=True)
    assert "答复质疑" in found["results"][0]["text"]
    questions = f"{QUESTION}\n甲省政府采购管理办法第3条\n"
    lines = project.run("app", "search", "-", "--json", input=questions).stdout
    first, second = map(json.loads, lines.splitlines())
    assert first["question"] == QUESTION
    assert second["results"][0]["text"].startswith("第3条")


def test_mistakes_are_one_line(project: Project, tmp_path: Path) -> None:
    empty = Project.make(tmp_path / "empty")
    for module, arguments in (("app", ["ask", "什么"]), ("app", ["search", "什么"])):
        done = empty.run(module, *arguments)
        assert done.returncode == 1
        assert "python -m ingest add" in done.stderr
        assert len(done.stderr.strip().splitlines()) == 1
    assert project.run("app", "search", "什么", "-k", "0").returncode == 2
    assert project.run("app").returncode == 2
