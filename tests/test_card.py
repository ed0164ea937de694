"""The card of a purchase: what its papers state, and where."""

from __future__ import annotations

from pathlib import Path

import pytest

from ingest.card import kind_of_purchase
from ingest.prepare import Origin, Prepared, prepare_here
from ingest.settings import Settings
from tests.tender_texts import Tender, tenders
from tests.tender_texts_apart import APART


def read(folder: Path, name: str, text: str) -> Prepared:
    file = folder / name
    file.write_text(text, encoding="utf-8")
    return prepare_here(Origin(name, file), Settings())


def wrong(tender: Tender, folder: Path) -> list[str]:
    """The names of the card that are missing or say something else."""
    document = read(folder, f"{tender.name}.{tender.format}", tender.text).document
    found = []
    for name, value in tender.truth.items():
        entries = [e for e in document.card if e.name == name]
        held = "".join("".join(e.value for e in entries[:1]).split())
        if "".join(value.split()) not in held:
            found.append(f"{tender.name} {name}: {held[:60]!r}, not {value!r}")
        for e in entries:
            assert document.text[e.at : e.until] == e.value
            assert e.start <= e.at < e.until <= e.end
    return found


def test_all_eight_of_eighteen_of_twenty_texts(tmp_path: Path) -> None:
    given = tenders()
    failed = [found for tender in given if (found := wrong(tender, tmp_path))]
    assert len(given) == 20
    assert len(failed) <= 2, failed


@pytest.mark.parametrize("tender", APART, ids=lambda tender: tender.name)
def test_texts_in_manners_of_their_own(tender: Tender, tmp_path: Path) -> None:
    assert wrong(tender, tmp_path) == []


def test_a_form_before_the_name_of_its_purchase(tmp_path: Path) -> None:
    text = "竞争性谈判文件\n项目名称：龙泉镇敬老院消防改造工程\n采购人：龙泉镇人民政府\n甲。"
    assert read(tmp_path, "a.txt", text).document.title == "龙泉镇敬老院消防改造工程竞争性谈判文件"


@pytest.mark.parametrize(
    ("title", "kind"),
    [
        ("云川市一中食堂设备采购项目公开招标公告", "tender-notice"),
        ("云川市2024年10月政府采购意向", "tender-notice"),
        ("云川市一中食堂设备采购项目更正公告（第一次）", "tender-notice"),
        ("监理服务项目竞争性磋商公告", "tender-notice"),
        ("云川市一中食堂设备采购项目中标公告", "award-notice"),
        ("书架购置项目成交结果公告", "award-notice"),
        ("书架购置项目合同公告", "award-notice"),
        ("书架购置项目竞争性磋商文件", "tender-document"),
        ("书架购置项目询价通知书", "tender-document"),
        ("云川市财政局投诉处理结果公告（第12号）", "complaint-decision"),
        ("监理服务招标文件（第二版）", "tender-document"),
        ("云川市财政局政府采购投诉处理决定书", "complaint-decision"),
        ("物业服务采购合同", "contract"),
        ("关于印发政府采购公告格式的通知", None),
        ("政府采购竞争性磋商采购方式管理暂行办法", None),
        ("中华人民共和国招标投标法", None),
        ("关于调整分散采购限额标准的公告", None),
    ],
)
def test_kinds_by_title(title: str, kind: str | None) -> None:
    assert kind_of_purchase(title) == kind


def test_a_blank_form_states_nothing(tmp_path: Path) -> None:
    form = (
        "政府采购公告格式规范\n项目编号：\n预算金额：________\n最高限价（如有）：\n"
        "提交投标文件截止时间：____年__月__日__点__分\n项目联系人：\n第一条 甲，制定本规范。"
    )
    document = read(tmp_path, "form.txt", form).document
    assert document.card == ()


def test_a_law_has_no_card(tmp_path: Path) -> None:
    law = (
        "云川市保证金管理办法\n云财采〔2024〕5号\n第一条 投标保证金为采购项目预算金额的2%。\n"
        "第二条 保证金：不得超过2万元。\n第三条 项目编号：YC-2024-1 的项目，开标地点：市中心大厅，"
        "投标截止时间：2024年5月1日。"
    )
    assert read(tmp_path, "law.txt", law).document.card == ()


def test_other_deposits_and_times_are_not_taken(tmp_path: Path) -> None:
    text = (
        "书架购置项目招标公告\n履约保证金：合同金额的5%\n获取招标文件截止时间：2024年4月1日\n"
        "质疑截止时间：2024年4月2日\n投标保证金：2万元\n投标截止时间：2024年5月1日9时\n"
    )
    card = {e.name: e.value for e in read(tmp_path, "a.txt", text).document.card}
    assert card == {"deposit": "2万元", "deadline": "2024年5月1日9时"}


def test_long_figures_before_a_label_cost_no_time(tmp_path: Path) -> None:
    line = "书架购置项目招标公告\n" + "账号，" + "1" * 400 + "元保证金：2万元\n" * 50
    assert read(tmp_path, "a.txt", line).document.card == ()
