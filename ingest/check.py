"""Whether all parts of the data folder are whole and agree, and mending what does not.

:mod:`ingest.checking.inspect` finds, :mod:`ingest.checking.mend` mends; both are repeated, because
what lies behind a broken file shows only once that file is mended.
"""

from __future__ import annotations

from dataclasses import dataclass

from ingest.checking.finding import Finding
from ingest.checking.inspect import inspect
from ingest.embed import Embedder
from ingest.errors import IndexStateError, UserError
from ingest.generations import read_current, writing
from ingest.settings import Settings

WAIT = 30.0
"""Seconds that a check waits for a change to end."""

_ROUNDS = 5
_NEEDS_MODEL = frozenset(
    ("catalogue", "current", "document", "out-though-decided", "vectors", "vectors-missing")
)
_NEEDS_RECIPE = _NEEDS_MODEL - {"catalogue", "current"}


@dataclass(frozen=True, slots=True)
class Checked:
    """``found`` are all damages, ``left`` those that are there still, ``reasons`` why."""

    found: list[Finding]
    left: list[Finding]
    reasons: list[UserError]


def check(settings: Settings, embedder: Embedder, repair: bool = False) -> Checked:
    """Look for damages; with ``repair``, mend what the originals allow.

    A folder that may not be written to is looked at as it is.

    :raises IndexStateError: if there is nothing to look at, or it is being changed all the time.
    :raises UserError: if it is to be mended and may not be written to.
    """
    if settings.store.catalogue is None and not settings.data_folder.is_dir():
        raise _nothing(settings)
    try:
        lock = writing(settings, WAIT)
    except (OSError, UserError) as error:
        if repair or (isinstance(error, UserError) and error.code == "busy"):
            raise
        return _looked(settings, embedder)
    with lock:
        return _mended(settings, embedder) if repair else _looked(settings, embedder)


def _looked(settings: Settings, embedder: Embedder) -> Checked:
    found = inspect(settings, embedder)
    if not found and read_current(settings) is None:
        raise _nothing(settings)
    return Checked(found, found, [])


def _mended(settings: Settings, embedder: Embedder) -> Checked:
    from ingest.checking.mend import Mender

    found: list[Finding] = []
    left = inspect(settings, embedder)
    mender = Mender(settings, embedder)
    for _ in range(_ROUNDS):
        found += [one for one in left if one not in found]
        kinds = {one.kind for one in left}
        hindered = _NEEDS_MODEL if "model" in kinds else frozenset()
        if "recipe" in kinds:
            hindered |= _NEEDS_RECIPE
        todo = [one for one in left if one.kind not in hindered]
        mender.reasons.clear()
        mender.mend(todo)
        before, left = left, inspect(settings, embedder)
        if not left or left == before:
            break
    found += [one for one in left if one not in found]
    if not found and read_current(settings) is None:
        raise _nothing(settings)
    return Checked(found, left, mender.reasons)


def _nothing(settings: Settings) -> IndexStateError:
    return IndexStateError(
        "no-index",
        str(settings.data_folder),
        "there is no index to check",
        "Run `python -m ingest add corpus`, or restore a backup",
        ("没有可检查的索引", "请先运行 python -m ingest add corpus，或从备份恢复"),
    )
