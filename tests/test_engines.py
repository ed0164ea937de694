"""SQLite and PostgreSQL keep the same things in the same way: each test runs over both."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import pytest

from app import feedback, shares
from app.accounts import sessions
from app.accounts.keys import kept_key
from ingest.document import CardEntry, Document, Line, Metadata, Passage, Repair, Section
from ingest.settings import Settings, StoreSettings
from ingest.storage.catalogue import Catalogue, revision_of
from ingest.storage.decisions import Decisions, Held, Noted, Standing, Wanted, edits_of
from ingest.storage.lexical import LexicalIndex
from ingest.storage.places import catalogue_place
from tests.postgres import Postgres

GENERATION = "20261127-120000-abcdef"


@pytest.fixture(params=["sqlite", "postgres"])
def settings(request: pytest.FixtureRequest, tmp_path: Path) -> Settings:
    """Settings of an installation that holds nothing yet."""
    postgres = request.getfixturevalue("postgres") if request.param == "postgres" else None
    return Settings(base=tmp_path, store=postgres.store() if postgres else StoreSettings())


def opened(settings: Settings) -> tuple[Catalogue, LexicalIndex]:
    place = catalogue_place(settings, GENERATION)
    (settings.data_folder / "generations" / GENERATION).mkdir(parents=True, exist_ok=True)
    catalogue = Catalogue(place, write=True)
    return catalogue, LexicalIndex(catalogue, write=True)


def document(id: str, title: str, *texts: str) -> tuple[Document, list[Section], list[Passage]]:
    text = "\n".join(texts)
    made = Document(
        id=id,
        source=f"corpus/{title}.txt",
        format="txt",
        content_hash=f"{len(text):08x}" * 8,
        text=text,
        lines=(Line(0, len(text), "paragraph", 0),),
        metadata=Metadata(title=title, published="2024-05-06"),
        repairs=(Repair("space", 0, 1, "\0 ", " "),),
        original=f"{text}\0",
        card=(CardEntry("number", "编号", "X-1", 0, 4, 1, 4),),
        pages=((0, 1),),
    )
    places, passages = 0, []
    for n, part in enumerate(texts):
        passages.append(
            Passage(
                f"{revision_of(made)}.{n}", id, n, places, places + len(part), part, 0,
                (f"第{n}条",), f"{title}第{n}条", "article",
            )
        )  # fmt: skip
        places += len(part) + 1
    return made, [Section(0, None, "body", "", "", 0, len(text))], passages


def put(catalogue: Catalogue, words: LexicalIndex, id: str, title: str, *texts: str) -> Document:
    made, sections, passages = document(id, title, *texts)
    with catalogue.transaction() as connection:
        words.remove(connection, id)
        catalogue.put(connection, made, sections, passages, f"corpus:{title}.txt")
        words.add(connection, passages, title)
    return made


def test_a_document_goes_in_is_replaced_and_goes(settings: Settings) -> None:
    catalogue, words = opened(settings)
    made = put(catalogue, words, "a", "甲办法", "供应商可以提出质疑100%", "采购人应当答复？")
    found = catalogue.document("a")
    assert found is not None and found[0].text == made.text and found[0].card == made.card
    assert found[0].lines == made.lines and found[0].pages == made.pages
    assert len(found[0].original) == len(made.original)
    (record,) = catalogue.records()
    assert (record.title, record.passages, record.repairs) == ("甲办法", 2, 1)
    first, second = catalogue.passages_of("a")
    assert catalogue.passages([first.id, "none"]) == {first.id: first}
    assert catalogue.passage_at("a", second.start) == second and catalogue.changes == 1
    assert catalogue.cards() == {"a": made.card} and catalogue.hashes() == {"a": made.content_hash}
    assert words.search("质疑", 3)[0][0] == first.id
    put(catalogue, words, "a", "甲办法", "采购人应当公告。")
    assert catalogue.passages([first.id]) == {} and catalogue.passage_count() == 1
    assert words.search("质疑", 3) == [] and catalogue.strays() == [revision_of(made)]
    with catalogue.transaction() as connection:
        words.remove(connection, "a")
        catalogue.delete(connection, "a")
    assert catalogue.document("a") is None and catalogue.records() == []
    assert catalogue.some_passages(3) == [] and len(catalogue.strays()) == 2
    catalogue.forget_strays()
    assert not catalogue.has_notes_of_strays()
    catalogue.set_meta("x", "1")
    catalogue.set_meta("x", "2")
    assert catalogue.meta("x") == "2" and catalogue.meta("y") is None
    catalogue.close()
    catalogue.database.drop()
    assert not catalogue_place(settings, GENERATION).exists()


def test_what_fails_midway_leaves_nothing(settings: Settings) -> None:
    catalogue, words = opened(settings)
    put(catalogue, words, "a", "甲办法", "供应商可以提出质疑")
    made, sections, passages = document("b", "乙办法", "供应商可以投诉")
    with pytest.raises(ZeroDivisionError), catalogue.transaction() as connection:
        catalogue.put(connection, made, sections, passages, "corpus:乙办法.txt")
        words.add(connection, passages, "乙办法")
        catalogue.delete(connection, "a")
        raise ZeroDivisionError
    assert list(catalogue.hashes()) == ["a"] and catalogue.changes == 1
    assert words.search("投诉", 3) == [] and len(words.search("质疑", 3)) == 1


def test_another_process_sees_changes(settings: Settings) -> None:
    catalogue, words = opened(settings)
    put(catalogue, words, "a", "甲办法", "供应商可以提出质疑")
    other = Catalogue(catalogue_place(settings, GENERATION))
    reader = LexicalIndex(other)
    assert len(reader.search("质疑", 3)) == 1 and len(other.records()) == 1
    put(catalogue, words, "b", "乙办法", "质疑应当书面提出")
    assert len(reader.search("质疑", 3)) == 2 and len(other.records()) == 2


def test_words_rank_alike(postgres: Postgres, tmp_path: Path) -> None:
    """The same passages in both: the same scores, in the same order."""
    texts = [f"供应商第{n}次质疑采购文件，应当在{n % 7}日内答复" for n in range(40)]
    found = []
    for store in (StoreSettings(), postgres.store()):
        catalogue, words = opened(Settings(base=tmp_path, store=store))
        put(catalogue, words, "a", "甲办法", *texts)
        found.append([words.search(q, 20) for q in ("第3次质疑", "采购文件5日内答复", "无")])
    assert found[0] == found[1] and found[0][0]


def test_decisions_and_their_log(settings: Settings) -> None:
    decisions = Decisions(settings)
    assert decisions.all() == {} and decisions.changes() == [] and decisions.held() == []
    out = Standing("corpus/a.txt", False, "corpus:a.txt", "aa")
    before = replace(out, present=True)
    edited = replace(before, edits=edits_of({"number": None, "title": "新名"}))
    ids = [
        decisions.begin("甲", "remove", "甲办法", before, out, True),
        decisions.begin("甲", "undo", "甲办法", out, before, True, undoes=1),
        decisions.begin("乙", "edit", "甲办法", before, edited, True),
    ]
    assert decisions.open_changes() == ids and decisions.changes() == []
    for id in ids[:2]:
        decisions.finish(id)
    assert decisions.all()["corpus/a.txt"].edits == edited.edits
    decisions.cancel(ids[2], lambda file: True)
    assert decisions.all() == {} and decisions.open_changes() == []
    newest, first = decisions.changes()
    assert (newest.id, newest.last, newest.undoes) == (ids[1], True, 1)
    assert (first.after, first.last, first.who) == (out, False, "甲")
    assert decisions.changes(most=1) == [newest] and decisions.changes(most=-1) == [newest, first]
    assert decisions.changes(before=newest.id, document=out.document) == [first]
    assert decisions.change(first.id) == first and decisions.change(ids[2]) is None
    left = decisions.begin("丙", "remove", "甲办法", before, out, True)
    decisions.settle(lambda standing: not standing.present, lambda file: True)
    change = decisions.change(left)
    assert change is not None and not decisions.all()["corpus/a.txt"].present
    decisions.forget("corpus/a.txt")
    assert decisions.all()["corpus/a.txt"].present


def test_the_log_by_what_is_wanted(settings: Settings) -> None:
    decisions = Decisions(settings)
    out, values = Standing("corpus/a.txt", present=False), (("title", "甲", None),)
    before = replace(out, present=True)
    id = decisions.begin("甲", "edit", "甲100%_Law", out, before, True, face="rest")
    decisions.finish(id, values=values)
    decisions.note("乙", Noted("add", "甲100ab", out, before), Noted("replace", "丙", out, before))
    edit = decisions.change(id)
    assert edit is not None and (edit.face, edit.values) == ("rest", values)

    def found(**wanted: str) -> list[str]:
        return [change.action for change in decisions.changes(wanted=Wanted(**wanted))]

    assert found() == ["replace", "add", "edit"]
    assert found(face="command", who="乙") == ["replace", "add"] and found(action="add") == ["add"]
    assert found(titled="100%_law") == ["edit"] and found(titled="甲") == ["add", "edit"]
    today = edit.at[:10]
    assert found(since=today, until=today) == found() and found(until="2020-01-01") == []


def test_passages_that_hold_a_word(settings: Settings) -> None:
    catalogue, words = opened(settings)
    put(catalogue, words, "a", "甲办法", "本办法施行，旧办法同时废止。", "其他。")
    assert catalogue.passages_with("同时废止") == {"a": ["本办法施行，旧办法同时废止。"]}


def test_the_register(settings: Settings) -> None:
    decisions = Decisions(settings)
    one, two = (Held(f"{n}.txt", f"corpus:{n}.txt", n * 4, n) for n in "ab")
    decisions.hold(one)
    decisions.hold(replace(one, content_hash="new"))
    decisions.hold(two)
    assert sorted(held.content_hash for held in decisions.held()) == ["bbbb", "new"]
    decisions.hold_all([two])
    assert decisions.held() == [two]


def test_sessions_are_one_for_all(settings: Settings, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sessions, "MOST_EACH", 2)
    here, there = sessions.Sessions(settings), sessions.Sessions(settings)
    tokens = [here.begin("编辑", "print") for _ in range(3)]
    browser = here.know_browser("编辑", "print")
    assert [there.of(token) for token in tokens] == [None, *[("编辑", "print")] * 2]
    assert there.browser(browser) == ("编辑", "print") and there.of(browser) is None
    there.end(tokens[1])
    assert here.of(tokens[1]) is None and here.of(tokens[2]) is not None


def test_verdicts(settings: Settings, monkeypatch: pytest.MonkeyPatch) -> None:
    def say(rating: str, id: str) -> None:
        feedback.record(settings, question="问？", answer="答", rating=rating, answer_id=id)

    assert list(feedback.export(settings)) == []
    for rating, id in (("up", "a"), ("down", "b"), ("down", "a")):
        say(rating, id)
    kept = list(feedback.export(settings))
    assert sorted((f.id, f.rating) for f in kept) == [("a", "down"), ("b", "down")]
    monkeypatch.setattr(feedback, "MOST_ENTRIES", 2)
    with pytest.raises(feedback.FeedbackError, match="already holds 2"):
        say("up", "c")
    say("up", "b")
    assert len(list(feedback.export(settings))) == 2


def test_shared_conversations(settings: Settings, monkeypatch: pytest.MonkeyPatch) -> None:
    share, secret = shares.publish(settings, [{"text": "答\0"}], "题", "zh")
    assert shares.read(settings, share.id) == share
    assert not shares.withdraw(settings, share.id, "wrong")
    monkeypatch.setattr(shares, "MOST_SHARES", 1)
    with pytest.raises(shares.ShareError, match="already"):
        shares.publish(settings, [{"text": "答"}], "题", "zh")
    assert shares.withdraw(settings, share.id, secret)
    assert shares.read(settings, share.id) is None


def test_a_key_is_made_once(settings: Settings) -> None:
    key = kept_key(settings, "some.key")
    assert len(key) == 32 and kept_key(settings, "some.key") == key
    assert kept_key(settings, "other.key") != key


@pytest.mark.parametrize("change", [str.upper, lambda text: f"{text}?"])
def test_statements_are_taken_literally(settings: Settings, change: Callable[[str], str]) -> None:
    """Signs that mean something to either engine are only signs in values."""
    catalogue, words = opened(settings)
    title = change("100%s ' \" ? %% :x $1 办法")
    put(catalogue, words, "a", title, "供应商")
    assert [record.title for record in catalogue.records()] == [title]
    ask = "select count(*) from passages where text like '%供应%' and instr(text, ?) > 0"
    assert catalogue.connection.execute(ask, ("应商",)).fetchone()[0] == 1
