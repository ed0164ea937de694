"""Tell public network addresses from private ones."""

from __future__ import annotations

import ipaddress

from ingest.errors import LoadError

Address = ipaddress.IPv4Address | ipaddress.IPv6Address


def check_address(address: Address, where: str) -> None:
    """:raises LoadError: ``private-address`` where ``address`` is not public."""
    if not is_public(address):
        raise LoadError(
            "private-address",
            where,
            f"{address} is not a public address",
            "Download the file and add it instead",
            (f"{address} 不是公网地址", "请下载文件后再添加"),
        )


def is_public(address: Address) -> bool:
    """True for a unicast address of the Internet, also where IPv6 carries an IPv4 address."""
    if isinstance(address, ipaddress.IPv6Address):
        carried = _carried(address)
        if carried:
            return all(is_public(inner) for inner in carried)
    return address.is_global and not (address.is_multicast or address.is_reserved)


_NAT64 = tuple(map(ipaddress.IPv6Network, ("64:ff9b::/96", "64:ff9b:1::/48")))  # RFC 6052, 8215
_COMPATIBLE = ipaddress.IPv6Network("::/96")  # RFC 4291, 2.5.5.1


def _carried(address: ipaddress.IPv6Address) -> list[ipaddress.IPv4Address]:
    """The IPv4 addresses inside: mapped, compatible, 6to4, Teredo or NAT64."""
    if address.ipv4_mapped:
        return [address.ipv4_mapped]
    if address.sixtofour:
        return [address.sixtofour]
    if address.teredo:
        return list(address.teredo)
    if address in _COMPATIBLE or any(address in network for network in _NAT64):
        return [ipaddress.IPv4Address(int(address) & 0xFFFFFFFF)]
    return []
