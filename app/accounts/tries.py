"""How soon a password may be tried again.

A try is counted before it is checked, so that many at once are no more than one after another. The
first few cost nothing; then each makes the next one wait twice as long. Addresses wait up to a
quarter of an hour. An account waits too, whoever tries, but only seconds, and not where its owner
is known: in a browser or from an address in which this account logged in before. So nobody locks
the owner out by trying wrong passwords.
"""

from __future__ import annotations

import threading
import time
from collections import OrderedDict
from collections.abc import Callable
from dataclasses import dataclass

MOST_KEPT = 20_000
FORGOTTEN = 3600.0
"""Seconds after which tries without a further one no longer count."""


@dataclass(frozen=True, slots=True)
class Pace:
    """So many tries are ``free``, then each wait is twice the last one, from a second on, up to
    ``longest`` seconds."""

    free: int
    longest: float

    def wait(self, tries: int) -> float:
        """Seconds between the last of ``tries`` and the next one."""
        over = tries - self.free
        return 0.0 if over < 0 else min(self.longest, 2.0 ** min(over, 30))


ADDRESS = Pace(free=8, longest=900.0)
ACCOUNT = Pace(free=20, longest=8.0)
CODE = Pace(free=5, longest=300.0)
"""Of codes, where somebody knew the password: three of a million are right at a time."""

BROWSER = Pace(free=8, longest=60.0)
"""Of a browser that knew the password once; somebody else may sit before it."""


@dataclass(slots=True)
class _Counted:
    tries: int = 0
    last: float = 0.0


class Tries:
    """Counts tries by address, account and known browser.

    :param account: the pace of an account's tries.
    """

    def __init__(
        self, clock: Callable[[], float] = time.monotonic, account: Pace = ACCOUNT
    ) -> None:
        self._clock = clock
        self._account = account
        self._lock = threading.Lock()
        self._counted: OrderedDict[tuple[str, str], _Counted] = OrderedDict()
        self._known: OrderedDict[tuple[str, str], None] = OrderedDict()

    def begin(self, name: str, address: str, browser: str = "") -> float:
        """Count a try that is about to be checked: 0, or the seconds to wait where it is too
        soon, and then it does not count.

        :param browser: the token of a known browser of this account.
        """
        with self._lock:
            paces = self._paces(name, address, browser)
            now = self._clock()
            wait = max(self._wait(key, pace, now) for key, pace in paces)
            if wait > 0:
                return wait
            for key, _ in paces:
                found = self._counted.setdefault(key, _Counted())
                found.tries, found.last = found.tries + 1, now
                self._counted.move_to_end(key)
            while len(self._counted) > MOST_KEPT:
                self._counted.popitem(last=False)
            return 0.0

    def right(self, name: str, address: str, browser: str = "") -> None:
        """The password of the try was right: forget this address's tries, and know it again."""
        with self._lock:
            for key, _ in self._paces(name, address, browser):
                self._counted.pop(key, None)
            self._known[(name, address)] = None
            self._known.move_to_end((name, address))
            while len(self._known) > MOST_KEPT:
                self._known.popitem(last=False)

    def _paces(self, name: str, address: str, browser: str) -> list[tuple[tuple[str, str], Pace]]:
        if browser:
            return [(("browser", browser), BROWSER)]
        by_address = (("address", address), ADDRESS)
        if (name, address) in self._known:
            return [by_address]
        return [by_address, (("account", name), self._account)]

    def _wait(self, key: tuple[str, str], pace: Pace, now: float) -> float:
        found = self._counted.get(key)
        if found is None:
            return 0.0
        if now - found.last > FORGOTTEN:
            del self._counted[key]
            return 0.0
        return max(0.0, found.last + pace.wait(found.tries) - now)
