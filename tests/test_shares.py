"""Shared conversations: kept, read, withdrawn by who made them, limited."""

from __future__ import annotations

from pathlib import Path

import pytest

from app import shares
from app.shares import ShareError, publish, read, withdraw
from ingest.settings import Settings

MESSAGES = [{"question": "怎么投诉？", "text": "<b>\ud800"}]


def test_a_share_is_read_and_withdrawn_only_by_its_secret(tmp_path: Path) -> None:
    settings = Settings(base=tmp_path)
    share, secret = publish(settings, MESSAGES, "投诉\n期限", "zh")
    other, other_secret = publish(settings, MESSAGES, "", "en")
    found = read(settings, share.id)
    assert found is not None and found.title == "投诉 期限"
    assert found.messages[0]["text"] == "<b>?"
    assert secret not in "".join(f.read_text() for f in (tmp_path / "data/shared").iterdir())
    assert not withdraw(settings, share.id, other_secret)
    assert withdraw(settings, share.id, secret)
    assert read(settings, share.id) is None and read(settings, other.id) is not None
    assert not withdraw(settings, share.id, secret)


@pytest.mark.parametrize("id", ["", "../../config", "x" * 22, "a" * 21 + "/", "a" * 21 + "\n"])
def test_no_id_leads_out_of_the_folder(tmp_path: Path, id: str) -> None:
    settings = Settings(base=tmp_path)
    publish(settings, MESSAGES, "", "zh")
    assert read(settings, id) is None
    assert not withdraw(settings, id, "x")


def test_limits(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    settings = Settings(base=tmp_path)
    with pytest.raises(ShareError, match="no answer"):
        publish(settings, [], "", "zh")
    with pytest.raises(ShareError, match="larger"):
        publish(settings, [{"text": "长" * shares.MOST_BYTES}], "", "zh")
    monkeypatch.setattr(shares, "MOST_SHARES", 1)
    publish(settings, MESSAGES, "", "zh")
    with pytest.raises(ShareError, match="already"):
        publish(settings, MESSAGES, "", "zh")
