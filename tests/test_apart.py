"""Files that would take all time or memory: named, refused, and nobody else waits."""

from __future__ import annotations

import os
import pickle
import signal
import subprocess
import sys
import threading
import time
import zlib
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest

from ingest import apart
from ingest.errors import LoadError
from ingest.prepare import Origin, prepare, prepare_here
from ingest.settings import LoadSettings, Settings
from tests.projects import ROOT, law

pytestmark = pytest.mark.skipif(os.name != "posix", reason="limits are those of POSIX systems")


def chained_pdf(times: int, size: int) -> bytes:
    """A PDF of some hundred bytes whose page is ``size`` spaces, deflated ``times`` over."""
    first, piece = zlib.compressobj(9), b" " * 1_000_000
    data = b"".join(first.compress(piece) for _ in range(size // len(piece))) + first.flush()
    for _ in range(times - 1):
        data = zlib.compress(data, 9)
    filters = b"/FlateDecode " * times
    objects = [
        b"<</Type/Catalog/Pages 2 0 R>>",
        b"<</Type/Pages/Kids[3 0 R]/Count 1>>",
        b"<</Type/Page/Parent 2 0 R/MediaBox[0 0 9 9]/Contents 4 0 R>>",
        b"<</Length %d/Filter[%s]>>stream\n%s\nendstream" % (len(data), filters, data),
    ]
    out, places = bytearray(b"%PDF-1.4\n"), []
    for number, body in enumerate(objects, 1):
        places.append(len(out))
        out += b"%d 0 obj\n%s\nendobj\n" % (number, body)
    start = len(out)
    out += b"xref\n0 5\n0000000000 65535 f \n" + b"".join(b"%010d 00000 n \n" % p for p in places)
    return bytes(out + b"trailer<</Size 5/Root 1 0 R>>\nstartxref\n%d\n%%%%EOF\n" % start)


def test_a_file_is_what_it_is_in_this_process(tmp_path: Path, seed_file: Path) -> None:
    made = prepare(Origin("a.txt", seed_file), Settings())
    assert made == prepare_here(Origin("a.txt", seed_file), Settings())
    with pytest.raises(LoadError) as apart_error:
        prepare(Origin("b.txt", tmp_path / "none.txt"), Settings())
    with pytest.raises(LoadError) as here_error:
        prepare_here(Origin("b.txt", tmp_path / "none.txt"), Settings())
    assert apart_error.value.line("zh") == here_error.value.line("zh")
    assert apart_error.value.code == here_error.value.code == "missing-file"


def test_a_small_file_that_takes_all_memory(tmp_path: Path) -> None:
    file = tmp_path / "bomb.pdf"
    file.write_bytes(chained_pdf(3, 400_000_000))
    assert file.stat().st_size < 5_000
    limits = Settings(load=LoadSettings(max_memory_mb=150))
    with pytest.raises(LoadError) as error:
        prepare(Origin("外来/bomb.pdf", file), limits)
    assert error.value.code == "too-much-memory"
    assert "bomb.pdf" in str(error.value) and "load.max_memory_mb" in str(error.value)


def test_a_file_that_never_ends_does_not_keep_others_waiting(tmp_path: Path) -> None:
    """The parser is held as a hostile file would hold it: by the processor."""
    endless = subprocess.Popen(
        [sys.executable, "-c", "while True: pass"], stdin=subprocess.PIPE, stdout=subprocess.PIPE
    )
    parser = object.__new__(apart._Parser)
    parser._process, parser._late = endless, False  # type: ignore[assignment]
    limits = Settings(load=LoadSettings(max_seconds=1))
    file = tmp_path / "a.txt"
    file.write_text(law("甲办法", 2), encoding="utf-8")
    with ThreadPoolExecutor(1) as threads:
        waiting = threads.submit(parser.answer, Origin("endless.md", file), limits)
        assert prepare(Origin("a.txt", file), Settings()).passages
        assert not waiting.done()
        endless.send_signal(signal.SIGXCPU)
        with pytest.raises(LoadError, match=r"endless\.md.*1 seconds") as error:
            waiting.result()
    assert error.value.code == "too-long"
    parser.end()


def test_time_is_limited_in_the_process_itself(tmp_path: Path) -> None:
    code = (
        "from ingest import parsing; from ingest.settings import *;"
        "parsing._limit(Settings(load=LoadSettings(max_seconds=1)), 0)\n"
        "while True: pass"
    )
    done = subprocess.run([sys.executable, "-c", code], cwd=ROOT, timeout=300)
    assert done.returncode == -signal.SIGXCPU


def test_a_process_that_dies_is_replaced_and_the_file_named(tmp_path: Path) -> None:
    file = tmp_path / "a.txt"
    file.write_text(law("甲办法", 2), encoding="utf-8")
    assert prepare(Origin("a.txt", file), Settings()).passages
    (parser,) = apart._idle[-1:]
    parser._process.kill()
    parser._process.wait()
    assert prepare(Origin("a.txt", file), Settings()).passages
    dead = apart._Parser()
    dead._process.kill()
    dead._process.wait()
    with pytest.raises(LoadError, match=r"a\.txt") as error:
        dead.answer(Origin("a.txt", file), Settings())
    assert error.value.code == "parser-ended"
    dead.end()


def test_nothing_but_a_document_is_taken_back() -> None:
    import io

    for hostile in (os.system, print, threading.Thread, time.sleep, Path("/")):
        data = pickle.dumps(hostile)
        with pytest.raises(pickle.UnpicklingError):
            apart._Unpickler(io.BytesIO(data)).load()
    sent = io.BytesIO()
    apart.write(sent, b"x" * 100)
    sent.seek(0)
    with pytest.raises(ValueError):
        apart.read(sent, most=99)


def test_a_process_that_ended_after_the_file_before_is_replaced(
    tmp_path: Path, seed_file: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    ended = apart._Parser()
    ended.end()
    ended._process = subprocess.Popen(
        [sys.executable, "-c", "import sys; sys.stdin.buffer.read(1)"],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
    )
    monkeypatch.setattr(apart, "_idle", [ended])
    origin = Origin("article.txt", seed_file)
    assert prepare(origin, Settings()).document == prepare_here(origin, Settings()).document
