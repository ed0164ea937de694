"""Runs of GBK text that was read one byte out of step."""

import random
import re

import pytest

from ingest.clean import clean
from ingest.cleaning.edits import Edited, undo
from ingest.cleaning.holes import HOLE
from ingest.cleaning.mojibake import mojibake_edits, suspects
from ingest.cleaning.script import to_simplified
from ingest.cleaning.words import CharacterModel
from ingest.document import Block, Document, RawDocument

CONTEXT = """
采购人应当建立健全内部控制制度，明确采购需求，合理编制采购预算。供应商应当按照合同约定履行义务。
各级财政部门要加强监督管理，督促采购人落实主体责任，优化营商环境。全省各地积极推进政府购买服务改革，
扩大购买范围，规范购买流程，提高公共服务质量。预算绩效管理贯穿采购活动全过程，评价结果作为下一年度预算安排的重要依据。
采购代理机构应当在委托范围内办理采购事宜，不得与采购人、供应商恶意串通。评审专家应当客观公正地评审，并对评审意见负责。
中小企业参加采购活动享受价格扣除优惠，任何单位不得以不合理的条件实行差别待遇。
"""

SENTENCES = [s for s in re.findall(r"[^。\n]{14,40}。", CONTEXT) if "，" in s]


def damaged(sentence: str, at: int, replace: bool) -> str:
    """``sentence`` with byte ``at`` lost, dropped or replaced by ``?``, then read as GBK."""
    data = bytearray(sentence.encode("gb18030"))
    if replace:
        data[at] = ord("?")
    else:
        del data[at]
    return bytes(data).decode("gbk", "replace")


def mend(text: str) -> Edited:
    model = CharacterModel(CONTEXT)
    edited = Edited(text)
    edited.apply(mojibake_edits(text, lambda: model))
    return edited


def cases() -> list[tuple[str, int, bool]]:
    chosen = random.Random(20241024)
    found = []
    for sentence in SENTENCES:
        for replace in (False, True):
            at = chosen.randrange(0, 2 * len(sentence) - 8)
            found.append((sentence, at - at % 2 if replace else at, replace))
    return found


def lead_bytes_survive(text: str, sentence: str) -> bool:
    """Whether the damage left a run in which whole characters can still be read."""
    marks = [i for i, c in enumerate(text) if c in "?\ufffd"]
    same = 0
    while same < min(len(text), len(sentence)) and text[same] == sentence[same]:
        same += 1
    return bool(marks) and marks[-1] - same >= 4


@pytest.mark.parametrize(("sentence", "at", "replace"), cases())
def test_what_the_bytes_determine_is_recovered(sentence: str, at: int, replace: bool) -> None:
    text = damaged(sentence, at, replace)
    edited = mend(text)
    repairs = edited.repairs()
    assert undo(edited.text, repairs) == text
    if not lead_bytes_survive(text, sentence):
        return  # hardly a whole character left between the lost bytes
    sure = [r for r in repairs if not r.guess]
    assert sure, text
    for repair in sure:
        assert repair.replacement in sentence
    # Certain characters stand where they stood, whatever was guessed around them.
    assert len(edited.text) == len(sentence)
    for repair in sure:
        assert edited.text[repair.start : repair.end] == sentence[repair.start : repair.end]


def test_most_lost_characters_are_guessed_right() -> None:
    right = total = 0
    for sentence, at, replace in cases():
        text = damaged(sentence, at, replace)
        if lead_bytes_survive(text, sentence):
            total += 1
            right += mend(text).text == sentence
    assert total >= 4
    assert right >= 0.75 * total


def test_what_was_certain_and_what_was_guessed_is_told_apart() -> None:
    # 采购人: the lead byte of 采 is lost (0xB2), and 责's trail byte at the end of the run.
    sentence = "督促采购人落实主体责任，优化营商环境。"
    text = damaged(sentence, 4, replace=True)
    assert text.startswith("督促?")
    repairs = mend(text).repairs()
    assert repairs[0].guess and repairs[0].original == "?"
    assert all(r.kind == "encoding" for r in repairs)
    assert any(not r.guess and len(r.replacement) >= 2 for r in repairs)


