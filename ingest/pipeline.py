"""Files to index: load, clean, structure, split, embed, store; one file at a time.

A file that fails is reported and the others go in. Unchanged files, known by the hash of their
bytes, are skipped. A file from outside the corpus folder is copied, byte for byte, to
``data/originals`` first, so that a rebuild has it. What editors decided (see
:mod:`ingest.storage.decisions`) goes before what the corpus folder holds.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Collection, Iterable, Iterator, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path, PurePosixPath
from typing import Literal

from ingest.bundles import BundleWanted, is_bundle, unpacked
from ingest.changed import Known, values_changed
from ingest.clean import count_repairs
from ingest.document import document_id
from ingest.embed import Embedder, OnProgress
from ingest.errors import LoadError, UserError
from ingest.faults import explained
from ingest.find import find_document
from ingest.gather import gather, link_elsewhere, source_name
from ingest.index import Index, read_current, recipe_of
from ingest.known import as_decided, known_documents, origins_of_known, register_of
from ingest.originals import content_hash, find, in_corpus, keep, keep_bytes, located
from ingest.prepare import Origin, Prepared, embedded_text, prepare
from ingest.reserve import set_aside
from ingest.securitylog import user_name
from ingest.settings import Settings
from ingest.storage.catalogue import DocumentRecord
from ingest.storage.decisions import Action, Change, Decisions, Face, Held, Standing
from ingest.twins import note_twins

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

    ``lost`` are the sources of documents that a rebuilt index would have lost; ``waiting`` counts
    texts that are not in because nobody asked for them to be fetched.
    """

    outcomes: list[Outcome] = field(default_factory=list)
    switched: bool = True
    lost: list[str] = field(default_factory=list)
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
            _forget(source_name(path, settings), Decisions(settings.data_folder))
    return _add(list(_origins(paths, settings)), settings, embedder, progress)


def _forget(source: str, decisions: Decisions) -> None:
    """Let a file come back that is named, or all that are in it."""
    inside = [one for one in decisions.all() if one.startswith(f"{source}/")]
    for one in (source, *(inside if is_bundle(source) else ())):
        decisions.forget(one)


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
    standing = [o for origin in origins for o in as_decided(origin, decided, settings)]
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
        Decisions(settings.data_folder).hold_all(register_of(index.documents()))
        return _ingest(origins, index, embedder, settings, progress or Progress())
    finally:
        index.close()
        set_aside(settings)


def build(
    settings: Settings,
    embedder: Embedder,
    progress: Progress | None = None,
    more: Sequence[Origin] = (),
    drop_missing: Sequence[str] = (),
) -> Summary:
    """Make the index anew from the corpus folder and all documents that are known, as editors
    decided about them; each is read from a file with the bytes that it went in with, wherever such
    a file lies.

    The old index serves until the new one is whole. It goes on serving if a document that is known
    would be lost (``Summary.switched`` is false then). A file that was renamed within the corpus
    folder is not lost.

    :param drop_missing: names of documents that may be lost, in the words of
        :func:`ingest.find.find_document`.
    :raises IndexStateError: if a name in ``drop_missing`` means no document.
    """
    known = known_documents(settings)
    dropped = {find_document(known, name).source for name in drop_missing}
    corpus = _origins([settings.corpus_folder], settings) if settings.corpus_folder.is_dir() else ()
    given = {origin.source: origin for origin in (*corpus, *more)}
    origins = {**given, **origins_of_known(known, given, settings)}
    index = Index.new_generation(settings, recipe_of(settings, embedder.fingerprint))
    try:
        summary = _ingest(list(origins.values()), index, embedder, settings, progress or Progress())
        _judge(summary, known, dropped, index)
        if summary.switched:
            for held in known:
                if held.source in dropped and held.id not in index.catalogue.hashes():
                    _log_loss(held, settings)
            Decisions(settings.data_folder).hold_all(register_of(index.documents()))
            index.serve()
            index.close()
            set_aside(settings)
        else:
            index.drop()
    except BaseException:
        index.drop()
        raise
    return summary


def _judge(summary: Summary, known: Sequence[Held], dropped: Collection[str], index: Index) -> None:
    """Find out what the new index has lost, and whether it may serve all the same."""
    hashes = index.catalogue.hashes()
    bytes_in = set(hashes.values())
    failed = {outcome.source for outcome in summary.failures}
    for held in known:
        renamed = held.source not in failed and held.content_hash in bytes_in
        if held.id not in hashes and not renamed and held.source not in dropped:
            summary.lost.append(held.source)
    summary.switched = not summary.lost
    for outcome in list(summary.failures):
        if outcome.source in dropped:
            summary.outcomes.remove(outcome)


def _log_loss(held: Held, settings: Settings) -> None:
    """A document that is given up stands in the log as one that was removed."""
    decisions = Decisions(settings.data_folder)
    before = Standing(held.source, True, held.file, held.content_hash)
    after = replace(before, present=False)
    inside = in_corpus(held.file, settings)
    decisions.finish(decisions.begin(user_name(), "remove", held.title, before, after, inside))


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
    note_twins(index)
    return summary


