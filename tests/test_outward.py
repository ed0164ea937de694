"""What a reader elsewhere is told of files: names, never where they lie."""

from __future__ import annotations

import pytest

from app.outward import outward_source


@pytest.mark.parametrize(
    ("source", "told"),
    [
        ("/home/zhang/文件/办法.txt", "办法.txt"),
        ("/no-such-folder-here/of-another-machine/办法.txt", "办法.txt"),
        ("C:\\Users\\zhang\\办法.txt", "办法.txt"),
        ("\\\\server\\share\\办法.txt", "办法.txt"),
        ("corpus/办法.txt", "corpus/办法.txt"),
        (
            "https://www.example.cn/a/b.html#2025-01-02",
            "https://www.example.cn/a/b.html#2025-01-02",
        ),
    ],
)
def test_a_path_is_told_as_the_files_name(source: str, told: str) -> None:
    assert outward_source(source) == told
