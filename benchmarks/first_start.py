"""What somebody new meets: from a clone to the page, the first answers, and the second start.

    python benchmarks/first_start.py [--keep FOLDER]

Clones the last commit of this repository into an empty folder, runs ``make chat`` there and times
it from the clone until the page is served; asks four questions over REST, of which nothing in the
repository holds the answer; then ends it, runs ``make chat`` once more and times that. Prints
JSON; the processor's seconds, of all but the server, say more than the clock's on a machine that
others use. Needs a connection or what pip has already fetched.
"""

from __future__ import annotations

import argparse
import json
import os
import resource
import signal
import subprocess
import sys
import tempfile
import time
import urllib.error
import urllib.request
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

sys.path.insert(0, str(Path(__file__).resolve().parents[1]))

from benchmarks.serving import ROOT, free_port, posted

QUESTIONS = (
    "质疑期限是多少天?",
    "供应商应当具备什么条件?",
    "单一来源适用于哪些情形?",
    "什么是政府采购?",
)
LONGEST = 3600.0


@contextmanager
def chat(folder: Path) -> Iterator[tuple[str, float]]:
    """``make chat`` in ``folder``: its address, and the seconds until the page was served.

    :raises SystemExit: if it ends before.
    """
    port, began = free_port(), time.monotonic()
    environment = {**os.environ, "ZHENGCAI_SERVER__PORT": str(port)}
    environment.pop("PYTHONPATH", None)
    log = folder.parent / "make-chat.log"
    with log.open("ab") as stream:
        process = subprocess.Popen(
            ["make", "chat"],
            cwd=folder,
            env=environment,
            stdout=stream,
            stderr=stream,
            start_new_session=True,
        )
    address = f"http://127.0.0.1:{port}"
    try:
        while not _served(address):
            if process.poll() is not None or time.monotonic() - began > LONGEST:
                raise SystemExit(f"make chat did not serve: {log.read_text('utf-8')[-800:]}")
            time.sleep(0.05)
        yield address, time.monotonic() - began
    finally:
        os.killpg(process.pid, signal.SIGTERM)
        process.wait(timeout=120)


def _served(address: str) -> bool:
    try:
        with urllib.request.urlopen(address, timeout=30):
            return True
    except (urllib.error.URLError, OSError):
        return False


def answered(address: str, question: str) -> dict[str, Any]:
    """What is cited first, with its version, and the seconds that the answer took."""
    began = time.monotonic()
    answer = posted(f"{address}/api/v1/ask", {"question": question}, timeout=300)
    first = answer["citations"][0] if answer["citations"] else {}
    return {
        "told": answer["answer"].splitlines()[0],
        "cited first": first.get("official"),
        "version": first.get("dated"),
        "seconds": round(time.monotonic() - began, 2),
    }


def size_mb(folder: Path) -> int:
    """What a folder takes on the disk."""
    found = subprocess.run(["du", "-sm", folder], check=True, capture_output=True, text=True)
    return int(found.stdout.split()[0])


def _cpu() -> float:
    used = resource.getrusage(resource.RUSAGE_CHILDREN)
    return used.ru_utime + used.ru_stime


def measured(folder: Path) -> dict[str, Any]:
    """Clone, first start, answers, second start."""
    began, project = time.monotonic(), folder / "project"
    subprocess.run(["git", "clone", "--quiet", str(ROOT), str(project)], check=True)
    with chat(project) as (address, _):
        page = time.monotonic() - began
        answers = {question: answered(address, question) for question in QUESTIONS[:1]}
        first = time.monotonic() - began
        answers |= {question: answered(address, question) for question in QUESTIONS[1:]}
    spent = _cpu()
    with chat(project) as (address, again):
        pass
    return {
        "from clone to page, s": round(page, 1),
        "of the processor, s": round(spent, 1),
        "from clone to the first answer, s": round(first, 1),
        "second start to page, s": round(again, 1),
        "of the processor in it, s": round(_cpu() - spent, 1),
        "answers": answers,
        "environment, MB": size_mb(project / ".venv"),
        "data, MB": size_mb(project / "data"),
        "load": round(os.getloadavg()[0], 1),
        "cores": os.cpu_count(),
    }


def main() -> None:
    """Measures as the command line says."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    parser.add_argument("--keep", type=Path, help="an empty folder to do it in, kept afterwards")
    options = parser.parse_args()
    if options.keep:
        options.keep.mkdir(parents=True)
        told = measured(options.keep)
    else:
        with tempfile.TemporaryDirectory() as folder:
            told = measured(Path(folder))
    print(json.dumps(told, ensure_ascii=False, indent=1))


if __name__ == "__main__":
    main()
