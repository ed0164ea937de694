"""Changing the corpus while it serves: what goes in, what is found alike, what undoing brings."""

from __future__ import annotations

import csv
import io
import sqlite3
import threading
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path

import pytest

from app.library import service
from app.library.files import original
from app.library.service import Library
from app.library.words import places_of
from app.service import Assistant
from app.web.library_log import as_csv
from ingest.errors import LoadError, UserError
from ingest.index import writing
from ingest.pipeline import add_paths, build
from ingest.prepare import Origin, Prepared, prepare
from ingest.settings import Settings
from ingest.shingles import likeness, sketch
from ingest.storage.decisions import FILE, Decisions, Noted, Wanted
from tests.projects import Project, answering, law, web_pages

RULE = "甲省政府采购管理办法"
FIRE = """消防物资采购规定
第一条 消防物资由应急管理部门集中采购。
第二条 采购人应当在验收合格后十五日内支付消防物资货款。
第三条 本规定自2024年5月1日起施行。
"""
QUESTION = "消防物资货款应当在验收合格后多少日内支付？"


@pytest.fixture
def project(tmp_path: Path) -> Project:
    extra = "library: {allow_private_addresses: true}\n"
    project = Project.make(tmp_path / "project", extra)
    project.write("甲办法.txt", law(RULE, 12))
    return project


@pytest.fixture
def assistant(project: Project) -> Iterator[Assistant]:
    with answering(project) as assistant:
        yield assistant


@pytest.fixture
def library(assistant: Assistant) -> Library:
    return Library(assistant)


def titles(assistant: Assistant) -> set[str]:
    return {record.title for record in assistant.index.documents()}


def add_fire(library: Library, **metadata: str | None) -> str:
    draft = library.draft_text("", FIRE, "张三")
    changed = library.add(draft.id, metadata, "张三")
    assert changed.record is not None
    return changed.record.id


def test_a_slow_file_keeps_no_other_change_waiting(
    assistant: Assistant, library: Library, monkeypatch: pytest.MonkeyPatch
) -> None:
    begun, released = threading.Event(), threading.Event()

    def prepare_slowly(origin: Origin, settings: Settings) -> Prepared:
        if "慢" in origin.source:
            begun.set()
            assert released.wait(60)
        return prepare(origin, settings)

    monkeypatch.setattr(service, "prepare", prepare_slowly)
    slow = library.draft_text("慢文件采购规定", FIRE.replace("消防", "慢速"), "李四")
    thread = threading.Thread(target=library.add, args=(slow.id, {}, "李四"))
    thread.start()
    try:
        assert begun.wait(60)
        add_fire(library)
    finally:
        released.set()
        thread.join()
    assert {"消防物资采购规定", "慢文件采购规定"} <= titles(assistant)


def test_new_article_is_answered_from_at_once(assistant: Assistant, library: Library) -> None:
    assert assistant.ask(QUESTION).abstained
    steps: list[int] = []
    draft = library.draft_text("", FIRE, "张三")
    preview = library.preview(draft.id)
    assert preview.document.title == "消防物资采购规定"
    assert (preview.alike, preview.versions) == ((), ())
    changed = library.add(draft.id, {"number": "甲财〔2024〕1号"}, "张三", steps.append)
    assert changed.record and changed.record.metadata.number == "甲财〔2024〕1号"
    assert sum(steps) == changed.record.passages
    answer = assistant.ask(QUESTION)
    assert "十五日内" in answer.text and answer.citations[0].section == "第二条"
    with pytest.raises(UserError, match="gone"):
        library.preview(draft.id)


