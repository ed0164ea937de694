"""Changing the corpus while it serves; every change is logged and can be undone.

A change goes: the decision is noted, the index is changed, the note is closed (see
:mod:`ingest.storage.decisions`). Readers see it at their next question.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager, suppress
from dataclasses import dataclass, replace
from pathlib import Path, PurePosixPath
from threading import Thread
from typing import TYPE_CHECKING, TypeVar

from app.library.drafts import Draft, Drafts
from app.library.files import record_in
from app.library.metadata import edits_from
from app.library.preview import Preview, Sketches, prepared_draft, preview_of
from app.library.refusals import address_in, already_in, cannot_undo, gone
from ingest.changed import values_changed
from ingest.document import document_id
from ingest.embed import OnProgress
from ingest.errors import UserError
from ingest.index import Index, read_current, recipe_of, writing
from ingest.meanings import keep_filled
from ingest.originals import find, in_corpus, keep, located
from ingest.pipeline import keep_copy, known_of, standing_of, store, take_out
from ingest.prepare import Origin, Prepared, prepare
from ingest.reserve import room
from ingest.settling import settle
from ingest.storage.catalogue import DocumentRecord
from ingest.storage.decisions import Action, Change, Decisions, Face, Standing, Wanted
from ingest.twins import note_twins

if TYPE_CHECKING:
    from app.service import Assistant

WAIT = 30.0
"""Seconds that a change waits for another one to end."""

SHELF = "library"
"""Documents that editors add go by names below it."""
T = TypeVar("T")


@dataclass(frozen=True, slots=True)
class Changed:
    """What a change left: the document as it stands now (``None`` if it is out) and the log."""

    record: DocumentRecord | None
    change: Change


class Library:
    """The corpus as editors see it; ``face`` is what they see it through."""

    def __init__(self, assistant: Assistant, face: Face = "page") -> None:
        self._assistant = assistant
        self._face = face
        self._settings = assistant.settings
        self._drafts = Drafts(assistant.settings)
        self._decisions = Decisions(assistant.settings)
        self._sketches = Sketches()
        self._warm = False

    def documents(self) -> list[DocumentRecord]:
        """All documents; none where nothing was ever ingested."""
        index = self._index()
        return index.documents() if index else []

    # drafts

    def draft_file(self, name: str, data: bytes, who: str) -> Draft:
        """A draft of an uploaded file.

        :raises LoadError: if it is too large or of no known type.
        """
        return self._drafts.keep(name, data, who)

    def draft_bundle(self, name: str, data: bytes, who: str) -> tuple[list[Draft], list[UserError]]:
        """A draft of each file in an archive or a mail, and why others are none.

        :raises LoadError: if it cannot be opened.
        """
        return self._drafts.keep_all(name, data, who)

    def draft_text(self, title: str, text: str, who: str) -> Draft:
        """A draft of pasted text; the first line is its title where none is given.

        :raises UserError: if there is no text, or too much.
        """
        return self._drafts.keep_text(title, text, who)

    def draft_url(self, url: str, who: str) -> Draft:
        """A draft of a page or file on the web.

        :raises LoadError: if the address is none, is not public, or cannot be fetched.
        """
        return self._drafts.keep_page(url, who)

    def preview(self, draft_id: str) -> Preview:
        """The draft as a document, with what the corpus has that is like it.

        :raises UserError: if the draft is gone.
        :raises LoadError: if it cannot be read.
        """
        self._warm_up()
        draft = self._drafts.find(draft_id)
        prepared = prepared_draft(
            draft, self._drafts.file_of(draft), _source_of(draft), self._settings
        )
        return preview_of(draft, prepared, self._index(), self._sketches)

    def discard(self, draft_id: str) -> None:
        """Forget a draft."""
        self._drafts.drop(draft_id)

    # changes

    def add(
        self,
        draft_id: str,
        metadata: Mapping[str, str | None],
        who: str,
        on_progress: OnProgress | None = None,
    ) -> Changed:
        """Make a draft a document.

        :param metadata: corrections, by field; see :mod:`app.library.metadata`.
        :param on_progress: called with the number of passages embedded since the last call.
        :raises UserError: if the draft is gone, a correction makes no sense, or the very same
            file is in already.
        """
        draft = self._drafts.find(draft_id)
        early = self._early(draft, _source_of(draft))
        with self._writing() as index:
            twin = next((r for r in index.documents() if _same(r, draft)), None)
            if twin is not None:
                raise already_in(draft.name, twin)
            taken = {r.source for r in index.documents()}
            source = _unused(_source_of(draft), taken, taken | self._decisions.all().keys())
            return self._take_in(index, "add", source, draft, metadata, who, on_progress, early)

    def replace(
        self,
        document: str,
        draft_id: str,
        metadata: Mapping[str, str | None],
        who: str,
        on_progress: OnProgress | None = None,
    ) -> Changed:
        """Put a draft in the place of a document; its address stays.

        :raises UserError: as :meth:`add`, and if there is no such document.
        """
        draft = self._drafts.find(draft_id)
        served = self._index()
        known = served.record(document) if served else None
        early = self._early(draft, known.source) if known else None
        with self._writing() as index:
            source = record_in(index, document).source
            return self._take_in(index, "replace", source, draft, metadata, who, on_progress, early)

    def edit(self, document: str, metadata: Mapping[str, str | None], who: str) -> Changed:
        """Correct a document's metadata.

        :raises UserError: if there is no such document or a value makes no sense.
        """
        with self._writing() as index:
            record = record_in(index, document)
            before = standing_of(record, self._settings)
            file = self._file_of(before)
            found = prepare(Origin(record.source, file), self._settings).document.metadata
            kept = {name: value for name, value in before.edits if name not in metadata}
            edits = edits_from({**kept, **metadata}, found)
            return self._settle_at(index, "edit", who, before, replace(before, edits=edits), file)

    def remove(self, document: str, who: str) -> Changed:
        """Take a document out; its file stays, so that this can be undone.

        :raises UserError: if there is no such document.
        """
        with room(self._settings), self._writing() as index:
            record = record_in(index, document)
            return Changed(None, take_out(record, index, self._settings, who, self._face))

    def remove_all(
        self, documents: Sequence[str], who: str, on_progress: OnProgress | None = None
    ) -> tuple[list[Changed], list[UserError]]:
        """Take many out at once, and why others stayed; ``on_progress`` is called after each."""

        def one(document: str, index: Index) -> Changed:
            record = record_in(index, document)
            return Changed(None, take_out(record, index, self._settings, who, self._face))

        with room(self._settings):
            return self._one_by_one(documents, one, on_progress)

    def undo_all(
        self, changes: Sequence[int], who: str, on_progress: OnProgress | None = None
    ) -> tuple[list[Changed], list[UserError]]:
        """Undo many changes, and why others could not be; ``on_progress`` is called after each."""
        return self._one_by_one(changes, lambda id, index: self._undo(id, index, who), on_progress)

    def undo(self, change_id: int, who: str) -> Changed:
        """Make a document stand as before a change. Undoing can be undone.

        :raises UserError: if there is no such change, or the document was changed since.
        """
        with self._writing() as index:
            return self._undo(change_id, index, who)

    def _undo(self, change_id: int, index: Index, who: str) -> Changed:
        change = self._decisions.change(change_id)
        if change is None or not change.last:
            raise cannot_undo(change_id)
        after = change.before
        file = self._file_of(after) if after.present else None
        return self._settle_at(
            index, "undo", who, change.after, after, file, change.title, change.id
        )

    def _one_by_one(
        self,
        wanted: Sequence[T],
        work: Callable[[T, Index], Changed],
        on_progress: OnProgress | None,
    ) -> tuple[list[Changed], list[UserError]]:
        done: list[Changed] = []
        failed: list[UserError] = []
        with self._writing() as index:
            for one in wanted:
                try:
                    done.append(work(one, index))
                except UserError as error:
                    failed.append(error)
                if on_progress:
                    on_progress(1)
        return done, failed

    def changes(
        self,
        most: int = 100,
        before: int | None = None,
        document: str | None = None,
        wanted: Wanted | None = None,
    ) -> list[Change]:
        """The log, newest first; see :meth:`ingest.storage.decisions.Decisions.changes`."""
        return self._decisions.changes(most, before, document, wanted)

    # how it is done

    def _warm_up(self) -> None:
        """Load the model, which takes seconds, while the editor looks at the preview."""

        def load() -> None:
            with suppress(UserError):  # said when the document is added
                self._assistant.embedder.encode_few(["政府采购"])

        if not self._warm:
            self._warm = True
            Thread(target=load, daemon=True).start()

    def _early(self, draft: Draft, source: str) -> Prepared:
        """The draft prepared before the index is locked: others do not wait for a slow file."""
        return prepare(Origin(source, self._drafts.file_of(draft)), self._settings)

    def _take_in(
        self,
        index: Index,
        action: Action,
        source: str,
        draft: Draft,
        metadata: Mapping[str, str | None],
        who: str,
        on_progress: OnProgress | None,
        early: Prepared | None,
    ) -> Changed:
        file = self._drafts.file_of(draft)
        if early is not None and early.document.source == source:
            prepared = early
        else:  # another document came by that name meanwhile
            prepared = prepare(Origin(source, file), self._settings)
        found, given = prepared.document.metadata, dict(metadata)
        if draft.url and not found.url:
            given.setdefault("url", draft.url)
        edits = edits_from(given, found)
        record = index.record(document_id(source))
        before = standing_of(record, self._settings) if record else Standing(source, present=False)
        if record:
            keep_copy(before, self._settings)
        kept = keep(file, draft.content_hash, self._settings, always=True)
        after = Standing(source, True, kept, draft.content_hash, edits)
        lasting = located(kept, self._settings)
        changed = self._settle_at(
            index,
            action,
            who,
            before,
            after,
            lasting,
            on_progress=on_progress,
            prepared=None if edits else prepared,
        )
        self._drafts.drop(draft.id)
        return changed

    def _settle_at(
        self,
        index: Index,
        action: Action,
        who: str,
        before: Standing,
        after: Standing,
        file: Path | None,
        title: str = "",
        undoes: int | None = None,
        on_progress: OnProgress | None = None,
        prepared: Prepared | None = None,
    ) -> Changed:
        """Make the document stand as ``after`` says; ``file`` holds it if it is to be in, and
        ``prepared`` is what it gives, where that is known."""
        hash = after.content_hash
        origin = Origin(after.source, file, after.edits, hash) if file else None
        if origin and prepared is None:
            prepared = prepare(origin, self._settings)
        title = prepared.document.title if prepared else title
        inside = in_corpus(after.file, self._settings)
        stood = index.record(before.document) if before.present else None
        id = self._decisions.begin(who, action, title, before, after, inside, undoes, self._face)
        try:
            if prepared and origin:
                embedder = self._assistant.embedder
                store(prepared, origin, index, embedder, self._settings, on_progress)
                note_twins(index)
            else:
                index.remove(after.document)
        except BaseException:
            settle(index, self._settings)
            raise
        stands = index.record(after.document)
        self._decisions.finish(id, title, values_changed(known_of(stood), known_of(stands)))
        change = self._decisions.change(id)
        assert change is not None
        return Changed(stands, change)

    @contextmanager
    def _writing(self) -> Iterator[Index]:
        recipe = recipe_of(self._settings, self._assistant.embedder.fingerprint)
        with writing(self._settings, WAIT):
            index = Index.open_for_writing(self._settings, recipe)
            try:
                settle(index, self._settings)
                yield index
            finally:
                index.close()
            keep_filled(self._settings)

    def _index(self) -> Index | None:
        return None if read_current(self._settings) is None else self._assistant.index

    def _file_of(self, standing: Standing) -> Path:
        """Where the bytes are that a document stands for.

        :raises UserError: if they are gone.
        """
        file = find(standing.file, standing.content_hash, self._settings)
        if file is None:
            raise gone(standing.source)
        return file


def _source_of(draft: Draft) -> str:
    return draft.url or f"{SHELF}/{draft.name}"


def _unused(source: str, taken: set[str], reserved: set[str]) -> str:
    """``source``, numbered if it is a name that a document has or, ``reserved``, had."""
    is_address = source.startswith(("http://", "https://"))
    if source not in (taken if is_address else reserved):
        return source
    if is_address:
        raise address_in(source)
    path = PurePosixPath(source)
    numbered = (f"{path.parent}/{path.stem} ({n}){path.suffix}" for n in range(2, 10_000))
    return next(name for name in numbered if name not in reserved)


def _same(record: DocumentRecord, draft: Draft) -> bool:
    return record.content_hash == draft.content_hash
