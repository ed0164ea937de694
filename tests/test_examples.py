"""The first screen: what is loaded, and questions that the texts answer."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from app.examples import WANTED, Examples
from app.service import Assistant
from app.web.routes import corpus_at_a_glance, described
from tests.projects import Project, answering

LAW = """---
title: {title}
kind: law
version: 2020-01-02
validity: {validity}
as_of: 2026-10-04
source_name: tiny-laws 1.0
---

# {title}

## 第一章 总则

第一条 本法所称{word}，是指采购人依法选定供应商并与其签订合同的活动。

第二条 供应商对{word}的结果有异议的，应当在{days}个工作日内以书面形式向采购人提出质疑。
"""


@pytest.fixture(scope="module")
def assistant(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Assistant]:
    project = Project.make(tmp_path_factory.mktemp("examples") / "project")
    for title, word, days in (
        ("中华人民共和国示例采购法", "集中带量采购", "七"),
        ("中华人民共和国示例招标法", "电子化招标", "十"),
    ):
        text = LAW.format(title=title, word=word, days=days, validity="in-force")
        project.write(f"{title}.md", text)
    project.write(
        "sources.yaml",
        "texts:\n"
        "  - {title: 中华人民共和国示例招标法, ask: [月球上有几座环形山？, 什么是电子化招标？],"
        " source: {file: 中华人民共和国示例招标法.md}}\n"
        "  - {title: 中华人民共和国没有收录法, ask: [什么是没有收录？], source: {file: 无.md}}\n",
    )
    with answering(project) as found:
        yield found


def test_questions_of_the_list_go_first_and_each_text_has_its_turn(assistant: Assistant) -> None:
    questions = Examples(assistant).questions()
    assert questions[0] == "什么是电子化招标？"  # the one before it is not answered
    assert "集中带量采购" in questions[1] or "示例采购法" in questions[1]
    assert 2 <= len(questions) <= WANTED and len(set(questions)) == len(questions)
    assert not any(assistant.quote(question).abstained for question in questions)


def test_what_is_loaded_is_told_by_kind_and_where_it_came_from(assistant: Assistant) -> None:
    records = assistant.index.documents()
    assert corpus_at_a_glance(records)["counts"] == {"law": 2}
    told = described(records[0])
    assert (told["state"], told["as_of"]) == ("current", "2026-10-04")
    assert told["source_name"] == "tiny-laws 1.0" and told["added"] and told["database"]