def test_remove_undo_and_redo(assistant: Assistant, library: Library, project: Project) -> None:
    fire = add_fire(library, region="甲省")
    removed = library.remove(fire, "李四")
    assert removed.record is None and titles(assistant) == {RULE}
    assert assistant.ask(QUESTION).abstained
    back = library.undo(removed.change.id, "李四")
    assert back.record and back.record.id == fire and back.record.metadata.region == "甲省"
    assert not assistant.ask(QUESTION).abstained
    with pytest.raises(UserError, match="later change"):
        library.undo(removed.change.id, "李四")
    library.undo(back.change.id, "李四")
    assert titles(assistant) == {RULE}
    log = library.changes(wanted=Wanted(face="page"))
    assert [(c.action, c.who, c.title) for c in log] == [
        ("undo", "李四", "消防物资采购规定"),
        ("undo", "李四", "消防物资采购规定"),
        ("remove", "李四", "消防物资采购规定"),
        ("add", "张三", "消防物资采购规定"),
    ]
    assert [c.last for c in log] == [True, False, False, False]


def test_removed_document_of_the_corpus_folder_stays_out_and_comes_back(
    assistant: Assistant, library: Library, project: Project
) -> None:
    (record,) = assistant.index.documents()
    removed = library.remove(record.id, "张三")
    with writing(project.settings):
        add_paths([project.corpus], project.settings, assistant.embedder)
        build(project.settings, assistant.embedder)
    assert titles(assistant) == set()
    (project.corpus / "甲办法.txt").write_text("改过的文件。", encoding="utf-8")
    back = library.undo(removed.change.id, "张三")
    assert back.record and back.record.content_hash == record.content_hash
    file, name = original(assistant.index, record.id)
    assert file.read_text(encoding="utf-8") == law(RULE, 12) and name == "甲办法.txt"


def test_rebuild_keeps_what_editors_decided(
    assistant: Assistant, library: Library, project: Project
) -> None:
    fire = add_fire(library, title="消防物资采购暂行规定")
    (rule,) = [r for r in assistant.index.documents() if r.title == RULE]
    library.edit(rule.id, {"issuer": "甲省财政厅", "published": "2020-02-03"}, "张三")
    with writing(project.settings):
        summary = build(project.settings, assistant.embedder)
    assert not summary.failures
    found = {r.id: r for r in assistant.index.documents()}
    assert found[fire].title == "消防物资采购暂行规定"
    assert found[rule.id].metadata.issuer == "甲省财政厅"
    assert found[rule.id].metadata.published == "2020-02-03"


def test_replace_keeps_the_address_and_undo_the_old_text(
    assistant: Assistant, library: Library
) -> None:
    fire = add_fire(library)
    newer = library.draft_text("", FIRE.replace("十五日", "十日"), "张三")
    preview = library.preview(newer.id)
    assert [(a.record.id, a.same) for a in preview.alike] == [(fire, False)]
    assert preview.alike[0].share > 0.5 and [r.id for r in preview.versions] == [fire]
    changed = library.replace(fire, newer.id, {}, "张三")
    assert changed.record and changed.record.id == fire
    assert "十日内" in assistant.ask(QUESTION).text and len(titles(assistant)) == 2
    library.undo(changed.change.id, "张三")
    assert "十五日内" in assistant.ask(QUESTION).text


def test_the_same_file_again_is_refused_and_the_same_name_is_not(library: Library) -> None:
    add_fire(library)
    twin = library.draft_file("another name.txt", FIRE.encode(), "张三")
    assert library.preview(twin.id).alike[0].same
    with pytest.raises(UserError, match="already") as error:
        library.add(twin.id, {}, "张三")
    assert "已收录" in error.value.line("zh")
    other = library.draft_file(
        "消防物资采购规定.txt", FIRE.replace("消防", "防汛").encode(), "张三"
    )
    changed = library.add(other.id, {}, "张三")
    assert changed.record and changed.record.source == "library/消防物资采购规定 (2).txt"


def test_the_name_of_a_removed_document_is_not_taken(library: Library) -> None:
    fire = add_fire(library)
    removed = library.remove(fire, "张三")
    other = library.draft_text("", FIRE.replace("十五日", "十日"), "张三")
    changed = library.add(other.id, {}, "张三")
    assert changed.record and changed.record.id != fire
    back = library.undo(removed.change.id, "张三")
    assert back.record and back.record.id == fire


