"""``python -m ingest.parsing``: the process that :mod:`ingest.apart` has files parsed by.

Standard input brings one file after another; standard output takes back what was made of each.
"""

from __future__ import annotations

import os
import pickle
import signal
import sys
from pathlib import Path
from typing import TYPE_CHECKING

from ingest.apart import read, too_much_memory, write
from ingest.errors import UserError
from ingest.prepare import OnPage, PageRead
from ingest.settings import Settings

if TYPE_CHECKING:
    from ingest.apart import Wanted
    from ingest.bundles import Bundle
    from ingest.prepare import Prepared
    from ingest.printed import PageImage

LARGEST_KEPT = 400 * 2**20
"""A process that grew beyond this ends after its file: memory does not come back to the system."""
FOR_SCANS = 1000 * 2**20
"""What recognising text takes beyond the memory that a file may."""


def main() -> None:
    """Parse files until there are no more."""
    if hasattr(signal, "SIGINT"):
        signal.signal(signal.SIGINT, signal.SIG_IGN)  # the one who asked ends this process
    inward = os.fdopen(os.dup(0), "rb")
    outward = os.fdopen(os.dup(1), "wb")
    os.dup2(2, 1)  # whatever a parser prints is no answer
    _imports()
    own = _virtual()
    while (asked := read(inward)) is not None:
        origin, settings = pickle.loads(asked)
        _limit(settings, own)

        def on_page(page: int, pages: int, settings: Settings = settings) -> None:
            _limit(settings, own + FOR_SCANS if own else 0)  # and each page the time of a file
            write(outward, pickle.dumps(PageRead(page, pages)))

        write(outward, pickle.dumps(_made(origin, settings, on_page)))
        if _resident() > LARGEST_KEPT:
            return


def _made(
    origin: Wanted, settings: Settings, on_page: OnPage
) -> Prepared | PageImage | Bundle | UserError:
    from ingest.bundles import BundleWanted, unpacked_here
    from ingest.prepare import prepare_here
    from ingest.printed import PageWanted, page_image_here

    try:
        if isinstance(origin, PageWanted):
            return page_image_here(origin)
        if isinstance(origin, BundleWanted):
            return unpacked_here(origin, settings)
        return prepare_here(origin, settings, on_page)
    except UserError as error:
        if _for_want_of_memory(error):
            return too_much_memory(origin.source, settings.load.max_memory_mb)
        return error


def _for_want_of_memory(error: BaseException | None) -> bool:
    """Whether a parser took the lack of memory for damage of the file."""
    while error is not None:
        if isinstance(error, MemoryError):
            return True
        error = error.__cause__ or error.__context__
    return False


def _imports() -> None:
    """What every file needs, before memory is counted."""
    import ingest.clean
    import ingest.load
    import ingest.prepare
    import ingest.split
    import ingest.structure  # noqa: F401


def _limit(settings: Settings, own: int) -> None:
    try:
        import resource
    except ImportError:  # not a POSIX system: time is limited from outside, memory is not
        return
    used = resource.getrusage(resource.RUSAGE_SELF)
    seconds = int(used.ru_utime + used.ru_stime + settings.load.max_seconds) + 1
    _, hard = resource.getrlimit(resource.RLIMIT_CPU)
    resource.setrlimit(resource.RLIMIT_CPU, (seconds, hard))
    if own:
        most = own + int(settings.load.max_memory_mb * 1_000_000)
        _, hard = resource.getrlimit(resource.RLIMIT_AS)
        if hard == resource.RLIM_INFINITY or most < hard:
            resource.setrlimit(resource.RLIMIT_AS, (most, hard))


def _virtual() -> int:
    return _pages(0)


def _resident() -> int:
    return _pages(1)


def _pages(field: int) -> int:
    """Bytes of this process; 0 where the system does not say so in ``/proc``."""
    try:
        pages = int(Path("/proc/self/statm").read_text().split()[field])
    except (OSError, ValueError, IndexError):
        return 0
    return pages * os.sysconf("SC_PAGE_SIZE")


if __name__ == "__main__":
    main()
    sys.stdout.flush()
