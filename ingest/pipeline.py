"""Files to index: load, clean, structure, split, embed, store; one file at a time.

A file that fails is reported and the others go in. Unchanged files, known by the hash of their
bytes, are skipped. A file from outside the corpus folder is copied, byte for byte, to
``data/originals`` first, so that a rebuild has it.
"""

from __future__ import annotations

import hashlib
import os
import shutil
from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Literal

from ingest.clean import count_repairs
from ingest.document import Document, document_id
from ingest.embed import Embedder
from ingest.errors import LoadError, UserError
from ingest.index import Index, read_current, recipe_of
from ingest.load import FORMATS
from ingest.prepare import Origin, embedded_text, prepare
from ingest.settings import Settings

Status = Literal["added", "replaced", "unchanged", "failed"]


@dataclass(frozen=True, slots=True)
class Outcome:
    """What became of one file. ``repairs`` counts them by kind; ``error`` is set if it failed."""

    source: str
    status: Status
    document: str = ""
    title: str = ""
    sections: int = 0
    passages: int = 0
    repairs: Counter[str] = field(default_factory=Counter)
    error: UserError | None = None


@dataclass(slots=True)
class Summary:
    """What became of all files, and whether a rebuilt index now serves."""

    outcomes: list[Outcome] = field(default_factory=list)
    switched: bool = True

    def count(self, *statuses: Status) -> int:
        """How many files ended in one of ``statuses``."""
        return sum(outcome.status in statuses for outcome in self.outcomes)

    @property
    def failures(self) -> list[Outcome]:
        """Files that did not go in."""
        return [outcome for outcome in self.outcomes if outcome.status == "failed"]

    @property
    def repairs(self) -> Counter[str]:
        """Repairs by kind over all files that went in."""
        total: Counter[str] = Counter()
        for outcome in self.outcomes:
            total += outcome.repairs
        return total


class Progress:
    """What the pipeline reports while it works; a face overrides what it shows."""

    def begin(self, files: int) -> None:
        """``files`` will be read."""

    def file(self, source: str) -> None:
        """``source`` is being read."""

    def done(self, outcome: Outcome) -> None:
        """One file has ended."""


def add_paths(
    paths: Iterable[Path], settings: Settings, embedder: Embedder, progress: Progress | None = None
) -> Summary:
    """Ingest files and folders; the caller holds :func:`ingest.index.writing`.

    If the serving index was made by another recipe, all documents are rebuilt beside it.
    """
    origins = list(_origins(paths, settings))
    recipe = recipe_of(settings, embedder.fingerprint)
    current = read_current(settings)
    if current is not None and current["recipe"] != recipe:
        return build(settings, embedder, progress, origins)
    index = Index.open_for_writing(settings, recipe)
    try:
        return _ingest(origins, index, embedder, settings, progress or Progress())
    finally:
        index.close()


def build(
    settings: Settings,
    embedder: Embedder,
    progress: Progress | None = None,
    more: Sequence[Origin] = (),
) -> Summary:
    """Make the index anew from the corpus folder and all documents added from elsewhere.

    The old index serves until the new one is whole. It goes on serving if a document that is in
    it could not be read again (``Summary.switched`` is false then).
    """
    kept = _known_elsewhere(settings)
    corpus = _origins([settings.corpus_folder], settings) if settings.corpus_folder.is_dir() else ()
    origins = {o.source: o for o in (*kept, *corpus, *more)}
    index = Index.new_generation(settings, recipe_of(settings, embedder.fingerprint))
    try:
        summary = _ingest(list(origins.values()), index, embedder, settings, progress or Progress())
        lost = _known_sources(settings) & {outcome.source for outcome in summary.failures}
        summary.switched = not lost
        if summary.switched:
            index.serve()
    finally:
        index.close()
    return summary


def gather(path: Path) -> Iterator[Path]:
    """The file itself, or all files of known types below a folder, in order of name."""
    if not path.is_dir():
        yield path
        return
    for folder, folders, names in os.walk(path):
        folders[:] = sorted(name for name in folders if not name.startswith("."))
        for name in sorted(names):
            if not name.startswith((".", "~$")) and Path(name).suffix.lower() in FORMATS:
                yield Path(folder, name)


def source_name(file: Path, settings: Settings) -> str:
    """The name a document goes by: its path, relative to the settings file where below it."""
    absolute = Path(os.path.abspath(file))
    base = settings.base.resolve()
    if absolute.is_relative_to(base):
        return absolute.relative_to(base).as_posix()
    return absolute.as_posix()


def _ingest(
    origins: Sequence[Origin],
    index: Index,
    embedder: Embedder,
    settings: Settings,
    progress: Progress,
) -> Summary:
    summary = Summary()
    known = index.catalogue.hashes()
    progress.begin(len(origins))
    for origin in origins:
        progress.file(origin.source)
        try:
            outcome = _ingest_one(origin, index, embedder, settings, known)
        except LoadError as error:
            outcome = Outcome(origin.source, "failed", error=error)
        summary.outcomes.append(outcome)
        progress.done(outcome)
    return summary


def _ingest_one(
    origin: Origin, index: Index, embedder: Embedder, settings: Settings, known: dict[str, str]
) -> Outcome:
    id = document_id(origin.source)
    if id in known and known[id] == _hash(origin):
        return Outcome(origin.source, "unchanged", id)
    prepared = prepare(origin, settings)
    document, passages = prepared.document, prepared.passages
    vectors = embedder.encode_passages([embedded_text(document, p) for p in passages])
    file = _keep(origin, document, settings)
    index.add(document, prepared.sections, passages, vectors, file)
    return Outcome(
        origin.source,
        "replaced" if id in known else "added",
        id,
        document.title,
        len(prepared.sections),
        len(passages),
        Counter(count_repairs(document)),
    )


def _origins(paths: Iterable[Path], settings: Settings) -> Iterator[Origin]:
    for path in paths:
        for file in gather(path):
            yield Origin(source_name(file, settings), file)


def _hash(origin: Origin) -> str:
    try:
        with origin.file.open("rb") as stream:
            return hashlib.file_digest(stream, "sha256").hexdigest()
    except OSError:
        return ""  # loading says what is wrong with it


def _keep(origin: Origin, document: Document, settings: Settings) -> str:
    """Where the raw bytes lie from now on, relative to the settings file where below it."""
    file = origin.file
    if not file.resolve().is_relative_to(settings.corpus_folder):
        folder = settings.data_folder / "originals"
        folder.mkdir(parents=True, exist_ok=True)
        target = folder / f"{document.content_hash}{file.suffix.lower()}"
        if not target.exists():
            partial = target.with_suffix(".partial")
            shutil.copyfile(file, partial)
            partial.replace(target)
        file = target
    return source_name(file, settings)


def _known_elsewhere(settings: Settings) -> list[Origin]:
    """Documents of the serving index whose files lie outside the corpus folder."""
    return _read_known(
        settings,
        lambda file: not file.resolve().is_relative_to(settings.corpus_folder),
    )


def _known_sources(settings: Settings) -> set[str]:
    return {origin.source for origin in _read_known(settings, lambda file: file.exists())}


def _read_known(settings: Settings, wanted: Callable[[Path], bool]) -> list[Origin]:
    if read_current(settings) is None:
        return []
    index = Index.open(settings)
    try:
        origins = [Origin(r.source, settings.base / r.file) for r in index.documents()]
    finally:
        index.close()
    return [origin for origin in origins if wanted(origin.file)]