def test_killed_between_note_and_index(assistant: Assistant, library: Library) -> None:
    """What a killed process left open is settled by the next change, as the index shows it."""
    fire = add_fire(library)
    (change,) = library.changes(document=fire)
    from dataclasses import replace

    after = replace(change.after, present=False)
    library._decisions.begin("张三", "remove", "x", change.after, after, False)
    library.edit(fire, {"region": "甲省"}, "李四")
    assert [c.action for c in library.changes(document=fire)] == ["edit", "add"]
    assert library._decisions.all()[change.after.source].present


def test_an_article_goes_in_while_others_ask(assistant: Assistant, library: Library) -> None:
    failures: list[BaseException] = []
    stop = threading.Event()

    def keep_asking() -> None:
        while not stop.is_set():
            try:
                assistant.ask(f"{RULE}第三条的内容是什么？")
            except BaseException as error:
                failures.append(error)
                return

    askers = [threading.Thread(target=keep_asking) for _ in range(3)]
    for asker in askers:
        asker.start()
    for _ in range(3):
        changed = library.remove(add_fire(library), "张三")
        assert changed.record is None
    stop.set()
    for asker in askers:
        asker.join()
    assert not failures


def test_a_page_is_fetched_and_keeps_its_address(assistant: Assistant, library: Library) -> None:
    with web_pages() as (address, pages):
        pages["/zc/1.html"] = f"<html><body><h1>{FIRE}</h1></body></html>".replace("\n", "</p><p>")
        url = f"{address}/zc/1.html"
        draft = library.draft_url(url, "张三")
    assert library.preview(draft.id).document.metadata.url == url
    changed = library.add(draft.id, {}, "张三")
    assert changed.record and changed.record.source == changed.record.metadata.url == url
    assert not assistant.ask(QUESTION).abstained


@pytest.mark.parametrize(
    ("name", "data", "code"),
    [
        ("a.exe", b"MZ", "unknown-format"),
        ("noending", "文字".encode(), "unknown-format"),
        ("空.txt", b"  \n", "empty"),
        ("坏.docx", b"PK\x03\x04 broken", "damaged"),
        ("坏.pdf", b"%PDF-1.7 broken", "damaged"),
    ],
)
def test_bad_files_say_what_to_do(library: Library, name: str, data: bytes, code: str) -> None:
    with pytest.raises(LoadError) as error:
        library.preview(library.draft_file(name, data, "张三").id)
    line = error.value.line("zh")
    assert error.value.zh and "\n" not in line and len(line) > 10


