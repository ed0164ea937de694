"""Whether the vectors kept for the reader are whole, and those of the passages that are in."""

from __future__ import annotations

import sqlite3
from contextlib import closing

from ingest.checking.finding import Finding
from ingest.encoder import encoder_of
from ingest.errors import UserError
from ingest.index import Index
from ingest.meanings import ever_filled, hashes_of, is_sound, place_of, rows_of
from ingest.settings import Settings


def meanings(index: Index, settings: Settings) -> list[Finding]:
    """What is wrong with them; nothing where none were ever made or the settings want none."""
    encoder = encoder_of(settings)
    if encoder is None or not ever_filled(settings):
        return []
    try:
        place = place_of(settings, encoder, index.recipe)
    except UserError as error:
        return [Finding("meanings", error.where, error.what, error.zh[0] if error.zh else "")]
    if not place.exists():
        what, zh = "the reader's vectors are missing", "缺少阅读模型的向量"
        return [Finding("meanings", place.where, what, zh)]
    try:
        with closing(place.connect(write=False)) as reading:
            sound = not place.fault(reading)
            kept = list(rows_of(reading)) if sound else []
    except (UserError, sqlite3.Error):
        sound = False
    if not sound or not all(is_sound(scale, vector) for _, _, scale, vector in kept):
        what, zh = "the reader's vectors are damaged", "阅读模型的向量已损坏"
        return [Finding("meanings", place.where, what, zh)]
    if {id: hash for id, hash, *_ in kept} != hashes_of(index):
        what, zh = "the reader's vectors are not those of the passages", "阅读模型的向量与段落不符"
        return [Finding("meanings", place.where, what, zh)]
    return []
