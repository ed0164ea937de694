"""What is said where nothing is asked, and where there is no answer."""

from __future__ import annotations

import pytest

from app.answering.greetings import reply_to
from app.answering.wording import refusal_text


@pytest.mark.parametrize(
    "said",
    [
        "你好",
        "您好！",
        "你好。",
        " 谢谢 ",
        "谢谢！！",
        "你能做什么？",
        "你是谁",
        "怎么用？",
        "Hello!",
        "THANK YOU",
    ],
)
def test_a_greeting_gets_a_friendly_line_and_three_examples(said: str) -> None:
    for language in ("zh", "en"):
        reply = reply_to(said, language)
        assert reply is not None
        line, *examples = reply.split("\n")
        assert line and len(examples) == 3
        assert all(example.endswith("？") for example in examples)


@pytest.mark.parametrize(
    "asked",
    ["质疑的期限", "谢谢，质疑期限是几天？", "怎么用框架协议采购？", "你好，什么是单一来源？", ""],
)
def test_what_asks_something_is_no_greeting(asked: str) -> None:
    assert reply_to(asked) is None


@pytest.mark.parametrize(
    ("words", "nearest", "instead"),
    [
        (("护照", "申请"), "", ""),
        (("质疑",), "《质疑办法》第三条", ""),
        (("支出",), "《质疑办法》第三条", "“支出12.6亿元”"),
        ((), "", ""),
    ],
)
def test_a_refusal_says_what_was_looked_for_and_what_to_do(
    words: tuple[str, ...], nearest: str, instead: str
) -> None:
    for language in ("zh", "en"):
        text = refusal_text(3, words, nearest, instead, language)
        assert all(word in text for word in words)
        assert (nearest in text) == (not instead or not nearest)
        assert instead in text
        assert ("换一种说法" in text) == (language == "zh")
    assert refusal_text(0, words, nearest, instead).endswith("资料库还没有文件。")
