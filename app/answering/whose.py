"""Whose rule a statement is: the country's before a region's, and which of several notices or
versions of one kind, where the question names none."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

from app.answering.holdings import Holdings, shown_title
from app.answering.question import Question
from app.content.facts import bare_name
from app.content.places import places, region_of
from app.reading.reading import Read
from app.types import Statement
from ingest.document import PURCHASE_KINDS
from ingest.storage.catalogue import DocumentRecord
from ingest.validity import date_of

_AS_LIKELY = 0.5
"""A rule of the country that is so much as probable as one of a region answers as well."""


def nation_first(read: Sequence[Read], least: float) -> list[Read]:
    """``read`` with the best rule of the country first, where that answers too.

    :param least: the probability that an answer needs.
    """
    if not region_of(read[0].source.record.metadata):
        return list(read)
    enough = max(least, read[0].probability * _AS_LIKELY)
    for one in read[1:]:
        if one.probability >= enough and not region_of(one.source.record.metadata):
            return [one, *(other for other in read if other is not one)]
    return list(read)


def told_whose(
    statement: Statement, asked: Question, record: DocumentRecord, holdings: Holdings
) -> Statement:
    """A statement quoted of a document, with what the question leaves open about it."""
    region = "" if places(asked.text) else region_of(record.metadata)
    return replace(statement, region=region, named=_named(asked, record, holdings))


def name_of(record: DocumentRecord) -> str:
    """What one of several notices or versions goes by: its title with its number, else its date."""
    known = record.metadata.number or date_of(record)
    return shown_title(record.title) + (f"（{known}）" if known else "")


def _named(asked: Question, record: DocumentRecord, holdings: Holdings) -> str:
    """The name of a document of which others of its kind are here and the question names none."""
    kind, number = record.metadata.kind, record.metadata.number
    if number and number in asked.text:
        return ""
    if kind in PURCHASE_KINDS:
        alike = [r for r in holdings.records.values() if r.metadata.kind in PURCHASE_KINDS]
        return "" if len(alike) < 2 or bare_name(record.title) in asked.text else name_of(record)
    versions = {date_of(r) for r in holdings.records.values() if r.work == record.work}
    return name_of(record) if len(versions) > 1 and not asked.of_old else ""
