"""The lexical index: terms, BM25, changes, and what a killed process leaves."""

import math
import os
import signal
import subprocess
import sys
import textwrap
from pathlib import Path

import numpy as np
import pytest

from ingest.document import Passage
from ingest.storage.catalogue import Catalogue
from ingest.storage.lexical import HEADING_WEIGHT, K1, B, LexicalIndex
from ingest.storage.terms import number_of, term_numbers, terms, whole_terms

LAW = [
    "采购人应当按照采购文件确定的事项签订政府采购合同。",
    "投标保证金不得超过采购项目预算金额的百分之二。",
    "供应商对采购文件有疑问的，可以提出询问。",
]
NOTICE = ["各单位应当公开采购意向。", "竞争性磋商适用于技术复杂的服务项目。"]


def passages(document: str, texts: list[str]) -> list[Passage]:
    return [
        Passage(f"{document}.{i}", document, i, 0, len(t), t, 0, (f"第{i}条",), "", "article")
        for i, t in enumerate(texts)
    ]


@pytest.fixture
def catalogue(tmp_path: Path) -> Catalogue:
    return Catalogue(tmp_path / "catalogue.sqlite", write=True)


@pytest.fixture
def index(catalogue: Catalogue) -> LexicalIndex:
    return LexicalIndex(catalogue, write=True)


def put(catalogue: Catalogue, index: LexicalIndex, document: str, texts: list[str]) -> None:
    with catalogue.transaction() as connection:
        index.remove(connection, document)
        index.add(connection, passages(document, texts), f"{document}办法")
        catalogue._count_change(connection)


def take(catalogue: Catalogue, index: LexicalIndex, document: str) -> None:
    with catalogue.transaction() as connection:
        index.remove(connection, document)
        catalogue._count_change(connection)


@pytest.mark.parametrize(
    "text",
    ["竞争性磋商A3", "单", "ABC 12.5 投", "投标人Ｘ５万", "", "。，", "公益二类事业单位\n承接主体"],
)
def test_numbers_are_those_of_the_terms(text: str) -> None:
    assert sorted(term_numbers(text).tolist()) == sorted(number_of(term) for term in terms(text))


def test_field_terms_stay_whole_beside_pairs() -> None:
    assert whole_terms("采用竞争性磋商或者单一来源采购方式") == ["竞争性磋商", "单一来源采购"]
    assert {"竞争", "争性", "竞争性磋商"} <= set(terms("竞争性磋商"))


def test_full_width_and_case_make_no_difference() -> None:
    assert sorted(terms("ＰＰＰ项目１２３")) == sorted(terms("ppp项目123"))


def test_bm25_is_the_formula(catalogue: Catalogue, index: LexicalIndex) -> None:
    texts = ["采购采购合同", "合同", "投标保证"]
    put(catalogue, index, "a", texts)
    found = dict(index.search("采购", 10))
    lengths = [len(terms(text)) for text in texts]
    idf = math.log(1 + (3 - 1 + 0.5) / (1 + 0.5))
    times = 2
    norm = K1 * (1 - B + B * lengths[0] / (sum(lengths) / 3))
    assert found == {"a.0": pytest.approx(idf * times * (K1 + 1) / (times + norm), rel=1e-5)}


def test_heading_counts_as_a_field(catalogue: Catalogue, index: LexicalIndex) -> None:
    put(catalogue, index, "质疑投诉", ["供应商应当书面提出。"])
    put(catalogue, index, "其他", ["供应商应当书面提出。"])
    (first, high), (second, low) = index.search("质疑投诉 书面提出", 5)
    assert (first, second) == ("质疑投诉.0", "其他.0")
    assert high > low > 0 < HEADING_WEIGHT


def test_search_finds_orders_and_limits(catalogue: Catalogue, index: LexicalIndex) -> None:
    put(catalogue, index, "law", LAW)
    put(catalogue, index, "notice", NOTICE)
    assert index.search("投标保证金最多收多少？", 1)[0][0] == "law.1"
    assert len(index.search("采购", 2)) == 2
    scores = [score for _, score in index.search("采购文件", 10)]
    assert scores == sorted(scores, reverse=True)
    assert index.search("天气", 10) == []
    assert index.search("", 10) == []


def test_documents_limit_the_search(catalogue: Catalogue, index: LexicalIndex) -> None:
    put(catalogue, index, "law", LAW)
    put(catalogue, index, "notice", NOTICE)
    assert {id[:6] for id, _ in index.search("采购", 10, {"notice"})} == {"notice"}
    assert index.search("采购", 10, set()) == []


def test_empty_index_finds_nothing(index: LexicalIndex) -> None:
    assert index.search("采购", 10) == []


def test_added_replaced_and_removed_in_steps_as_at_once(
    catalogue: Catalogue, index: LexicalIndex, tmp_path: Path
) -> None:
    put(catalogue, index, "law", LAW)
    assert index.search("采购意向", 3)
    put(catalogue, index, "notice", NOTICE)
    put(catalogue, index, "old", ["采购意向已经废止。"])
    put(catalogue, index, "law", LAW[:2])
    take(catalogue, index, "old")
    other = Catalogue(tmp_path / "other.sqlite", write=True)
    fresh = LexicalIndex(other, write=True)
    put(other, fresh, "notice", NOTICE)
    put(other, fresh, "law", LAW[:2])
    for question in ("采购意向", "采购文件有疑问", "竞争性磋商适用于什么"):
        assert dict(index.search(question, 9)) == pytest.approx(dict(fresh.search(question, 9)))


def test_another_process_sees_what_was_added(catalogue: Catalogue, index: LexicalIndex) -> None:
    reader = LexicalIndex(Catalogue(catalogue.database))
    assert reader.search("采购意向", 3) == []
    put(catalogue, index, "notice", NOTICE)
    assert reader.search("采购意向", 3)[0][0] == "notice.0"


def test_killed_while_adding_keeps_what_was_there(
    catalogue: Catalogue, index: LexicalIndex, root: Path
) -> None:
    put(catalogue, index, "law", LAW)
    program = textwrap.dedent(f"""
        import os, signal
        from pathlib import Path
        from ingest.storage.catalogue import Catalogue
        from ingest.storage.lexical import LexicalIndex
        from tests.test_lexical import NOTICE, passages
        catalogue = Catalogue(Path({catalogue.database.where!r}), write=True)
        index = LexicalIndex(catalogue, write=True)
        with catalogue.transaction() as connection:
            index.remove(connection, "law")
            index.add(connection, passages("notice", NOTICE), "通知")
            os.kill(os.getpid(), signal.SIGKILL)
    """)
    ended = subprocess.run([sys.executable, "-c", program], cwd=root, env=os.environ, check=False)
    assert ended.returncode == -signal.SIGKILL
    reader = LexicalIndex(Catalogue(catalogue.database))
    assert reader.search("投标保证金", 1)[0][0] == "law.1"
    assert reader.search("采购意向", 5, {"notice"}) == []


def test_a_view_does_not_change_under_its_holder(catalogue: Catalogue, index: LexicalIndex) -> None:
    put(catalogue, index, "law", LAW)
    view = index.view()
    take(catalogue, index, "law")
    assert view.ids == ["law.0", "law.1", "law.2"]
    assert index.view().ids == []
    assert np.array_equal(view.mask({"law"}), np.ones(3, bool))
