"""Vectors made anew from a catalogue that is whole; neither files nor their formats are needed."""

from __future__ import annotations

from ingest.embed import Embedder
from ingest.index import Index
from ingest.prepare import embedded_text
from ingest.settings import Settings
from ingest.storage.catalogue import TABLES
from ingest.storage.database import Database
from ingest.storage.moving import copy_tables


def with_new_vectors(
    catalogue: Database, settings: Settings, recipe: str, embedder: Embedder
) -> Index:
    """A generation that does not serve yet: the catalogue as it is, with vectors of all passages.

    The caller holds :func:`ingest.index.writing`.

    :param recipe: by which the catalogue was made; ``embedder`` is the model that it names.
    """
    index = Index.new_generation(settings, recipe)
    try:
        index.vectors  # noqa: B018 - made while there are no passages yet
        copy_tables(catalogue, index.catalogue.database, TABLES)
        with index.catalogue.transaction() as connection:
            connection.execute("delete from meta where key = 'served'")
            connection.execute("delete from stray")
            connection.execute("update meta set value = ? where key = 'recipe'", (recipe,))
        for record in index.documents():
            embed_again(record.id, index, embedder)
    except BaseException:
        index.drop()
        raise
    return index


def embed_again(document_id: str, index: Index, embedder: Embedder) -> None:
    """Store the vectors of one document of the catalogue, in place of those it has."""
    record, found = index.record(document_id), index.catalogue.document(document_id)
    if record is None or found is None:
        return
    passages = index.passages_of(document_id)
    texts = [embedded_text(found[0], passage) for passage in passages]
    index.vectors.add(passages, embedder.encode_passages(texts), {record.id: record.revision})
