"""The list of sources, the three kinds of source, and what ``ingest sync`` does with them."""

from __future__ import annotations

import os
import re
import signal
import subprocess
import sys
from pathlib import Path

import pytest
import yaml

from app.service import Assistant
from ingest.embed import Embedder
from ingest.errors import UserError
from ingest.index import Index, writing
from ingest.pipeline import Summary, build
from ingest.prepare import Origin, Prepared, prepare
from ingest.settings import load_settings
from ingest.sources.listing import Sources, read_sources
from ingest.sources.look import look
from ingest.sources.obtain import laws_of
from ingest.sources.package import Law, as_markdown, name_of
from ingest.sources.sync import sync
from ingest.storage.catalogue import work_of
from tests.data_package import install, list_of
from tests.projects import ROOT, Project

LAWS = {
    "中华人民共和国示例采购法": ("2020-01-02", 3),
    "中华人民共和国示例招标法": ("2020-01-02", 2),
    "中华人民共和国示例价格法": ("2020-01-02", 2),
}
LISTED = list(LAWS)[:2]


@pytest.fixture
def site(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    folder = tmp_path / "site"
    monkeypatch.syspath_prepend(str(folder))
    monkeypatch.setenv("PYTHONPATH", f"{folder}{os.pathsep}{ROOT}")
    return folder


@pytest.fixture
def project(tmp_path: Path, site: Path) -> Project:
    project = Project.make(tmp_path / "project")
    project.write("sources.yaml", list_of(LISTED, install(site, LAWS)))
    return project


def synced(project: Project, *names: str, everything: bool = False) -> Summary:
    with writing(project.settings):
        return sync(project.settings, Embedder(project.settings), names, everything)


def titles(project: Project) -> list[str]:
    index = Index.open(project.settings)
    try:
        return [record.title for record in index.documents()]
    finally:
        index.close()


def test_listed_texts_go_in_once(project: Project) -> None:
    assert synced(project).count("added") == 2
    assert titles(project) == sorted(LISTED)
    index = Index.open(project.settings)
    changes, record = index.changes, index.documents()[0]
    index.close()
    assert synced(project).count("unchanged") == 2
    index = Index.open(project.settings)
    assert index.changes == changes
    index.close()
    m = record.metadata
    assert (m.kind, m.version, m.validity, m.as_of) == (
        "law",
        "2020-01-02",
        "in-force",
        "2026-10-04",
    )
    assert m.source_name == "tiny-laws 1.0"
    assert m.effective is None  # the package repeats the day of the version
    assert "tiny_laws" not in sys.modules


def test_files_and_then_what_the_list_names(project: Project) -> None:
    project.write("自有办法.txt", "云川市采购办法\n第一条 采购人应当公开意向。\n")
    project.write("空白.txt", "")
    done = project.run("ingest", "add", "--sources", str(project.corpus))
    assert done.returncode == 1 and "空白.txt" in done.stderr
    assert titles(project) == sorted([*LISTED, "云川市采购办法"])


def test_looking_says_what_a_sync_would_do(project: Project) -> None:
    done = project.run("ingest", "sync", "--check")
    assert done.returncode == 0, done.stderr
    assert done.stdout.splitlines()[-1].startswith("2 new, 0 new version, 0 changed, 0 stays out")
    assert not list((project.folder / "data").glob("originals/*"))
    synced(project)
    assert project.run("ingest", "remove", LISTED[0]).returncode == 0
    found = look(project.settings)
    assert [change for change, _ in found.found] == ["removed", "unchanged"]
    assert [change for change, _ in look(project.settings, [LISTED[0]]).found] == ["new"]


def test_everything_and_one_by_name(project: Project) -> None:
    assert synced(project, "《示例价格法》").count("added") == 1
    assert titles(project) == ["中华人民共和国示例价格法"]
    assert synced(project, everything=True).count("added") == 2
    for name, code in (("示例", "ambiguous-text"), ("刑法", "no-such-text")):
        with pytest.raises(UserError) as refused:
            synced(project, name)
        assert refused.value.code == code


def test_a_file_of_the_corpus_is_a_source_too(project: Project, site: Path) -> None:
    project.write("通知.txt", "关于公开采购意向的通知\n采购人应当提前三十日公开采购意向。\n")
    listed = project.corpus / "sources.yaml"
    more = "  - {title: 通知, source: {file: 通知.txt}}\n  - {title: 缺, source: {file: 缺.txt}}\n"
    listed.write_text(listed.read_text(encoding="utf-8") + more, encoding="utf-8")
    summary = synced(project)
    assert summary.count("added") == 3
    assert [o.error.code for o in summary.failures if o.error] == ["no-file"]


def test_a_text_without_a_known_address_is_named_until_it_is_in(project: Project) -> None:
    listed = project.corpus / "sources.yaml"
    more = "  - {title: 示例评审办法, number: 示例〔2016〕198号, source: {unknown: true}}\n"
    listed.write_text(listed.read_text(encoding="utf-8") + more, encoding="utf-8")
    looked = project.run("ingest", "sync", "--check", language="zh").stdout
    assert (
        "网址不明  示例评审办法（示例〔2016〕198号）" in looked
        and "另有 1 份文件网址不明" in looked
    )
    summary = synced(project, "示例评审办法")
    assert [o.error.code for o in summary.failures if o.error] == ["no-address"]
    summary = synced(project)
    assert summary.sought == ["示例评审办法（示例〔2016〕198号）"] and not summary.failures
    text = "示例评审办法\n示例〔2016〕198号\n第一条 评审专家应当回避。\n"
    added = project.run("ingest", "add", str(project.write("评审.txt", text)))
    assert added.returncode == 0 and not synced(project).sought


def test_what_an_editor_removed_stays_out_until_it_is_named(project: Project) -> None:
    synced(project)
    assert project.run("ingest", "remove", LISTED[0]).returncode == 0
    synced(project)
    assert titles(project) == LISTED[1:]
    synced(project, LISTED[0])
    assert titles(project) == sorted(LISTED)


def test_a_rebuild_has_them(project: Project) -> None:
    synced(project)
    with writing(project.settings):
        summary = build(project.settings, Embedder(project.settings))
    assert summary.switched and titles(project) == sorted(LISTED)


def test_a_new_version_stands_beside_the_old_one(
    project: Project, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    synced(project)
    newer = tmp_path / "newer"
    sha256 = install(newer, {LISTED[0]: ("2024-05-06", 3)}, "2.0")
    monkeypatch.syspath_prepend(str(newer))
    project.write("sources.yaml", list_of(LISTED[:1], sha256, "2.0", day="2024-05-06"))
    assert synced(project).count("added") == 1
    index = Index.open(project.settings)
    versions = {r.metadata.version: r.superseded for r in index.documents() if r.title == LISTED[0]}
    index.close()
    assert versions == {"2020-01-02": True, "2024-05-06": False}


def test_another_version_than_the_list_has_is_refused(project: Project) -> None:
    text = (project.corpus / "sources.yaml").read_text(encoding="utf-8")
    project.write("sources.yaml", text.replace("version: 2020-01-02", "version: 2021-01-01", 1))
    summary = synced(project)
    error = summary.failures[0].error
    assert summary.count("added") == 1 and error and error.code == "other-text"
    assert "2021-01-01" in error.what and "2020-01-02" in error.what


@pytest.mark.parametrize("trouble", ["no-package", "other-package", "damaged-package"])
def test_without_a_usable_package_the_rest_goes_in_and_one_line_says_why(
    project: Project, site: Path, trouble: str
) -> None:
    project.write("通知.txt", "关于公开采购意向的通知\n采购人应当提前三十日公开采购意向。\n")
    more = "  - {title: 通知, source: {file: 通知.txt}}\n"
    listed = (project.corpus / "sources.yaml").read_text(encoding="utf-8") + more
    if trouble == "no-package":
        listed = listed.replace("tiny-laws", "no-such-laws")
    elif trouble == "other-package":
        listed = listed.replace("version: '1.0'", "version: '0.9'")
    else:
        with (site / "tiny_laws" / "laws.db").open("ab") as stream:
            stream.write(b"\0")
    project.write("sources.yaml", listed)
    summary = synced(project)
    (error,) = (outcome.error for outcome in summary.failures)
    assert summary.count("added") == 1 and error and error.code == trouble
    assert "2 texts cannot be had" in error.line() and "2 份文件无法从中取得" in error.line("zh")
    assert titles(project) == ["关于公开采购意向的通知"]
    if trouble == "no-package":
        done = project.run("ingest", "sync")
        assert done.returncode == 1
        assert done.stderr.strip() == error.line()


@pytest.mark.parametrize(
    ("text", "said"),
    [
        (None, "there is no list of sources"),
        ("texts: [", "cannot be used"),
        ("texts: [{title: 甲}]", "texts.0.source"),
        ("texts: [{title: 甲, source: {}}]", "one of file, package, web"),
        ("texts: [{title: 甲, source: {package: p}}]", "no package 'p'"),
        ("texts: [{title: 甲, sauce: 1, source: {file: a.txt}}]", "texts.0.sauce"),
        ("texts: [{title: 甲, source: {web: 'javascript:1'}}]", "texts.0.source.web"),
        ("- 1", "the list"),
    ],
)
def test_a_list_that_cannot_be_used(tmp_path: Path, text: str | None, said: str) -> None:
    project = Project.make(tmp_path / "project")
    if text is not None:
        project.write("sources.yaml", text)
    with pytest.raises(UserError) as refused:
        read_sources(project.settings)
    for language in ("en", "zh"):
        assert "sources.yaml" in refused.value.line(language)
    assert said in refused.value.line() and "\n" not in refused.value.line()


@pytest.mark.parametrize("reported", [1, 4])
def test_a_killed_sync_goes_on(tmp_path: Path, site: Path, reported: int) -> None:
    """What was reported is whole, and the next sync brings the rest."""
    laws = {f"中华人民共和国示例{n}号采购法": ("2020-01-02", 6) for n in range(12)}
    project = Project.make(tmp_path / "project")
    project.write("sources.yaml", list_of(list(laws), install(site, laws)))
    script = (
        "import sys\n"
        "from ingest.embed import Embedder; from ingest.index import writing\n"
        "from ingest.pipeline import Progress; from ingest.settings import load_settings\n"
        "from ingest.sources.sync import sync\n"
        "class Say(Progress):\n"
        "    def done(self, outcome): print(outcome.title, flush=True)\n"
        "settings = load_settings(sys.argv[1])\n"
        "with writing(settings):\n"
        "    sync(settings, Embedder(settings), progress=Say())\n"
    )
    command = [sys.executable, "-c", script, str(project.config)]
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True) as process:
        assert process.stdout is not None
        said = [process.stdout.readline().strip() for _ in range(reported)]
        process.send_signal(signal.SIGKILL)
        said += [line.strip() for line in process.stdout]
    index = Index.open(project.settings)
    records = index.documents()
    assert {*said} <= {r.title for r in records}
    for record in records:
        assert len(index.passages_of(record.id)) == record.passages
    index.close()
    summary = synced(project)
    assert not summary.failures and len(titles(project)) == len(laws)
    assert summary.count("added") == len(laws) - len(records)


def test_amendments_are_no_versions_of_each_other() -> None:
    """Each 修正案 stands for itself; they were once taken for versions of one text."""
    assert work_of("中华人民共和国宪法修正案（1988年）") != work_of(
        "中华人民共和国宪法修正案（2018年）"
    )
    assert work_of("中华人民共和国预算法（2018年修正）") == work_of("预算法")


# the list that comes with the program, and the package that it describes


@pytest.fixture(scope="module")
def ours() -> Sources:
    return read_sources(load_settings(ROOT / "config.yaml"))


@pytest.fixture(scope="module")
def laws(ours: Sources) -> list[Law]:
    ((name, package),) = ours.packages.items()
    try:
        return laws_of(name, package)
    except UserError as error:
        if error.code != "no-package":
            raise
        pytest.skip(f"needs the package {name}, which is not installed here")


def prepared(law: Law, ours: Sources, folder: Path) -> Prepared:
    ((name, package),) = ours.packages.items()
    file = folder / "law.md"
    file.write_text(as_markdown(law, name, package), encoding="utf-8")
    return prepare(Origin(name_of(law, name), file), load_settings(ROOT / "config.yaml"))


def articles_of(text: Prepared) -> dict[str, str]:
    whole = text.document.text
    found = (s for s in text.sections if s.kind == "article")
    return {s.label: "".join(whole[s.start : s.end].split()) for s in found}


def test_our_list_says_what_the_package_has(ours: Sources, laws: list[Law]) -> None:
    known = {law.title: law for law in laws}
    assert len(known) == len(laws) == 352
    for text in ours.texts:
        if text.source.package:
            law = known[text.title]
            assert text.version and text.effective != text.version
            assert (text.issuer, text.version.isoformat()) == (law.issuer, law.version)
            assert not text.effective or text.effective.isoformat() == law.effective
    asked = [text for text in ours.texts if text.ask]
    assert len(asked) >= 4


def test_our_list_says_of_each_address_whether_somebody_opened_it(ours: Sources) -> None:
    written = yaml.safe_load((ROOT / "corpus" / "sources.yaml").read_text(encoding="utf-8"))
    pages = [text for text in written["texts"] if "web" in text["source"]] + written["lists"]
    assert len(pages) == 13 and all("opened" in page for page in pages)
    numbers = {text.number for text in ours.texts}
    orders = {f"财政部令第{n}号" for n in (74, 87, 94, 101, 102, 110)}
    notices = {"2014〕214", "2016〕198", "2020〕10", "2020〕46", "2021〕22", "2022〕17"}
    assert orders | {f"财库〔{n}号" for n in notices} <= numbers


def test_what_our_list_brings_answers_with_article_and_version(
    laws: list[Law], tmp_path: Path
) -> None:
    project = Project.make(tmp_path / "project")
    listed = (ROOT / "corpus" / "sources.yaml").read_text(encoding="utf-8")
    project.write("sources.yaml", listed)
    synced(project, "政府采购法")
    assistant = Assistant(project.settings)
    for question, article in (
        ("质疑期限是多少天?", "第五十二条"),
        ("供应商应当具备什么条件?", "第二十二条"),
        ("单一来源适用于哪些情形?", "第三十一条"),
        ("什么是政府采购?", "第二条"),
    ):
        answer = assistant.ask(question)
        first = answer.citations[0]
        assert first.official.startswith(f"《中华人民共和国政府采购法》{article}"), question
        assert first.dated == "2014-08-31" and "2014-08-31 版本" in answer.text
    assistant.index.close()


def test_every_article_of_our_list_is_cited_as_the_package_has_it(
    ours: Sources, laws: list[Law], tmp_path: Path
) -> None:
    """Numbers in order; texts to the character, less headings that the package left at an end."""
    listed = {text.title for text in ours.texts if text.source.package}
    for law in (law for law in laws if law.title in listed):
        text = prepared(law, ours, tmp_path)
        found = articles_of(text)
        assert list(found) == [article.number for article in law.articles], law.title
        for article in law.articles:
            said = "".join((article.number + article.text).split())
            rest = said.removeprefix(found[article.number])
            assert rest == "" or re.match(r"第[一二三四五六七八九十]+(?:编|分编|章|节)", rest), said
        for passage in text.passages:
            assert passage.text == text.document.text[passage.start : passage.end]
        assert text.document.metadata.version == law.version


def test_laws_that_we_have_twice_are_the_same(
    ours: Sources, laws: list[Law], shared: Path, tmp_path: Path
) -> None:
    """Article by article against other copies of the same versions; see docs/sources.md."""
    known = {(law.title.removeprefix("中华人民共和国"), law.version): law for law in laws}
    settings = load_settings(ROOT / "config.yaml")
    width = str.maketrans(":,;", "：，；")
    compared, other_width, other = 0, 0, []
    for file in sorted((shared / "corpus" / "laws").glob("*.md")):
        named = re.fullmatch(r"(.+)\((\d{4}-\d\d-\d\d)\)", file.stem)
        law = known.get((named[1], named[2])) if named else None
        if law is None:
            continue
        here = articles_of(prepared(law, ours, tmp_path))
        there = articles_of(prepare(Origin(file.name, file), settings))
        assert list(here) == list(there)
        for label, text in here.items():
            compared += 1
            if text != there[label]:
                other_width += text == there[label].translate(width)
                same = text == there[label].translate(width)
                other += [] if same else [f"{law.title}{label}"]
    assert compared == 986 and other_width == 37
    assert other == [
        "中华人民共和国慈善法第七条",
        "中华人民共和国行政处罚法第八十五条",
        "中华人民共和国行政复议法第八十八条",
    ]  # quotation marks only
