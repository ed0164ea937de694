"""What questions name and state, resolved against a set of titles."""

import pytest

from app.retrieval.names import Names, defined_names
from app.retrieval.query import Query, stated_regions, stated_years, understand
from ingest.document import Metadata
from ingest.storage.catalogue import DocumentRecord, work_of


def record(id: str, title: str, number: str | None = None, **said: str) -> DocumentRecord:
    metadata = Metadata(title=title, number=number, **said)
    return DocumentRecord(
        id, id, f"{id}.md", f"{id}.md", "md", "", title, work_of(title), metadata, 1, 0, ""
    )


RECORDS = [
    record("cg", "中华人民共和国政府采购法"),
    record("cgtl", "中华人民共和国政府采购法实施条例", "国务院令第658号"),
    record("zb", "中华人民共和国招标投标法"),
    record("zbtl", "中华人民共和国招标投标法实施条例"),
    record("kj17", "中华人民共和国会计法", version="2017-11-04"),
    record("kj24", "中华人民共和国会计法", version="2024-06-28"),
    record("87", "政府采购货物和服务招标投标管理办法", "财政部令第87号"),
    record("94", "政府采购质疑和投诉办法", "财政部令第94号"),
    record("658", "某采购信息办法", "财政部令第658号"),
    record("102", "政府购买服务管理办法", "财政部令第102号"),
    record("96", "国务院办公厅关于政府向社会力量购买服务的指导意见", "国办发〔2013〕96号"),
    record("other96", "国务院关于养老服务的若干意见", "国发〔2013〕35号"),
    record("yshj", "优化营商环境条例"),
    record("bj", "北京市优化营商环境条例", region="北京"),
    record("hn", "河南省实施《中华人民共和国招标投标法》办法", region="河南"),
    record("ssy", "某市公平竞争审查实施暂行办法"),
]
NAMES = Names(RECORDS, [("某市公平竞争审查实施暂行办法", "公平审查暂行办法")])


def asked(question: str) -> Query:
    return understand(question, NAMES)


@pytest.mark.parametrize(
    ("question", "documents", "first", "last"),
    [
        ("政府采购法第二十二条", ("cg",), 22, 22),
        ("《中华人民共和国政府采购法》第22条是什么", ("cg",), 22, 22),
        ("請問政府採購法第二十二條規定了什麼", ("cg",), 22, 22),
        ("政府采购法第２２条", ("cg",), 22, 22),
        ("政采法22条规定了哪些条件", ("cg",), 22, 22),
        ("政采法二十二条", ("cg",), 22, 22),
        ("采购法实施条例第十八条", ("cgtl",), 18, 18),
        ("政采法实施条例18条", ("cgtl",), 18, 18),
        ("政府采购法实施条例的第十八条", ("cgtl",), 18, 18),
        ("招投标法第三条到第五条", ("zb",), 3, 5),
        ("招标投标法实施条例第9-11条", ("zbtl",), 9, 11),
        ("招标投标法第三至五条", ("zb",), 3, 5),
        ("87号令第三十一条", ("87",), 31, 31),
        ("財政部令第87號第三十一條", ("87",), 31, 31),
        ("财政部94号令第十条", ("94",), 10, 10),
        ("质疑投诉办法第十条", ("94",), 10, 10),
        ("会计法第四十条", ("kj17", "kj24"), 40, 40),
        ("优化营商环境条例第二十条", ("yshj",), 20, 20),
        ("北京市优化营商环境条例第二十条", ("bj",), 20, 20),
        ("北京优化营商环境条例第二十条", ("bj",), 20, 20),
        ("河南省实施招标投标法办法第三条", ("hn",), 3, 3),
        ("公平审查暂行办法第七条", ("ssy",), 7, 7),
    ],
)
def test_articles_named(question: str, documents: tuple[str, ...], first: int, last: int) -> None:
    (place,) = asked(question).places
    assert (place.documents, place.first, place.last) == (documents, first, last)


@pytest.mark.parametrize(
    ("question", "document"),
    [
        ("财政部令第102号讲了什么", "102"),
        ("102号令对购买主体的要求", "102"),
        ("国办发〔2013〕96号", "96"),
        ("国办发[2013]96号", "96"),
        ("国办发（2013）96号文", "96"),
        ("国办发【2013】96 号", "96"),
        ("国办发2013年第96号", "96"),
        ("购买服务管理办法怎么说", "102"),
        ("国令第658号", "cgtl"),
        ("按照国令第658号怎么办", "cgtl"),
        ("国务院令第658号", "cgtl"),
    ],
)
def test_documents_named(question: str, document: str) -> None:
    assert asked(question).named == (document,)


