"""Retrieval over a small real index: places named, versions, regions, filters, ranking."""

from __future__ import annotations

from pathlib import Path

import pytest

from app.retrieval.verbatim import Verbatim, squeezed
from app.retrieve import Retriever
from app.types import Filters, Hit
from ingest.embed import Embedder
from ingest.index import Index, writing
from ingest.pipeline import add_paths
from ingest.settings import Settings
from tests.projects import Project, answering

OLD = """中华人民共和国采购监督法

（2015年3月1日第十届全国人民代表大会常务委员会第九次会议通过）

第一条 为了加强采购监督，制定本法。
第二条 采购人违反规定的，处一万元以下的罚款。
第三条 供应商可以在五个工作日内提出质疑。
"""
NEW = """中华人民共和国采购监督法

（2015年3月1日第十届全国人民代表大会常务委员会第九次会议通过
2022年6月1日第十三届全国人民代表大会常务委员会第二十次会议修订）

第一条 为了加强采购监督，规范采购行为，制定本法。
第二条 采购人违反规定的，处五万元以上十万元以下的罚款。
第三条 供应商可以在七个工作日内提出质疑。
质疑应当采用书面形式，并附下列材料：
（一）身份证明；
（二）事实依据。
第四条 评审专家应当客观、公正地履行职责，遵守职业道德，不得泄露评审情况。
"""
RULE = """采购意向公开办法

（2020年5月8日财政部令第77号公布 自2020年7月1日起施行）

第一条 根据《中华人民共和国采购监督法》（以下简称监督法），制定本办法。
第二条 采购意向应当在采购活动开始前三十日公开。
第三条 履约保证金不得超过合同金额的百分之五。
"""
SICHUAN = """四川：购买服务改革见成效

近日，记者从四川省财政厅获悉，2023年，四川省政府购买服务支出三十六亿元，同比增长百分之八。
成都市建立了绩效评价机制，对购买服务项目实行全过程管理。
"""
HENAN = """河南：购买服务提质增效

近日，记者从河南省财政厅获悉，2023年，河南省政府购买服务支出二十一亿元，项目数量明显增加。
郑州市推进采购意向公开，实行集中验收。
"""
NATIONAL = {"采购意向公开办法", "中华人民共和国采购监督法"}


@pytest.fixture(scope="module")
def project(tmp_path_factory: pytest.TempPathFactory) -> Project:
    project = Project.make(tmp_path_factory.mktemp("retrieve") / "project")
    files = {
        "采购监督法(2015-03-01).md": OLD,
        "采购监督法(2022-06-01).md": NEW,
        "意向公开.txt": RULE,
        "【四川】购买服务改革见成效.txt": SICHUAN,
        "【河南】购买服务提质增效.txt": HENAN,
    }
    for name, text in files.items():
        project.write(name, text)
    with writing(project.settings):
        summary = add_paths([project.corpus], project.settings, Embedder(project.settings))
    assert not summary.failures
    return project


@pytest.fixture(scope="module")
def retriever(project: Project) -> Retriever:
    return make(project.settings)


def make(settings: Settings) -> Retriever:
    return Retriever(Index.open(settings), Embedder(settings), settings)


def where(hit: Hit) -> tuple[str, str | None]:
    return hit.passage.citation, hit.metadata.version


@pytest.mark.parametrize(
    "question",
    [
        "采购监督法第二条",
        "監督法第2條",
        "《中华人民共和国采购监督法》第二条规定了什么",
        "监督法二条",
    ],
)
def test_a_named_article_comes_first_in_the_version_in_force(
    retriever: Retriever, question: str
) -> None:
    first, second = retriever.search(question, 5)[:2]
    assert first.explicit and where(first) == ("第二条", "2022-06-01")
    assert second.explicit and second.superseded and where(second) == ("第二条", "2015-03-01")
    assert first.probability > 0.9


def test_the_version_of_a_year(retriever: Retriever) -> None:
    assert where(retriever.search("2016年的采购监督法第二条怎么规定", 3)[0])[1] == "2015-03-01"
    assert where(retriever.search("2023年采购监督法第二条", 3)[0])[1] == "2022-06-01"


def test_the_version_in_force_goes_before_the_one_it_replaced(retriever: Retriever) -> None:
    hits = [h for h in retriever.search("采购人违反规定罚款多少", 10) if "罚款" in h.passage.text]
    assert [hit.superseded for hit in hits] == [False, True]


def test_a_range_of_articles(retriever: Retriever) -> None:
    hits = retriever.search("意向公开办法第一条至第三条", 5, Filters(in_force=True))
    assert [h.passage.citation for h in hits if h.explicit] == ["第一条", "第二条", "第三条"]


def test_a_number_names_its_document(retriever: Retriever) -> None:
    for question in ("财政部令第77号", "77号令", "財政部令第七十七號"):
        first = retriever.search(question, 3)[0]
        assert first.title == "采购意向公开办法" and first.explicit, question
    first = retriever.search("77号令对履约保证金的规定", 3)[0]
    assert first.passage.citation == "第三条"


def test_an_article_of_a_missing_text_is_not_probable(retriever: Retriever) -> None:
    hits = retriever.search("海关法第二条", 5)
    assert hits and not any(hit.explicit or hit.probability > 0.3 for hit in hits)


def test_another_region_is_no_answer(retriever: Retriever) -> None:
    sichuan = retriever.search("四川省2023年政府购买服务支出是多少", 3)
    assert sichuan[0].metadata.region == "四川"
    asked_elsewhere = retriever.search("贵州省2023年政府购买服务支出是多少", 100)
    local = [hit for hit in asked_elsewhere if hit.metadata.region]
    assert all(hit.probability < 0.1 for hit in local)
    assert sichuan[0].probability > 5 * max(hit.probability for hit in local)