def test_likeness_of_texts() -> None:
    long = law("乙省办法", 400)
    same = likeness(sketch(long), sketch(long.replace("，", ", ").replace("\n", "\n\n")))
    assert same.resemblance == 1.0
    half = likeness(sketch(long), sketch(long[: len(long) // 2]))
    assert half.containment > 0.9 and 0.3 < half.resemblance < 0.7
    assert likeness(sketch(long), sketch(FIRE)).containment < 0.2
    assert likeness(sketch(""), sketch(long)).resemblance == 0.0


def test_log_says_old_and_new_values_who_when_and_through_what(
    assistant: Assistant, library: Library, project: Project
) -> None:
    (rule,) = assistant.index.documents()
    edited = library.edit(rule.id, {"issuer": "甲省财政厅", "kind": "rule"}, "李四").change
    before = {name: old for name, old, _ in edited.values}
    assert edited.values[0] == ("issuer", rule.metadata.issuer, "甲省财政厅")
    assert before["kind"] == rule.metadata.kind and edited.face == "page"
    again = library.edit(rule.id, {"issuer": "甲市财政局"}, "李四").change
    assert again.values == (("issuer", "甲省财政厅", "甲市财政局"),)
    undone = library.undo(again.id, "王五").change
    assert undone.values == (("issuer", "甲市财政局", "甲省财政厅"),)
    longer = library.draft_text("", law(RULE, 40), "张三")
    replaced = Library(assistant, "rest").replace(rule.id, longer.id, {}, "张三").change
    assert replaced.face == "rest" and ("passages", str(rule.passages)) == replaced.values[-1][:2]

    first = library.changes()[-1]
    assert (first.action, first.face, first.values) == ("add", "command", ())
    assert first.who and first.title == RULE
    (project.corpus / "乙.txt").write_text(FIRE, encoding="utf-8")
    assert project.run("ingest", "add", str(project.corpus)).returncode == 0
    added = library.changes(1)[0]
    assert (added.face, added.title) == ("command", "消防物资采购规定")
    assert project.run("ingest", "remove", "乙.txt").returncode == 0

    def found(**wanted: str) -> list[str]:
        return [change.action for change in library.changes(wanted=Wanted(**wanted))]

    assert found(face="command") == ["remove", "add", "add"]
    assert found(who="李四") == ["edit", "edit"] and found(titled="消防") == ["remove", "add"]
    assert found(action="undo") == ["undo"] and found(since=first.at[:10]) == found()
    assert found(until="2020-01-01") == []
    text = as_csv(library.changes(-1), "zh")
    lines = list(csv.DictReader(io.StringIO(text)))
    issuers = [line for line in lines if line["项目"] == "issuer"]
    assert [line["新值"] for line in issuers][1:] == ["甲省财政厅", "甲市财政局", "甲省财政厅"]
    library.edit(rule.id, {"title": "=1+1"}, "李四")
    assert "\n=1+1" not in as_csv(library.changes(-1), "en").replace(",", "\n")


def test_a_log_of_an_earlier_version_is_read_and_goes_on(tmp_path: Path) -> None:
    settings = Settings(base=tmp_path)
    settings.data_folder.mkdir()
    with closing(sqlite3.connect(settings.data_folder / FILE)) as connection:
        connection.executescript(
            "create table changes (id integer primary key autoincrement, at text not null,"
            " who text not null, action text not null, document text not null,"
            " title text not null, before text not null, after text not null, undoes integer,"
            " state text not null); create table held (document text primary key)"
        )
        standing = '{"source":"a","present":true,"file":"","content_hash":"","edits":[]}'
        row = ("2026-01-02T03:04:05", "张三", "add", "x", "甲", standing, standing, None, "done")
        connection.execute("insert into changes values (1,?,?,?,?,?,?,?,?,?)", row)
        connection.commit()
    decisions = Decisions(settings)
    (old,) = decisions.changes()
    assert (old.face, old.values) == ("command", ())
    edit = Noted("replace", "甲", old.before, old.after, (("title", "甲", "乙"),))
    decisions.note("李四", edit)
    assert [c.values for c in decisions.changes()] == [(("title", "甲", "乙"),), ()]


def test_many_are_removed_and_brought_back_at_once(assistant: Assistant, library: Library) -> None:
    fire = add_fire(library)
    (rule,) = (r.id for r in assistant.index.documents() if r.title == RULE)
    steps: list[int] = []
    done, failed = library.remove_all([fire, "none", rule], "张三", steps.append)
    assert titles(assistant) == set() and steps == [1, 1, 1]
    assert [changed.change.document for changed in done] == [fire, rule]
    assert [error.code for error in failed] == ["no-document"]
    back, failed = library.undo_all([one.change.id for one in done], "张三")
    assert len(back) == 2 and not failed
    assert titles(assistant) == {RULE, "消防物资采购规定"}
    assert not assistant.ask(QUESTION).abstained


def test_words_are_found_in_all_texts(assistant: Assistant, library: Library) -> None:
    fire = add_fire(library)
    found = places_of("消防物资", assistant)
    assert found.keys() == {fire} and found[fire]["count"] >= 2
    text = assistant.index.document(fire).document.text  # type: ignore[union-attr]
    for place in found[fire]["places"]:
        assert text[place["start"] : place["end"]] == place["words"] == "消防物资"
    assert places_of("验收 消防物资", assistant).keys() == {fire}
    assert not places_of("查无此词", assistant) and not places_of("  ", assistant)