@pytest.mark.parametrize(
    ("question", "documents"),
    [
        ("政府采购法和87号令有什么不同", ["cg", "87"]),
        ("采购法实施条例与财政部令第87号对比", ["cgtl", "87"]),
        ("政府采购法跟国令第658号", ["cg", "cgtl"]),
        ("87号令与94号令", ["87", "94"]),
        ("政府采购法和国办发〔2013〕96号", ["cg", "96"]),
    ],
)
def test_a_number_leaves_the_name_before_it_to_another(question: str, documents: list[str]) -> None:
    mentions = NAMES.mentions(question)
    assert [mention.documents for mention in mentions] == [(id,) for id in documents]


def test_paragraph_item_and_of() -> None:
    (place,) = asked("政府采购法第22条第一款第（三）项").places
    assert (place.first, place.paragraph, place.item) == (22, 1, 3)
    (place,) = asked("招标投标法第十二条之一第2款").places
    assert (place.first, place.of, place.paragraph) == (12, 1, 2)


@pytest.mark.parametrize(
    ("question", "first", "last", "of"),
    [
        ("政府采购法第85-1条", 85, 85, 1),
        ("政府采购法第 85－1 条规定了什么", 85, 85, 1),
        ("政府采购法第5条之2", 5, 5, 2),
        ("政府采购法第二十二条之一", 22, 22, 1),
        ("政府采购法第二十二条之一般要求", 22, 22, None),
        ("政府采购法第3-5条", 3, 5, None),
    ],
)
def test_articles_put_in_later(question: str, first: int, last: int, of: int | None) -> None:
    (place,) = asked(question).places
    assert (place.first, place.last, place.of) == (first, last, of)


def test_several_places() -> None:
    places = asked("政府采购法第二十二条和招标投标法第十八条有什么不同").places
    assert [(p.documents, p.first) for p in places] == [(("cg",), 22), (("zb",), 18)]
    assert [p.first for p in asked("招标投标法第三条、第五条").places] == [3, 5]


def test_a_chapter() -> None:
    (place,) = asked("政府采购法第二章讲什么").places
    assert (place.documents, place.division) == (("cg",), ("章", 2))


@pytest.mark.parametrize(
    "question",
    [
        "这三条规定是什么意思",
        "投标人有几条生产线",
        "贵州省优化营商环境条例第二十条",  # not here, and not the national one
        "政府采购法实施细则第三条",
        "刑法第三条",
        "第三条规定了什么",
    ],
)
def test_nothing_is_named(question: str) -> None:
    query = asked(question)
    assert query.named == ()
    assert all(not place.documents for place in query.places)


def test_an_article_of_a_text_that_is_not_here() -> None:
    assert asked("刑法第三条").names_unknown
    assert asked("贵州省优化营商环境条例第二十条").names_unknown
    assert not asked("政府采购法第三条").names_unknown
    assert not asked("第三条规定了什么").names_unknown


def test_years_but_not_those_of_numbers() -> None:
    assert stated_years("2017年的会计法和2024版有何不同") == (2017, 2024)
    assert stated_years("国办发〔2013〕96号") == ()
    assert stated_years("预算20230000元") == ()


def test_regions() -> None:
    assert stated_regions("贵州省2023年的支出") == ("贵州",)
    assert stated_regions("成都市购买服务") == ("四川", "成都")
    assert stated_regions("政府购买服务") == ()


def test_other_wordings() -> None:
    assert "串通投标" in asked("供应商围标会怎样").wordings
    assert "围标" not in asked("供应商围标会怎样").wordings
    assert asked("第一条").wordings == ()


def test_short_names_that_documents_define() -> None:
    texts = [
        "依照《中华人民共和国政府采购法》（以下简称政府采购法）、《某某办法》（财政部令第1号，以下简称《某办法》）制定。",
        "（以下简称意见）没有书名。",
    ]
    assert defined_names(texts) == [
        ("中华人民共和国政府采购法", "政府采购法"),
        ("某某办法", "某办法"),
    ]


def test_bare_is_the_question_without_places() -> None:
    assert asked("请问《政府采购法》第二十二条第一款的条件").bare == "请问的条件"
