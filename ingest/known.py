"""Which documents a rebuild must bring, and from which files.

The serving catalogue says which are in; where it cannot be read, the register beside it does, and
where there is none either (a data folder of an earlier version), the catalogue before and the
originals themselves. What editors decided goes before all of them.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import replace

from ingest.errors import UserError
from ingest.generations import generations, read_current
from ingest.originals import (
    FOLDER,
    all_kept,
    altered,
    content_hash,
    find,
    in_corpus,
    located,
    missing,
    promised,
)
from ingest.prepare import Origin
from ingest.settings import Settings
from ingest.storage.catalogue import Catalogue, DocumentRecord
from ingest.storage.decisions import Decision, Decisions, Held
from ingest.storage.places import catalogue_place


def register_of(records: Iterable[DocumentRecord]) -> list[Held]:
    """The register of some documents of the catalogue."""
    return [Held(r.source, r.file, r.content_hash, r.title) for r in records]


def known_documents(settings: Settings) -> list[Held]:
    """All documents that should be in, as decided; those removed are not among them."""
    decisions = Decisions(settings)
    decided = decisions.all()
    known = {one.source: one for one in _noted(settings, decisions)}
    for decision in decided.values():
        if decision.present and decision.file:
            before = known.get(decision.source)
            hash = promised(decision.file) or (before.content_hash if before else "")
            title = before.title if before else ""
            known[decision.source] = Held(decision.source, decision.file, hash, title)
    return [
        one for one in known.values() if one.source not in decided or decided[one.source].present
    ]


def origins_of_known(
    known: Sequence[Held], given: Mapping[str, Origin], settings: Settings
) -> dict[str, Origin]:
    """The files of known documents by source, less those ``given`` and those that were renamed.

    A document whose bytes are nowhere has an origin with a fault.
    """
    decided = Decisions(settings).all()
    given = {source: origin for source, origin in given.items() if not origin.fault}
    absent = [one for one in known if one.source not in given]
    found: dict[str, Origin] = {}
    by_hash: dict[str, Origin] = {}
    if any(find(one.file, one.content_hash, settings) is None for one in absent):
        by_hash = {content_hash(origin.file): origin for origin in given.values()}
    sources = {one.source for one in known}
    for one in absent:
        edits = decided[one.source].edits if one.source in decided else ()
        file = find(one.file, one.content_hash, settings)
        elsewhere = by_hash.get(one.content_hash)
        if file is None and elsewhere is not None:
            if elsewhere.source not in sources and one.source not in decided:
                continue
            file = elsewhere.file
        if file is not None:
            found[one.source] = Origin(one.source, file, edits, one.content_hash)
            continue
        noted = located(one.file, settings)
        fault = altered(one.source) if noted.is_file() else missing(one.source)
        if in_corpus(one.file, settings) and noted.is_file():
            found[one.source] = Origin(one.source, noted, edits)
        else:
            found[one.source] = Origin(one.source, noted, edits, one.content_hash, fault)
    return found


def as_decided(
    origin: Origin, decided: Mapping[str, Decision], settings: Settings
) -> Iterator[Origin]:
    """The origin with its file and metadata as editors set them; nothing if they removed it."""
    decision = decided.get(origin.source)
    if decision is None:
        yield origin
    elif decision.present and decision.file:
        hash = promised(decision.file)
        file = find(decision.file, hash, settings) or located(decision.file, settings)
        yield Origin(origin.source, file, decision.edits, hash)
    elif decision.present:
        yield replace(origin, edits=decision.edits)


def _noted(settings: Settings, decisions: Decisions) -> list[Held]:
    """What the best list that can be read says is in."""
    try:
        current = read_current(settings)
        if current is not None:
            return _of_catalogue(settings, current["generation"])
    except UserError:
        pass
    register = decisions.held()
    if register:
        return register
    for name in reversed(generations(settings)):
        try:
            if found := _of_catalogue(settings, name):
                return found
        except UserError:
            continue
    return list(_unnamed(settings, decisions))


def _of_catalogue(settings: Settings, generation: str) -> list[Held]:
    catalogue = Catalogue(catalogue_place(settings, generation))
    try:
        return register_of(catalogue.records())
    finally:
        catalogue.close()


def _unnamed(settings: Settings, decisions: Decisions) -> Iterator[Held]:
    """The kept copies that nobody decided about, as documents without a name."""
    spoken = set()
    for change in decisions.changes(most=-1):
        if change.face == "command" and change.action in ("add", "replace"):
            continue
        spoken |= {change.before.content_hash, change.after.content_hash}
    for file, hash in all_kept(settings):
        if hash not in spoken:
            yield Held(f"{FOLDER}/{file.name}", f"data:{FOLDER}/{file.name}", hash, "")
