"""Where a request comes from, as limits count it."""

from __future__ import annotations

import ipaddress
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from starlette.types import Scope

_HOME = 64
"""A subscriber of IPv6 gets at least so long a prefix, and changes the rest at will."""


def address_of(scope: Scope) -> str:
    """The client's address; of IPv6 the network it lies in."""
    client = scope.get("client")
    host = str(client[0]) if client else ""
    try:
        address = ipaddress.ip_address(host.partition("%")[0])
    except ValueError:
        return host
    if isinstance(address, ipaddress.IPv6Address):
        if address.ipv4_mapped:
            return str(address.ipv4_mapped)
        return str(ipaddress.ip_network((address, _HOME), strict=False).network_address)
    return str(address)
