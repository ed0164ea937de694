"""Two versions of a law beside each other, by article."""

from __future__ import annotations

import json
from pathlib import Path

from app.versions import compared
from app.web.routes import beside_newer
from ingest.prepare import Origin, prepare_here
from ingest.settings import load_settings
from ingest.storage.catalogue import DocumentRecord, StoredDocument
from ingest.validity import date_of
from tests.projects import ROOT, Project, answering

OLD = (
    "第一条 为了规范采购行为，制定本法。",
    "第二条 供应商应当在七个工作日内提出质疑。",
    "第三条 采购文件应当保存十五年。",
    "第四条 评审专家由财政部门统一管理。",
    "第五条 本法自公布之日起施行。",
)
NEW = (
    "第一条 为了规范采购行为，制定本法。",
    "第二条 采购人应当公开采购意向，期限不得少于三十日。",
    "第三条 供应商应当在十个工作日内提出质疑。",
    "第四条 采购文件应当保存十五年。",
    "第五条 本法自公布之日起施行。",
)


def stored(folder: Path, name: str, lines: tuple[str, ...]) -> StoredDocument:
    file = folder / f"{name}.txt"
    file.write_text("\n".join(("示例采购法", "第一章 总则", *lines)), encoding="utf-8")
    found = prepare_here(Origin(name, file), load_settings(ROOT / "config.yaml"))
    record = DocumentRecord(
        name,
        name,
        name,
        "",
        "txt",
        "",
        "示例采购法",
        "示例采购法",
        found.document.metadata,
        1,
        0,
        "",
    )
    return StoredDocument(record, found.document, found.sections)


def test_by_article_whatever_their_numbers(tmp_path: Path) -> None:
    old, new = stored(tmp_path, "old", OLD), stored(tmp_path, "new", NEW)
    found = compared(old, new)
    labels = [(one.kind, one.old and one.old.label, one.new and one.new.label) for one in found]
    assert labels == [
        ("same", "第一条", "第一条"),
        ("added", None, "第二条"),
        ("changed", "第二条", "第三条"),
        ("renumbered", "第三条", "第四条"),
        ("removed", "第四条", None),
        ("same", "第五条", "第五条"),
    ]
    said = {piece.side: piece.text for piece in found[2].pieces if piece.side != "both"}
    assert "七" in said["old"] and "十" in said["new"] and len(said["old"]) <= 4
    for one in found:
        whole = {"old": "", "new": ""}
        for piece in one.pieces:
            for side in whole:
                whole[side] += piece.text if piece.side in ("both", side) else ""
        for part, text in ((one.old, whole["old"]), (one.new, whole["new"])):
            assert text == (part.words if part else "")
        if one.new:
            said = new.document.text[one.new.start : one.new.end]
            assert said.startswith(one.new.label) and one.new.words in "".join(said.split())


def test_a_text_with_itself_is_the_same(tmp_path: Path) -> None:
    text = stored(tmp_path, "old", OLD)
    assert {one.kind for one in compared(text, text)} == {"same"}


def test_in_the_terminal_and_for_the_page(tmp_path: Path) -> None:
    project = Project.make(tmp_path / "project", "answer: {reader: none}\n")
    for version, lines in (("1999-01-02", OLD), ("2020-05-28", NEW)):
        head = f"---\nkind: law\nversion: '{version}'\n---\n\n# 示例采购法\n\n"
        project.write(f"{version}.md", head + "\n\n".join(lines))
    with answering(project) as assistant:
        index = assistant.index
        records = {date_of(record): record.id for record in index.documents()}
        page = beside_newer(records["1999-01-02"], index)
        assert page and not beside_newer(records["2020-05-28"], index)
    assert page["dates"] == ["1999-01-02", "2020-05-28"]
    kinds = [one["kind"] for one in page["differences"]]
    assert kinds == ["same", "added", "changed", "renumbered", "removed", "same"]
    shown = project.run("app", "compare", "1999-01-02.md", "2020-05-28.md")
    assert shown.returncode == 0 and not shown.stderr
    assert shown.stdout.startswith("- 示例采购法  1999-01-02")
    assert "供应商应当在[-七" in shown.stdout and "{+十" in shown.stdout
    assert shown.stdout.splitlines()[-1].startswith("2 unchanged, 1 renumbered, 1 changed, 1 added")
    told = json.loads(
        project.run("app", "compare", "1999-01-02.md", "2020-05-28.md", "--json").stdout
    )
    assert [told[side]["date"] for side in ("old", "new")] == ["1999-01-02", "2020-05-28"]
    assert [one["kind"] for one in told["differences"]] == kinds
    several = project.run("app", "compare", "示例采购法", "2020-05-28.md")
    assert several.returncode == 1 and len(several.stderr.splitlines()) == 1