def test_a_swallowed_tag_goes_with_the_run() -> None:
    # </span> follows the run; its < was taken for the second byte of the last character.
    sentence = "各地扩大购买范围"
    data = bytearray(sentence.encode("gbk"))
    data[2] = ord("?")
    run = data[:-1].decode("gbk")
    page = f"{run}?/span>2023年扩大购买范围。"
    blocks = (Block("通知"), *(Block(line) for line in CONTEXT.split("\n") if line), Block(page))
    document = clean(RawDocument("p.txt", "txt", "0" * 64, blocks))
    assert document.text.endswith(f"{sentence}2023年扩大购买范围。")
    assert undo(document.text, document.repairs) == document.original


def test_characters_of_the_user_defined_area_that_fell_out_are_guessed() -> None:
    # 含省 is BA AC CA A1: out of step, AC CA is a user-defined character and is dropped.
    data = bytearray("全省（不含省本级）".encode("gbk"))
    del data[2]
    text = bytes(data[:-1]).decode("gb18030").replace("\ue0e5", "") + "?"
    assert len(text) == 8
    page = f"扩大基本公共服务供给。{text}2023年度支出。省本级三级目录细化，全省已建立制度。"
    model = CharacterModel(to_simplified(CONTEXT + page))
    edited = Edited(page)
    edited.apply(mojibake_edits(page, lambda: model))
    assert "全省（不含省本级）2023年度支出" in edited.text
    assert all(r.guess for r in edited.repairs() if "含" in r.replacement)


def document_of(text: str) -> Document:
    return clean(RawDocument("p.txt", "txt", "0" * 64, (Block("说明"), Block(text))))


@pytest.mark.parametrize(
    "text",
    [
        "什么是政府采购?采购人是谁?供应商如何质疑?",
        "他问：“这样行吗?”她说：“行啊!”",
        "罕见字：骉、驫、龘、鱻，怎么读?请查字典。",
        "résumé 的中文是什么?“简历”。",
        "缺字处以?代替，如“?县”“李?”。",
    ],
)
def test_questions_and_rare_characters_are_not_damage(text: str) -> None:
    document = document_of(text)
    assert document.text == f"说明\n{text}"
    assert document.repairs == ()


def test_a_file_in_a_wrong_encoding_is_left_alone() -> None:
    text = CONTEXT.encode("utf-8").decode("gbk", "replace")
    document = clean(
        RawDocument("p.txt", "txt", "0" * 64, tuple(Block(line) for line in (text * 4).split("\n")))
    )
    mended = [r for r in document.repairs if r.kind == "encoding"]
    assert {r.replacement for r in mended} <= {HOLE}


@pytest.mark.parametrize(
    ("text", "shown"),
    [
        ("限额为\ufffd\ufffd万元。", "限额为□万元。"),
        ("“数据采锟斤拷锟斤拷人应当公告”", "“数据采□人应当公告”"),
        ("采购\ufffd锟斤拷应当公开。", "采购□应当公开。"),
    ],
)
def test_bytes_that_are_gone_leave_a_hole(text: str, shown: str) -> None:
    document = document_of(text)
    assert document.text.split("\n")[-1] == shown
    assert undo(document.text, document.repairs) == document.original


def test_a_hole_is_not_closed_where_the_halves_do_not_read_on() -> None:
    sentence = "服务项目的限额提高到300万元以上，评审专家应当客观公正地评审。"
    data = bytearray(sentence.encode("gb18030"))
    gone = len(sentence[: sentence.index("元")].encode("gb18030"))
    data[gone : len(sentence[: sentence.index("评")].encode("gb18030")) + 1] = b"?"
    found = mend(bytes(data).decode("gbk", "replace")).text
    assert found.startswith("服务项目的限额提高到300万" + HOLE)
    assert found.endswith("审专家应当客观公正地评审。")


def test_a_clean_text_is_not_even_looked_at() -> None:
    assert suspects(CONTEXT) == 0
