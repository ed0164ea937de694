"""Follows the index: what a process derives from it (words, names, texts, the open vectors) is
brought up to date soon after a change, whoever made it, so that the next question need not wait.
"""

from __future__ import annotations

import logging
import threading
import weakref
from typing import Protocol

from ingest.errors import UserError

_LOG = logging.getLogger(__name__)

EVERY = 0.5
"""Seconds between two looks at the index; one look takes a fraction of a millisecond."""


class Follows(Protocol):
    """What can be brought up to date; :class:`app.service.Assistant` is one."""

    def state(self) -> object:
        """What :meth:`renew` depends on, as it is now."""
        ...

    def renew(self) -> None:
        """Bring up to date what is derived from the index."""
        ...


def follow(one: Follows, ended: threading.Event) -> None:
    """Renew ``one`` after every change, in a thread of its own, until ``ended`` is set or nobody
    else has it any more."""
    seen = one.state()
    threading.Thread(
        target=_follow, args=(weakref.ref(one), ended, seen), name="following", daemon=True
    ).start()


def _follow(kept: weakref.ref[Follows], ended: threading.Event, seen: object) -> None:
    while not ended.wait(EVERY):
        one = kept()
        if one is None:
            return
        state = seen
        try:
            state = one.state()
            if state != seen:
                one.renew()
                seen = state
        except UserError:
            # the next question says what is wrong, and a look later all may be well again
            _LOG.debug("the index cannot be followed", exc_info=True)
        except Exception:
            # a fault of ours; it is told once, and the thread that follows lives on
            _LOG.exception("the index cannot be followed")
            seen = state
        del one
