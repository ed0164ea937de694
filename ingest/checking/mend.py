"""Mends damages from the originals, the catalogue and what was decided."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from contextlib import suppress
from pathlib import Path

from ingest.checking.finding import Finding, Kind
from ingest.embed import Embedder
from ingest.errors import UserError
from ingest.gather import gather
from ingest.generations import (
    CURRENT,
    generations,
    once_served,
    read_current,
    recipe_noted,
    set_current,
)
from ingest.index import Index, sweep_left_over
from ingest.known import known_documents, origins_of_known, register_of
from ingest.meanings import fill
from ingest.originals import content_hash, keep, missing, promised
from ingest.pipeline import build, store
from ingest.prepare import prepare
from ingest.revector import embed_again, with_new_vectors
from ingest.settings import Settings
from ingest.settling import settle
from ingest.storage.decisions import Decisions
from ingest.storage.places import catalogue_place
from ingest.storage.salvage import salvage
from ingest.storage.sqlite import SqliteFile, faults_of


class Mender:
    """Mends one data folder; its caller holds :func:`ingest.index.writing`.

    ``reasons`` are the errors because of which something could not be mended.
    """

    def __init__(self, settings: Settings, embedder: Embedder) -> None:
        self._settings = settings
        self._embedder = embedder
        self._decisions = Decisions(settings)
        self.reasons: list[UserError] = []

    def mend(self, findings: Sequence[Finding]) -> None:
        """Do what can be done about ``findings``."""
        ways: dict[Kind, Callable[[Sequence[Finding]], None]] = {
            "decisions": self._decisions_file,
            "current": self._current,
            "catalogue": self._catalogue,
            "left-over": self._left_over,
            "original": self._originals,
            "open-change": self._open_changes,
            "in-though-removed": self._removed,
            "out-though-decided": self._documents,
            "document": self._documents,
            "vectors": self._vectors,
            "vectors-missing": self._vectors_missing,
            "vectors-surplus": self._vectors_surplus,
            "register": self._register,
            "meanings": self._meanings,
        }
        for kind, way in ways.items():
            of_kind = [one for one in findings if one.kind == kind]
            if of_kind:
                try:
                    way(of_kind)
                except UserError as error:
                    self.reasons.append(error)

    def _decisions_file(self, _: Sequence[Finding]) -> None:
        salvage(self._settings)
        with suppress(UserError):  # an index that is mended next notes its documents itself
            self._register(())

    def _current(self, findings: Sequence[Finding]) -> None:
        """The newest generation that is whole serves; if it says by which recipe it was made."""
        for name in reversed(generations(self._settings)):
            recipe = recipe_noted(self._settings, name)
            place = catalogue_place(self._settings, name)
            sound = not isinstance(place, SqliteFile) or not faults_of(place.path)
            if recipe and sound and once_served(self._settings, name):
                set_current(self._settings, name, recipe)
                return
        self._catalogue(findings)

    def _catalogue(self, _: Sequence[Finding]) -> None:
        summary = build(self._settings, self._embedder)
        self.reasons += [missing(source) for source in summary.lost]

    def _left_over(self, _: Sequence[Finding]) -> None:
        sweep_left_over(self._settings)

    def _originals(self, findings: Sequence[Finding]) -> None:
        """A file of the corpus folder with the very bytes stands in for a copy."""
        index = self._index()
        try:
            hashes = index.catalogue.hashes()
        finally:
            index.close()
        wanted = {hashes[id] for one in findings for id in one.subjects if id in hashes}
        wanted |= {promised(Path(one.where).name) for one in findings if not one.subjects}
        folder = self._settings.corpus_folder
        for file in gather(folder) if folder.is_dir() else ():
            hash = content_hash(file)
            if hash in wanted:
                keep(file, hash, self._settings, always=True)

    def _open_changes(self, _: Sequence[Finding]) -> None:
        index = self._index()
        try:
            settle(index, self._settings)
        finally:
            index.close()

    def _removed(self, findings: Sequence[Finding]) -> None:
        index = self._index()
        try:
            for one in findings:
                index.remove(one.subjects[0])
        finally:
            index.close()

    def _documents(self, findings: Sequence[Finding]) -> None:
        """Read these documents again, from their originals and as decided."""
        wanted = {id for one in findings for id in one.subjects}
        known = [one for one in known_documents(self._settings) if one.id in wanted]
        index = self._index()
        try:
            self._drop_strangers(index)
            for origin in origins_of_known(known, {}, self._settings).values():
                try:
                    prepared = prepare(origin, self._settings)
                    store(prepared, origin, index, self._embedder, self._settings)
                except UserError as error:
                    self.reasons.append(error)
        finally:
            index.close()

    def _drop_strangers(self, index: Index) -> None:
        with index.catalogue.transaction() as connection:
            for table in ("lexical", "passages"):
                connection.execute(
                    f"delete from {table} where document not in (select id from documents)"
                )

    def _vectors(self, _: Sequence[Finding]) -> None:
        current = read_current(self._settings)
        if current is None:
            return
        catalogue = catalogue_place(self._settings, current["generation"])
        index = with_new_vectors(catalogue, self._settings, current["recipe"], self._embedder)
        index.serve()
        index.close()

    def _vectors_missing(self, findings: Sequence[Finding]) -> None:
        index = self._index()
        try:
            for one in findings:
                embed_again(one.subjects[0], index, self._embedder)
        finally:
            index.close()

    def _vectors_surplus(self, findings: Sequence[Finding]) -> None:
        index = self._index()
        try:
            for one in findings:
                index.vectors.remove_ids(one.subjects)
        finally:
            index.close()

    def _register(self, _: Sequence[Finding]) -> None:
        index = self._index()
        try:
            self._decisions.hold_all(register_of(index.documents()))
        finally:
            index.close()

    def _meanings(self, _: Sequence[Finding]) -> None:
        fill(self._settings)

    def _index(self) -> Index:
        current = read_current(self._settings)
        if current is None:
            raise missing(CURRENT)
        return Index.open_for_writing(self._settings, current["recipe"])
