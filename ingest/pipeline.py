"""Files to index: load, clean, structure, split, embed, store.

Files are made ready side by side (:mod:`ingest.engines`); what is ready is stored together, by
this process alone.

A file that fails is reported and the others go in. Unchanged files, known by the hash of their
bytes, are skipped. A file from outside the corpus folder is copied, byte for byte, to
``data/originals`` first, so that a rebuild has it. What editors decided (see
:mod:`ingest.storage.decisions`) goes before what the corpus folder holds.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import replace
from pathlib import Path

from ingest.changed import Known, values_changed
from ingest.clean import count_repairs
from ingest.document import document_id
from ingest.embed import Embedder, OnProgress
from ingest.engines.engine import Batch, Made, engine_of, in_turn, with_vectors
from ingest.errors import LoadError
from ingest.faults import explained
from ingest.find import find_document
from ingest.given import let_come_back, origins_in
from ingest.index import Entry, Index, read_current, recipe_of
from ingest.known import as_decided, known_documents, origins_of_known, register_of
from ingest.originals import content_hash, find, in_corpus, keep, located
from ingest.outcome import Outcome, Progress, Summary
from ingest.prepare import Origin, Prepared
from ingest.reserve import set_aside
from ingest.securitylog import user_name
from ingest.settings import Settings
from ingest.storage.catalogue import DocumentRecord
from ingest.storage.decisions import Change, Decisions, Edits, Face, Held, Noted, Standing
from ingest.twins import note_twins


def add_paths(
    paths: Iterable[Path], settings: Settings, embedder: Embedder, progress: Progress | None = None
) -> Summary:
    """Ingest files and folders; the caller holds :func:`ingest.index.writing`.

    A removed or replaced document is left as editors decided when its folder is added, and comes
    back when its very file is. If the serving index was made by another recipe, all documents are
    rebuilt beside it.
    """
    paths = list(paths)
    let_come_back(paths, settings)
    return _add(list(origins_in(paths, settings)), settings, embedder, progress)


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
    decisions = Decisions(settings)
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
        Decisions(settings).hold_all(register_of(index.documents()))
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
    folder = settings.corpus_folder
    corpus = origins_in([folder] if folder.is_dir() else [], settings)
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
            Decisions(settings).hold_all(register_of(index.documents()))
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
    decisions = Decisions(settings)
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
    known = index.catalogue.hashes()
    outcomes: dict[int, Outcome] = {}
    progress.begin(len(origins))

    def done(origin: Origin, outcome: Outcome) -> None:
        outcomes[id(origin)] = outcome
        progress.done(outcome)

    changed = []
    for origin in origins:
        if _is_known(origin, known):
            done(origin, Outcome(origin.source, "unchanged", document_id(origin.source)))
        else:
            changed.append(origin)
    if changed:
        engine = engine_of(settings, embedder, progress.page)
        awaited, _ = in_turn(changed)
        try:
            progress.file(awaited[0].source)
            for batch in engine.made(changed):
                for origin, outcome in _store_batch(batch, index, settings, known):
                    done(origin, outcome)
                awaited = awaited[len(batch) :]
                if awaited:
                    progress.file(awaited[0].source)
        finally:
            engine.close()
    note_twins(index)
    return Summary([outcomes[id(origin)] for origin in origins])


def _is_known(origin: Origin, known: dict[str, str]) -> bool:
    held = known.get(document_id(origin.source))
    return held is not None and not origin.fault and held == content_hash(origin.file)


def _store_batch(
    batch: Batch, index: Index, settings: Settings, known: dict[str, str]
) -> list[tuple[Origin, Outcome]]:
    """Make what is ready visible; of two files that make the same document the later one stays."""
    entries: dict[str, Entry] = {}
    outcomes = []
    for origin, result in batch:
        try:
            if isinstance(result, LoadError):
                raise result
            entry = _entry(result, origin, settings)
        except LoadError as error:
            outcomes.append((origin, Outcome(origin.source, "failed", error=error)))
            continue
        entries.pop(entry.document.id, None)
        entries[entry.document.id] = entry
        outcomes.append((origin, _outcome(origin, entry, known)))
    serves = bool(entries) and index.serves
    replaced = entries.keys() & known.keys() if serves else ()
    before = {r.id: r for r in index.catalogue.records() if r.id in replaced} if replaced else {}
    _add_entries(list(entries.values()), index, settings)
    if serves:
        _log_taken_in(before, list(entries.values()), settings)
    return outcomes


def _outcome(origin: Origin, entry: Entry, known: dict[str, str]) -> Outcome:
    document = entry.document
    return Outcome(
        origin.source,
        "replaced" if document.id in known else "added",
        document.id,
        document.title,
        len(entry.sections),
        len(entry.passages),
        Counter(count_repairs(document)),
    )


def _log_taken_in(
    before: Mapping[str, DocumentRecord], entries: Sequence[Entry], settings: Settings
) -> None:
    """Documents that a command brought in stand in the log like those that an editor added.

    :param before: what was in of them, by id.
    """
    decisions = Decisions(settings)
    decided = decisions.all()

    def noted(entry: Entry) -> Noted:
        held, stood = _held(entry), before.get(entry.document.id)
        edits = decided[held.source].edits if held.source in decided else ()
        now = Known(entry.document.metadata, held.content_hash, len(entry.passages))
        return Noted(
            "replace" if stood else "add",
            held.title,
            _standing(stood, edits) if stood else Standing(held.source, present=False),
            Standing(held.source, True, held.file, held.content_hash, edits),
            values_changed(known_of(stood), now),
        )

    decisions.note(user_name(), *map(noted, entries))


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
) -> None:
    """Embed a prepared document and make it visible, in place of what has its id."""
    made = with_vectors(prepared, embedder, on_progress)
    _add_entries([_entry(made, origin, settings)], index, settings)


def _entry(made: Made, origin: Origin, settings: Settings) -> Entry:
    """What the index is given of a file, whose bytes are kept.

    :raises LoadError: if the file has other bytes by now.
    """
    prepared = made.prepared
    file = keep(origin.file, prepared.document.content_hash, settings)
    return Entry(prepared.document, prepared.sections, prepared.passages, made.vectors, file)


def _add_entries(entries: Sequence[Entry], index: Index, settings: Settings) -> None:
    if not entries:
        return
    index.add(*entries)
    if index.serves:
        Decisions(settings).hold(*map(_held, entries))


def _held(entry: Entry) -> Held:
    document = entry.document
    return Held(document.source, entry.file, document.content_hash, document.title)


def take_out(
    record: DocumentRecord, index: Index, settings: Settings, who: str, face: Face = "command"
) -> Change:
    """Remove a document for good: its folder does not bring it back, undoing does.

    Its bytes are kept. The caller holds :func:`ingest.index.writing`.
    """
    decisions = Decisions(settings)
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
    decision = Decisions(settings).all().get(record.source)
    edits = decision.edits if decision else ()
    return _standing(record, edits)


def _standing(record: DocumentRecord, edits: Edits) -> Standing:
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
