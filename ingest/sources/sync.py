"""Bring in what ``sources.yaml`` names: new and changed texts, one at a time.

A text that is in as it is stays untouched, so that a sync that was killed goes on when it is run
again. A new version of a text has a name of its own and never overwrites the one before.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from ingest.embed import Embedder
from ingest.errors import UserError
from ingest.pipeline import Outcome, Progress, Summary, add_origins
from ingest.prepare import Origin
from ingest.settings import Settings
from ingest.sources.choosing import chosen
from ingest.sources.listing import From, Sources, Text, read_sources
from ingest.sources.obtain import Missing, Obtain, from_files, from_package, laws_of
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
        ``waiting`` counts the texts of web pages that are not in and were not fetched.
    :raises UserError: if the list cannot be read or a name means no text.
    """
    sources = read_sources(settings)
    texts = chosen(names, sources, _beside_the_list(sources) if names else ())
    if everything:
        listed = {text.title for text in texts}
        others = [pair for pair in _beside_the_list(sources) if pair[0] not in listed]
        texts += [Text(title=title, source=From(package=package)) for title, package in others]
    on_web = [text for text in texts if text.source.web]
    if not web and not names:
        texts = [text for text in texts if not text.source.web]
    origins: list[Origin] = []
    missing: list[Outcome] = []
    for obtain, wanted in _by_source(texts, sources, settings):
        for found in obtain(wanted):
            if isinstance(found, Missing):
                missing.append(Outcome(found.source, "failed", error=found.error))
            else:
                origins.append(found)
    summary = Summary()
    if origins:
        summary = add_origins(origins, settings, embedder, progress, named=bool(names))
    summary.outcomes += missing
    if on_web and not web and not names:
        present = addresses_in(settings)
        summary.waiting = sum(text.source.web not in present for text in on_web)
    return summary


def _by_source(
    texts: Sequence[Text], sources: Sources, settings: Settings
) -> Iterator[tuple[Obtain, list[Text]]]:
    yield from_files(settings), [text for text in texts if text.source.file]
    for name, package in sources.packages.items():
        wanted = [text for text in texts if text.source.package == name]
        if wanted:
            yield from_package(settings, name, package), wanted
    yield from_web(settings), [text for text in texts if text.source.web]


def _beside_the_list(sources: Sources) -> list[tuple[str, str]]:
    """Title and package of all that the packages hold; nothing of one that cannot be used."""
    found: list[tuple[str, str]] = []
    for name, package in sources.packages.items():
        try:
            found += [(law.title, name) for law in laws_of(name, package)]
        except UserError:
            continue  # said when a text is wanted from it
    return found