def _ingest_one(
    origin: Origin, index: Index, embedder: Embedder, settings: Settings, known: dict[str, str]
) -> Outcome:
    id = document_id(origin.source)
    if id in known and not origin.fault and known[id] == content_hash(origin.file):
        return Outcome(origin.source, "unchanged", id)
    prepared = prepare(origin, settings)
    before = index.record(id) if id in known else None
    held = store(prepared, origin, index, embedder, settings)
    if index.serves:
        _log_taken_in(before, held, prepared, settings)
    return Outcome(
        origin.source,
        "replaced" if id in known else "added",
        id,
        prepared.document.title,
        len(prepared.sections),
        len(prepared.passages),
        Counter(count_repairs(prepared.document)),
    )


def _log_taken_in(
    before: DocumentRecord | None, held: Held, prepared: Prepared, settings: Settings
) -> None:
    """A document that a command brought in stands in the log like one that an editor added."""
    decisions = Decisions(settings.data_folder)
    decision = decisions.all().get(held.source)
    after = Standing(
        held.source, True, held.file, held.content_hash, decision.edits if decision else ()
    )
    stood = standing_of(before, settings) if before else Standing(held.source, present=False)
    now = Known(prepared.document.metadata, held.content_hash, len(prepared.passages))
    values = values_changed(known_of(before), now)
    action: Action = "replace" if before else "add"
    decisions.note(user_name(), action, held.title, stood, after, values)


def known_of(record: DocumentRecord | None) -> Known | None:
    """What the log compares of a document; ``None`` where it is not in."""
    return Known(record.metadata, record.content_hash, record.passages) if record else None


def store(
    prepared: Prepared,
    origin: Origin,
    index: Index,
    embedder: Embedder,
    settings: Settings,
    on_progress: OnProgress | None = None,
) -> Held:
    """Embed a prepared document and make it visible, in place of what has its id; gives its line
    of the register."""
    document, passages = prepared.document, prepared.passages
    texts = [embedded_text(document, p) for p in passages]
    vectors = embedder.encode_passages(texts, on_progress)
    file = keep(origin.file, document.content_hash, settings)
    index.add(document, prepared.sections, passages, vectors, file)
    held = Held(document.source, file, document.content_hash, document.title)
    if index.serves:
        Decisions(settings.data_folder).hold(held)
    return held


def _origins(paths: Iterable[Path], settings: Settings) -> Iterator[Origin]:
    decided = Decisions(settings.data_folder).all()
    for path in paths:
        for file in gather(path):
            origin = Origin(source_name(file, settings), file)
            if file != path and link_elsewhere(file, path):
                yield replace(origin, fault=_link(origin.source))
                continue
            ones: Iterable[Origin] = (origin,)
            if is_bundle(file.name):
                ones = _in_bundle(origin, settings)
            for one in ones:
                yield from as_decided(one, decided, settings)


def _in_bundle(origin: Origin, settings: Settings) -> Iterator[Origin]:
    """The files in an archive or a mail, kept as originals, and why others are not read."""
    try:
        bundle = unpacked(BundleWanted(origin.source, origin.file), settings)
    except LoadError as error:
        yield replace(origin, fault=error)
        return
    for member in bundle.members:
        file = keep_bytes(member.data, PurePosixPath(member.name).suffix, settings)
        yield Origin(f"{origin.source}/{member.name}", file)
    for fault in bundle.left_out:
        yield Origin(fault.where, origin.file, fault=fault)


def _link(source: str) -> LoadError:
    return LoadError(
        "link-elsewhere",
        source,
        "this is a link to a file outside the folder and is not followed",
        "Put the file itself there, or add it by its own path",
        ("这是指向文件夹之外的链接，不予跟随", "请放入文件本身，或按其自身路径添加"),
    )


def take_out(
    record: DocumentRecord, index: Index, settings: Settings, who: str, face: Face = "command"
) -> Change:
    """Remove a document for good: its folder does not bring it back, undoing does.

    Its bytes are kept. The caller holds :func:`ingest.index.writing`.
    """
    decisions = Decisions(settings.data_folder)
    before = standing_of(record, settings)
    keep_if_possible(before, settings)
    after = replace(before, present=False)
    inside = in_corpus(record.file, settings)
    id = decisions.begin(who, "remove", record.title, before, after, inside, face=face)
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
    file = find(standing.file, standing.content_hash, settings)
    if file is not None:
        keep(file, standing.content_hash, settings, always=True)


def keep_if_possible(standing: Standing, settings: Settings) -> None:
    """:func:`keep_copy`, but a full disk does not keep a document from being removed: its file
    lies where it lay."""
    try:
        keep_copy(standing, settings)
    except OSError as error:
        fault = explained(error, located(standing.file, settings))
        if fault is None or fault.code != "disk-full":
            raise
