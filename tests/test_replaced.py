"""What was repealed is marked with what took its place, wherever it is cited."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pytest

from app.answering.wording import answer_text
from app.dated import dated, outdated_words, version_words
from app.retrieve import allowed_documents
from app.types import Citation, Filters, Outdated, Statement
from ingest.index import Index
from ingest.settings import load_settings
from ingest.sources.ended import ended_in
from ingest.sources.replaced import Replacement, Replacements, replacements
from ingest.validity import holds
from tests.projects import ROOT, Project, answering

TABLE = Replacements(
    [
        Replacement("中华人民共和国合同法", "中华人民共和国民法典", "2021-01-01"),
        Replacement("治安管理处罚条例", "中华人民共和国治安管理处罚法", "2006-03-01"),
        Replacement("示例部令第18号", "示例办法", "2017-10-01"),
    ]
)


@pytest.mark.parametrize(
    ("text", "cited"),
    [
        ("适用《中华人民共和国合同法》的规定。", ["中华人民共和国合同法"]),
        ("政府采购合同适用合同法。", ["合同法"]),
        ("依照治安管理处罚条例予以处罚。", ["治安管理处罚条例"]),
        ("《办法》（示例部令第18号）同时废止。", ["示例部令第18号"]),
        ("依照劳动合同法和《劳动合同法》签订。", []),
        ("依照《合同法实施条例》和合同法司法解释。", []),
        ("双方的合同法定代表人。", []),
    ],
)
def test_names_of_repealed_texts(text: str, cited: list[str]) -> None:
    found = list(TABLE.cited_in(text))
    assert [text[start:end] for start, end, _ in found] == cited


def test_a_record_goes_by_its_title_or_number() -> None:
    assert TABLE.of("《合同法》", None) == TABLE.of("中华人民共和国合同法")
    assert TABLE.of("招标办法", "示例部令第18号") and not TABLE.of("劳动合同法", None)


def test_our_list() -> None:
    table = replacements(load_settings(ROOT / "config.yaml"))
    for old, new in (("合同法", "民法典"), ("治安管理处罚条例", "治安管理处罚法")):
        found = table.of(old)
        assert found and found.by == f"中华人民共和国{new}"


LIST = """
texts: [{title: 示例新法, version: 2020-05-28, replaces: [示例旧法], source: {file: a.txt}}]
replaced: [{title: 示例以后法, by: 示例新法, since: 2999-01-01}]
"""


def cited(index: Index, title: str) -> Citation:
    """A citation of all of a document, as the index dates it."""
    record = next(r for r in index.documents() if r.title == title)
    stored = index.document(record.id)
    assert stored is not None
    text, where = stored.document.text, (record.source, record.content_hash, "p")
    plain = Citation(1, record.id, title, "", f"《{title}》", text, 0, len(text), *where)
    return dated(plain, index)


def test_citations_say_their_version_and_what_took_its_place(tmp_path: Path) -> None:
    project = Project.make(tmp_path / "project")
    project.write("sources.yaml", LIST)
    head = "---\n标题: {}\n类别: law\n版本: {}\n---\n\n# {}\n\n第一条 {}\n"
    for title, version, text in (
        ("示例旧法", "1999-01-02", "应当订立书面合同。"),
        ("示例新法", "2020-05-28", "示例旧法同时废止，《示例旧法》不再适用。"),
        ("示例办法", "2010-01-02", "采购合同适用《示例旧法》和《示例以后法》。"),
        ("示例会计法", "2017-01-02", "单位应当设置账簿。"),
        ("示例会计法", "2024-01-02", "单位应当依法设置账簿。"),
    ):
        project.write(f"{title}{version}.md", head.format(title, version, title, text))
    with answering(project) as assistant:
        index = assistant.index
        records = index.documents()
        holding = [r for r in records if holds(r)]
        old, earlier = cited(index, "示例旧法"), cited(index, "示例会计法")
        newest, naming = cited(index, "示例新法"), cited(index, "示例办法")
    assert sorted(r.title for r in holding) == ["示例会计法", "示例办法", "示例新法"]
    assert allowed_documents(records, Filters(in_force=True)) == {r.id for r in holding}
    assert old.superseded and old.replaced_by == "《示例新法》（2020-05-28）"
    assert version_words(old, "zh") == "1999-01-02 版本、已由《示例新法》（2020-05-28）取代"
    assert earlier.replaced_by == "《示例会计法》（2024-01-02）"
    assert not newest.outdated and [one.name for one in naming.outdated] == ["示例旧法"]
    statement = Statement(naming.text, (1,))
    text = answer_text([statement], [naming], {})
    assert "“示例旧法”已由“示例新法”取代" in text and "2010-01-02 版本" in text
    assert "“示例旧法” has been replaced" in answer_text([statement], [naming], {}, "en")
    assert "“示例旧法”" not in answer_text([replace(statement, text="甲")], [naming], {})


def test_each_text_that_a_statement_names_is_marked_once() -> None:
    where = ("d", "办法", "第一条", "《办法》第一条")
    rest = ("s", "h", "p")
    whole, brief = "中华人民共和国合同法", "合同法"
    one, other = (
        Citation(n, *where, text, 0, len(text), *rest, outdated=(Outdated(name, "民法典", "2021"),))
        for n, text, name in ((1, f"适用{brief}。", brief), (2, f"适用《{whole}》。", whole))
    )
    statements = [Statement(one.text, (1,)), Statement(other.text, (2,)), Statement("甲", (1, 2))]
    lines = answer_text(statements, [one, other], {}).splitlines()
    assert [line.count("取代") for line in lines[:3]] == [1, 1, 0]
    both = outdated_words(f"{other.text}{one.text}", (one, other), "zh")
    assert both.startswith(f"“{whole}”") and both.count("取代") == 2
    assert outdated_words(other.text, (one, other), "zh").count("取代") == 1


@pytest.mark.parametrize(
    ("text", "ended"),
    [
        (
            "本办法自2018年3月1日起施行。财政部2004年8月11日发布的《政府采购供应商投诉处理办法》"
            "（财政部令第20号）同时废止。",
            [("政府采购供应商投诉处理办法", "财政部令第20号")],
        ),
        (
            "本法自2021年1月1日起施行。《中华人民共和国婚姻法》、《中华人民共和国继承法》同时废止。",
            [("中华人民共和国婚姻法", ""), ("中华人民共和国继承法", "")],
        ),
        (
            "《甲办法》（财库〔2007〕31号）自本通知印发之日起废止。",
            [("甲办法", "财库〔2007〕31号")],
        ),
        (
            "《最高人民法院关于适用〈甲法〉的解释》（法释〔2015〕9号）同时废止。",
            [("最高人民法院关于适用《甲法》的解释", "法释〔2015〕9号")],
        ),
        ("《甲条例》第三条、第五条同时废止。", []),
        ("与本规定不一致的，应当予以废止或者修改《甲办法》。", []),
        ("评审专家名单由财政部门废止。", []),
    ],
)
def test_texts_that_a_text_says_it_ends(text: str, ended: list[tuple[str, str]]) -> None:
    assert list(ended_in(text)) == ended


def test_what_a_text_ends_is_superseded_by_it(tmp_path: Path) -> None:
    project = Project.make(tmp_path / "project", "answer: {reader: none}\n")
    head = "---\nkind: {}\nversion: '{}'\n---\n\n"
    end = "第二条 本办法自2020年5月1日起施行。《旧采购办法》、《旧采购法》同时废止。\n"
    project.write(
        "a.md", head.format("rule", "2020-03-01") + "# 新采购办法\n\n第一条 甲。\n\n" + end
    )
    project.write("b.md", head.format("rule", "2010-03-01") + "# 旧采购办法\n\n第一条 乙。\n")
    project.write("c.md", head.format("law", "2011-03-01") + "# 旧采购法\n\n第一条 丙。\n")
    with answering(project) as assistant:
        records = {r.title: r for r in assistant.index.documents()}
        assert records["旧采购办法"].superseded and not records["新采购办法"].superseded
        assert not records["旧采购法"].superseded, "a rule ends no law"
        old = assistant.quote("《旧采购办法》第一条怎么规定？").citations[0]
        assert old.replaced_by == "《新采购办法》（2020-05-01）"
        id = records["新采购办法"].id
    index = Index.open(project.settings)
    assert index.replaced().of("旧采购办法")
    index.close()
    assert project.run("ingest", "remove", id).returncode == 0
    with answering(project) as assistant:
        assert not any(r.superseded for r in assistant.index.documents())
