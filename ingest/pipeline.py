"""Files to index: load, clean, structure, split, embed, store; one file at a time.

A file that fails is reported and the others go in. Unchanged files, known by the hash of their
bytes, are skipped. A file from outside the corpus folder is copied, byte for byte, to
``data/originals`` first, so that a rebuild has it. What editors decided (see
:mod:`ingest.storage.decisions`) goes before what the corpus folder holds.
"""

from __future__ import annotations

import hashlib
import os
import shutil
from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Literal

from ingest.clean import count_repairs
from ingest.document import document_id
from ingest.embed import Embedder, OnProgress
from ingest.errors import LoadError, UserError
from ingest.index import Index, read_current, recipe_of
from ingest.load import FORMATS
from ingest.prepare import Origin, Prepared, embedded_text, prepare
from ingest.settings import Settings
from ingest.storage.catalogue import DocumentRecord
from ingest.storage.decisions import Change, Decision, Decisions, Standing

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
    """What became of all files, and whether a rebuilt index now serves.

    ``waiting`` counts texts that are not in because nobody asked for them to be fetched.
    """

    outcomes: list[Outcome] = field(default_factory=list)
    switched: bool = True
    waiting: int = 0

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

    A removed or replaced document is left as editors decided when its folder is added, and comes
    back when its very file is. If the serving index was made by another recipe, all documents are
    rebuilt beside it.
    """
    paths = list(paths)
    for path in paths:
        if path.is_file():
            Decisions(settings.data_folder).forget(source_name(path, settings))
    return _add(list(_origins(paths, settings)), settings, embedder, progress)


def add_origins(
    origins: Sequence[Origin],
    settings: Settings,
    embedder: Embedder,
    progress: Progress | None = None,
    named: bool = False,
) -> Summary:
    """Ingest documents whose bytes lie where their origins say, as :func:`add_paths` does files.

    :param named: somebody asked for these very documents, so that removed ones come back.
    """
    decisions = Decisions(settings.data_folder)
    if named:
        for origin in origins:
            decisions.forget(origin.source)
    decided = decisions.all()
    standing = [o for origin in origins for o in _as_decided(origin, decided, settings)]
    return _add(standing, settings, embedder, progress)


def _add(
    origins: Sequence[Origin],
    settings: Settings,
    embedder: Embedder,
    progress: Progress | None,
) -> Summary:
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
    """Make the index anew from the corpus folder and all documents added from elsewhere,
    as editors decided about them.

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
    if id in known and known[id] == content_hash(origin.file):
        return Outcome(origin.source, "unchanged", id)
    prepared = prepare(origin, settings)
    store(prepared, origin, index, embedder, settings)
    return Outcome(
        origin.source,
        "replaced" if id in known else "added",
        id,
        prepared.document.title,
        len(prepared.sections),
        len(prepared.passages),
        Counter(count_repairs(prepared.document)),
    )


def store(
    prepared: Prepared,
    origin: Origin,
    index: Index,
    embedder: Embedder,
    settings: Settings,
    on_progress: OnProgress | None = None,
) -> None:
    """Embed a prepared document and make it visible, in place of what has its id."""
    document, passages = prepared.document, prepared.passages
    texts = [embedded_text(document, p) for p in passages]
    vectors = embedder.encode_passages(texts, on_progress)
    file = keep(origin.file, document.content_hash, settings)
    index.add(document, prepared.sections, passages, vectors, file)


def _origins(paths: Iterable[Path], settings: Settings) -> Iterator[Origin]:
    decided = Decisions(settings.data_folder).all()
    for path in paths:
        for file in gather(path):
            yield from _as_decided(Origin(source_name(file, settings), file), decided, settings)


def _as_decided(
    origin: Origin, decided: dict[str, Decision], settings: Settings
) -> Iterator[Origin]:
    """The origin with its file and metadata as editors set them; nothing if they removed it."""
    decision = decided.get(origin.source)
    if decision is None:
        yield origin
    elif decision.present:
        file = settings.base / decision.file if decision.file else origin.file
        yield Origin(origin.source, file, decision.edits)


def content_hash(file: Path) -> str:
    """SHA-256 (hex) of a file's bytes; empty where it cannot be read, as loading will say."""
    try:
        with file.open("rb") as stream:
            return hashlib.file_digest(stream, "sha256").hexdigest()
    except OSError:
        return ""


def keep(file: Path, content_hash: str, settings: Settings, always: bool = False) -> str:
    """Where the raw bytes lie from now on, relative to the settings file where below it.

    A file outside the corpus folder (with ``always``, any file) is copied to ``data/originals``.
    """
    if always or not file.resolve().is_relative_to(settings.corpus_folder):
        target = kept_file(content_hash, file.suffix, settings)
        target.parent.mkdir(parents=True, exist_ok=True)
        if not target.exists():
            partial = target.with_suffix(".partial")
            shutil.copyfile(file, partial)
            partial.replace(target)
        file = target
    return source_name(file, settings)


def keep_bytes(data: bytes, suffix: str, settings: Settings) -> Path:
    """The file under ``data/originals`` that holds ``data`` from now on."""
    target = kept_file(hashlib.sha256(data).hexdigest(), suffix, settings)
    if not target.exists():
        target.parent.mkdir(parents=True, exist_ok=True)
        partial = target.with_suffix(".partial")
        partial.write_bytes(data)
        partial.replace(target)
    return target


def kept_file(content_hash: str, suffix: str, settings: Settings) -> Path:
    """Where a copy of a file with these bytes and this ending is kept."""
    return settings.data_folder / "originals" / f"{content_hash}{suffix.lower()}"


def take_out(record: DocumentRecord, index: Index, settings: Settings, who: str) -> Change:
    """Remove a document for good: its folder does not bring it back, undoing does.

    Its bytes are kept. The caller holds :func:`ingest.index.writing`.
    """
    decisions = Decisions(settings.data_folder)
    before = standing_of(record, settings)
    keep_copy(before, settings)
    after = replace(before, present=False)
    inside = in_corpus(record.file, settings)
    id = decisions.begin(who, "remove", record.title, before, after, inside)
    index.remove(record.id)
    decisions.finish(id)
    change = decisions.change(id)
    assert change is not None
    return change


def standing_of(record: DocumentRecord, settings: Settings) -> Standing:
    """How a document of the index stands now."""
    decision = Decisions(settings.data_folder).all().get(record.source)
    edits = decision.edits if decision else ()
    return Standing(record.source, True, record.file, record.content_hash, edits)


def keep_copy(standing: Standing, settings: Settings) -> None:
    """Keep the bytes of a document that goes, whatever becomes of its file."""
    file = settings.base / standing.file
    if file.is_file() and content_hash(file) == standing.content_hash:
        keep(file, standing.content_hash, settings, always=True)


def in_corpus(file: str, settings: Settings) -> bool:
    """Whether a file of the catalogue lies in the corpus folder."""
    return bool(file) and (settings.base / file).resolve().is_relative_to(settings.corpus_folder)


def _known_elsewhere(settings: Settings) -> list[Origin]:
    """Documents whose files lie outside the corpus folder: of the serving index, or decided."""
    decided = Decisions(settings.data_folder).all()
    served = _read_known(
        settings,
        lambda file: not file.resolve().is_relative_to(settings.corpus_folder),
    )
    known = {origin.source: origin for origin in served}
    for decision in decided.values():
        if decision.file:
            known[decision.source] = Origin(decision.source, settings.base / decision.file)
    return [o for origin in known.values() for o in _as_decided(origin, decided, settings)]


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
