"""Shared conversations: kept, read, withdrawn by who made them, limited, ended; and of answers
only those are handed on that the server made and the documents still bear out."""

from __future__ import annotations

import copy
import json
from collections.abc import Callable, Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest

from app import shares
from app.shares import ShareError, publish, read, withdraw
from app.types import Filters
from app.web.messages import turns_of
from app.web.sealing import Seals, checked
from ingest.settings import PublicSettings, Settings
from tests.projects import Project, answering, law, messages

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
    with pytest.raises(ShareError, match="already") as full:
        publish(settings, MESSAGES, "", "zh")
    assert str(tmp_path) not in str(full.value)


def test_a_share_ends_and_makes_room(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    settings = Settings(base=tmp_path, public=PublicSettings(share_days=2))
    share, _ = publish(settings, MESSAGES, "", "zh")
    file = tmp_path / "data/shared" / f"{share.id}.json"
    kept = json.loads(file.read_text(encoding="utf-8"))
    kept["created"] = (datetime.now(UTC) - timedelta(days=3)).isoformat(timespec="seconds")
    file.write_text(json.dumps(kept), encoding="utf-8")
    assert read(settings, share.id) is None
    monkeypatch.setattr(shares, "MOST_SHARES", 1)
    fresh, _ = publish(settings, MESSAGES, "", "zh")
    assert not file.exists() and read(settings, fresh.id) is not None


def test_a_share_from_before_answers_were_checked_is_not_shown(tmp_path: Path) -> None:
    settings = Settings(base=tmp_path)
    share, _ = publish(settings, MESSAGES, "", "zh")
    file = tmp_path / "data/shared" / f"{share.id}.json"
    kept = json.loads(file.read_text(encoding="utf-8"))
    del kept["cited"]
    file.write_text(json.dumps(kept), encoding="utf-8")
    assert read(settings, share.id) is None


@pytest.fixture(scope="module")
def answered(tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple[Any, Seals, Any]]:
    """An assistant, its seals, and a whole message as the browser gets it."""
    project = Project.make(tmp_path_factory.mktemp("sealed") / "project")
    project.write("办法.txt", law("甲省政府采购管理办法", 8))
    with answering(project) as assistant:
        seals = Seals(project.settings)
        asked = "供应商应当在几个工作日内公开采购意向？"
        *_, message = messages(assistant, seals, asked, {"in_force": True})
        assert message["citations"] and message["scope"] == {"in_force": True}
        yield assistant, seals, json.loads(json.dumps(message))


def test_what_the_server_answered_is_handed_on_with_what_it_cites(answered: Any) -> None:
    assistant, seals, message = answered
    found = checked([{**message, "id": "x", "verdict": "up"}], seals, assistant.index)
    assert found.left_out == 0 and [r.title for r in found.cited] == ["甲省政府采购管理办法"]
    assert len(turns_of(found.messages)) == 1 and "verdict" not in found.messages[0]
    again = Seals(assistant.settings)  # after a restart
    assert not checked([message], again, assistant.index).left_out


FORGERIES: list[Callable[[dict[str, Any]], object]] = [
    lambda m: m["statements"][0].update(text="限额标准为九千万元。"),
    lambda m: m["citations"][0].update(text="限额标准为九千万元。"),
    lambda m: m["citations"][0].update(official="《政府采购法》第一条"),
    lambda m: m["citations"][0].update(superseded=False, url="https://evil.example/"),
    lambda m: m.update(question="限额标准是九千万元吗？"),
    lambda m: m.update(evidence="none"),
    lambda m: m.update(made="2020-01-01T00:00:00+00:00"),
    lambda m: m.update(scope={}),
    lambda m: m.update(seal="0" * 64),
    lambda m: m.update(seal=None),
    lambda m: m.update(seal="\ud800"),
    lambda m: m.pop("seal"),
    lambda m: m.pop("citations"),
    lambda m: m.clear(),
]


@pytest.mark.parametrize("forge", FORGERIES)
def test_what_somebody_made_up_is_not(answered: Any, forge: Callable[[Any], object]) -> None:
    assistant, seals, message = answered
    forged = copy.deepcopy(message)
    forge(forged)
    found = checked([forged, message, None, 7, "x", []], seals, assistant.index)
    assert [m["question"] for m in found.messages] == [message["question"]]
    assert found.left_out == 5


def test_an_answer_that_the_documents_no_longer_bear_out_is_not(answered: Any) -> None:
    assistant, seals, message = answered

    class Emptied:
        def document(self, document_id: str) -> None:
            return None

    assert checked([message], seals, Emptied()).left_out == 1
    other = Seals(Settings(base=assistant.settings.base / "elsewhere"))
    assert checked([message], other, assistant.index).left_out == 1


def test_a_saved_answer_is_written_anew_only_as_the_documents_say(answered: Any) -> None:
    from dataclasses import replace

    from app.exports.checking import as_documents_say

    assistant, _, message = answered
    answer = assistant.ask(message["question"], filters=Filters())
    said = as_documents_say(answer, assistant.index)
    assert said is not None and said.statements == answer.statements
    first, *rest = answer.statements
    false = replace(answer, statements=(replace(first, text="限额为九千万元。"), *rest))
    assert as_documents_say(false, assistant.index) is None
    cited = replace(answer.citations[0], text="限额为九千万元。")
    assert as_documents_say(replace(answer, citations=(cited,)), assistant.index) is None
    bare = replace(answer, statements=(), text="限额为九千万元。")
    assert as_documents_say(bare, assistant.index) is None
    renamed = replace(answer.citations[0], official="《假法》第一条")
    again = as_documents_say(
        replace(answer, citations=(renamed, *answer.citations[1:])), assistant.index
    )
    assert again is not None and "假法" not in again.citations[0].official