def test_words_without_any_meaning_for_the_corpus_are_not_probable(retriever: Retriever) -> None:
    hits = retriever.search("今天晚上吃什么菜好", 5)
    assert all(hit.probability < 0.3 for hit in hits)


@pytest.mark.parametrize(
    ("filters", "titles"),
    [
        (Filters(kind="news"), {"四川：购买服务改革见成效", "河南：购买服务提质增效"}),
        (Filters(region="河南"), {"河南：购买服务提质增效", *NATIONAL}),
        (Filters(region="四川省"), {"四川：购买服务改革见成效", *NATIONAL}),
        (Filters(region="贵州"), NATIONAL),
        (Filters(region="无此地"), set()),
        (Filters(year=2020), {"采购意向公开办法"}),
        (Filters(issuer="财政部"), {"采购意向公开办法"}),
        (Filters(year=1990), set()),
        (Filters(since="2020-05-08", until="2020-06-30"), {"采购意向公开办法"}),
        (Filters(since="2022-06-01", kind="law"), {"中华人民共和国采购监督法"}),
        (Filters(until="2015-02-28"), set()),
    ],
)
def test_filters(retriever: Retriever, filters: Filters, titles: set[str]) -> None:
    hits = retriever.search("政府购买服务支出和采购意向", 20, filters)
    assert {hit.title for hit in hits} == titles


def test_filter_of_documents_and_of_force(retriever: Retriever) -> None:
    everything = retriever.search("采购监督", 20)
    old = next(hit for hit in everything if hit.superseded).passage.document
    assert not any(h.superseded for h in retriever.search("采购监督", 20, Filters(in_force=True)))
    only = retriever.search("采购监督", 20, Filters(documents=(old,)))
    assert {hit.passage.document for hit in only} == {old}
    # In one document, an article needs no name of the law.
    assert retriever.search("第三条", 1, Filters(documents=(old,)))[0].passage.citation == "第三条"


def test_hits_are_ordered_and_as_many_as_asked(retriever: Retriever) -> None:
    hits = retriever.search("供应商质疑的期限", 4)
    assert len(hits) == 4
    assert [h.score for h in hits] == sorted((h.score for h in hits), reverse=True)
    assert all(0 <= hit.probability <= 1 for hit in hits)
    assert len({hit.passage.id for hit in hits}) == 4


def test_neighbours(retriever: Retriever) -> None:
    hit = retriever.search("采购监督法第二条", 1)[0]
    around = retriever.neighbours(hit.passage, before=1, after=2)
    assert [p.citation for p in around] == ["第一条", "第二条", "第三条", "第四条"][: len(around)]
    assert around[1] == hit.passage


def test_nothing_asked_finds_nothing(retriever: Retriever) -> None:
    assert retriever.search("  ", 5) == []


def test_a_change_of_the_index_is_seen(tmp_path: Path) -> None:
    project = Project.make(tmp_path / "project")
    project.write("意向公开.txt", RULE)
    with writing(project.settings):
        add_paths([project.corpus], project.settings, Embedder(project.settings))
    retriever = make(project.settings)
    assert retriever.search("监督法第二条", 3)[0].title == "采购意向公开办法"
    file = project.write("采购监督法(2022-06-01).md", NEW)
    with writing(project.settings):
        add_paths([file], project.settings, Embedder(project.settings))
    first = retriever.search("监督法第二条", 3)[0]
    assert first.explicit and first.title == "中华人民共和国采购监督法"


def test_many_copies_of_a_text_leave_room_for_others(tmp_path: Path) -> None:
    project = Project.make(tmp_path / "project")
    rule = "图书馆采购办法\n第一条 图书馆采购图书应当公开招标。\n第二条 存档编号为{}号。\n"
    for number in range(60):
        project.write(f"copy{number}.txt", rule.format(number + 100))
    project.write("other.txt", "博物馆采购办法\n第一条 博物馆采购图书应当询价。\n")
    with answering(project) as assistant:
        hits = assistant.search("采购图书应当怎么办？", 3)
    texts = [hit.passage.text for hit in hits]
    assert len(hits) == len(set(texts)) == 3
    assert any("应当公开招标" in text for text in texts)
    assert any("应当询价" in text for text in texts)


def test_fusion_alone(project: Project) -> None:
    chosen = project.settings.retrieval.model_copy(update={"reranker": "none"})
    plain = make(project.settings.model_copy(update={"retrieval": chosen}))
    assert plain.search("履约保证金最多多少", 1)[0].passage.citation == "第三条"


def test_a_text_replaced_while_it_is_read_is_read_again(tmp_path: Path) -> None:
    """Rows of the documents after it would be those of other passages, until it changes again."""
    project = Project.make(tmp_path / "project")
    project.write("甲.txt", OLD)
    project.write("乙.txt", RULE)
    with answering(project) as assistant:
        index = assistant.index
        seen = index.lexical.view()
        project.write("甲.txt", NEW)
        replaced = project.run("ingest", "add", str(project.corpus))
        assert replaced.returncode == 0, replaced.stderr
        amid = Verbatim(seen, index.catalogue)
        view = index.lexical.view()
        assert view.sizes.tolist() != seen.sizes.tolist()
        after = Verbatim(view, index.catalogue, amid)
        for phrase in ("处五万元以上十万元以下的罚款", "履约保证金不得超过合同金额的百分之五"):
            (row,) = after.rows(squeezed(phrase)).tolist()
            assert phrase in index.passages([view.ids[row]])[view.ids[row]].text
