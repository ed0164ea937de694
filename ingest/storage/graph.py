"""Whether Chroma's graph files are what they were when last written.

Chroma reads them without looking, and a damaged one can end the whole process. So their hashes are
noted beside them, and where these differ (a killed writer may not have come to note them), a
process of its own tries the vectors first.

Below a thousand vectors Chroma has not written the graph yet: there is no ``_WRITTEN`` beside its
files, which it makes anew, with what the memory held, by the first question, and never reads.
"""

from __future__ import annotations

import hashlib
import json
import os
import subprocess
import sys
import time
from pathlib import Path

from ingest.durable import written
from ingest.settings import PROJECT, StoreSettings

_WRITTEN = "index_metadata.pickle"
_LONGEST = 120.0
_SHARE = 20
"""While a writer works, so many times as long passes between two notes as one of them takes."""


class GraphSums:
    """The hashes of the graph files below ``folder``, noted in a file beside it."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        self._file = folder.with_name(f"{folder.name}.sums.json")
        self._seen: dict[str, tuple[int, int]] | None = None
        self._next = 0.0

    @property
    def noted(self) -> bool:
        """Whether there are notes at all: earlier versions of the program made none."""
        return self._file.exists()

    def agree(self) -> bool:
        """Whether all are as noted; true where nothing was noted."""
        try:
            noted = json.loads(self._file.read_bytes())
        except FileNotFoundError:
            return True
        except (OSError, ValueError):
            return False
        written = {name: sum for name, sum in noted.items() if _beside(name) in noted}
        seen = self._stamps()
        if written != self._sums():
            return False
        self._seen = seen  # so that they are noted again only if they change
        return True

    def note(self, now_and_then: bool = False) -> None:
        """Note them as they are now, if one has changed.

        :param now_and_then: only where that takes a small part of the time: of a large index all
            files are read for it.
        """
        began = time.monotonic()
        if now_and_then and began < self._next:
            return
        seen = self._stamps()
        if seen != self._seen:
            with written(self._file) as stream:
                stream.write(json.dumps(self._sums()).encode())
            self._seen = seen
        ended = time.monotonic()
        self._next = ended + _SHARE * (ended - began)

    def _stamps(self) -> dict[str, tuple[int, int]]:
        return {
            name: (file.stat().st_size, file.stat().st_mtime_ns)
            for name, file in self._files().items()
        }

    def _sums(self) -> dict[str, str]:
        sums = {}
        for name, file in self._files().items():
            with file.open("rb") as stream:
                sums[name] = hashlib.file_digest(stream, "sha256").hexdigest()
        return sums

    def _files(self) -> dict[str, Path]:
        graphs = (file.parent for file in self._folder.glob(f"*/{_WRITTEN}"))
        found = sorted(file for graph in graphs for file in graph.iterdir() if file.is_file())
        return {file.relative_to(self._folder).as_posix(): file for file in found}


def _beside(name: str) -> str:
    return f"{name.partition('/')[0]}/{_WRITTEN}"


def survives(settings: StoreSettings, folder: Path, name: str) -> bool:
    """Whether a process of its own can read all vectors and find some, without dying of it."""
    shown = settings.model_dump_json(exclude={"catalogue"})  # others see arguments
    given = [shown, str(folder), name]
    path = os.pathsep.join([str(PROJECT), *filter(None, [os.environ.get("PYTHONPATH")])])
    try:
        done = subprocess.run(
            [sys.executable, "-m", "ingest.storage.graph", *given],
            env={**os.environ, "PYTHONPATH": path},
            capture_output=True,
            timeout=_LONGEST,
        )
    except subprocess.TimeoutExpired:
        return False
    return done.returncode == 0


def _try(settings: StoreSettings, folder: Path, name: str) -> None:
    from ingest.storage.vectors import VectorStore

    store = VectorStore(settings, folder, name, write=False, make=False, trust=True)
    ids = sorted(store.ids())
    kept = store.stored(ids)
    if len(kept) < len(ids):
        raise SystemExit(1)
    for id in ids[:: max(1, len(ids) // 50)]:
        store.nearest(kept[id], 5)
    store.close()


if __name__ == "__main__":
    _try(StoreSettings.model_validate_json(sys.argv[1]), Path(sys.argv[2]), sys.argv[3])
