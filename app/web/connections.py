"""Connections that nobody sends anything on, and connections without number.

uvicorn closes what is idle after an answer, but waits without end for a request to begin, to go on
and to bring its body, and takes as many connections as the system has files: one client could keep
everybody else out. Heads of requests are bounded by h11.
"""

from __future__ import annotations

import asyncio
import ipaddress
from collections import Counter
from typing import Any, ClassVar

import h11
from uvicorn.protocols.http.h11_impl import H11Protocol

from app.accounts.addresses import address_of
from app.api.problems import Refusal, response_for
from ingest.settings import ServerSettings

HEAD_SECONDS = 20.0
"""Within which a request has to be there, from the connection or the answer before on."""

BODY_SECONDS = 30.0
"""Within which more of a body has to come."""

KEPT_FREE = 256
"""Files and sockets of the process that are not for connections."""


class Held:
    """How many connections each address holds, and how many it may.

    :param files: so many files and sockets the process may open; ``None``: any number.
    """

    def __init__(self, settings: ServerSettings, files: int | None) -> None:
        self._each = settings.connections
        self._all = None if files is None else max(files - KEPT_FREE, files // 2)
        self._proxies = [ipaddress.ip_network(one, strict=False) for one in settings.proxies]
        self._count: Counter[str] = Counter()

    def take(self, address: str) -> Refusal | None:
        """Count one more connection; why it is refused, if it is."""
        self._count[address] += 1
        if self._all is not None and self._count.total() > self._all:
            return _too_many("too many connections are open", "当前打开的连接过多")
        if self._count[address] > self._each and not self._speaks_for_others(address):
            return _too_many(
                "too many connections are open from this address", "此地址打开的连接过多"
            )
        return None

    def leave(self, address: str) -> None:
        """One that was taken is closed."""
        self._count[address] -= 1
        if not self._count[address]:
            del self._count[address]

    def _speaks_for_others(self, address: str) -> bool:
        try:
            known = ipaddress.ip_address(address)
        except ValueError:
            return True  # a socket of this machine, which a proxy holds
        return any(known in proxy for proxy in self._proxies)


def connections(settings: ServerSettings) -> type[asyncio.Protocol]:
    """What uvicorn is to make of each connection; see :class:`Held`."""

    class Counted(_Connection):
        held = Held(settings, _most_files())

    return Counted


class _Connection(H11Protocol):
    held: ClassVar[Held]
    _late: asyncio.TimerHandle | None = None
    _address = ""

    def connection_made(self, transport: asyncio.Transport) -> None:  # type: ignore[override]
        super().connection_made(transport)
        self._address = address_of({"client": self.client})
        refusal = self.held.take(self._address)
        if refusal is not None:
            self._turn_away(refusal)
        else:
            self._expect(HEAD_SECONDS)

    def connection_lost(self, exc: Exception | None) -> None:
        self._expect(None)
        self.held.leave(self._address)
        super().connection_lost(exc)

    def data_received(self, data: bytes) -> None:
        super().data_received(data)
        if self._is_asked:
            self._expect(BODY_SECONDS if self.cycle.more_body else None)

    def on_response_complete(self) -> None:
        super().on_response_complete()
        if not self._is_asked and not self.transport.is_closing():
            self._expect(HEAD_SECONDS)

    @property
    def _is_asked(self) -> bool:
        """Whether the head of a request is there that is not answered yet."""
        return self.cycle is not None and not self.cycle.response_complete

    def _expect(self, seconds: float | None) -> None:
        """Something has to come within so many seconds; ``None``: nothing has to."""
        if self._late is not None:
            self._late.cancel()
        self._late = None if seconds is None else self.loop.call_later(seconds, self._too_late)

    def _too_late(self) -> None:
        if self.transport.is_closing():
            return
        if self.conn.our_state is h11.IDLE:
            self._turn_away(_too_slow())
        elif self._is_asked and self.flow.read_paused:  # the server has not yet read what came
            self._expect(BODY_SECONDS)
        else:
            self.transport.abort()

    def _turn_away(self, refusal: Refusal) -> None:
        """Answer what nobody asked yet, and close."""
        answer = response_for(refusal, "zh")
        headers = [*answer.raw_headers, (b"connection", b"close")]
        events: tuple[Any, ...] = (
            h11.Response(status_code=refusal.status, headers=headers),
            h11.Data(data=bytes(answer.body)),
            h11.EndOfMessage(),
        )
        for event in events:
            self.transport.write(self.conn.send(event) or b"")
        self.transport.close()


def _most_files() -> int | None:
    """Lets this process open as many files as the system allows it, and says how many these are;
    ``None`` where that is not known."""
    try:
        import resource
    except ImportError:  # Windows
        return None
    most, allowed = resource.getrlimit(resource.RLIMIT_NOFILE)
    if most != allowed and allowed != resource.RLIM_INFINITY:
        resource.setrlimit(resource.RLIMIT_NOFILE, (allowed, allowed))
        most = allowed
    return None if most == resource.RLIM_INFINITY else most


def _too_many(what: str, zh: str) -> Refusal:
    return Refusal(
        503,
        "too-many-connections",
        "server",
        what,
        "Close some, or try again later",
        (zh, "请关闭部分连接，或稍后重试"),
        headers={"retry-after": "5"},
    )


def _too_slow() -> Refusal:
    return Refusal(
        408,
        "request-too-slow",
        "server",
        f"no request came within {HEAD_SECONDS:g} seconds",
        "Send it again",
        (f"{HEAD_SECONDS:g} 秒内没有收到完整的请求", "请重新发送"),
    )
