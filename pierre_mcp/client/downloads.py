"""Files whose address came in a payload, which is to say: from a stranger.

Such an address is followed only over https, to a host that the descriptor lists, and never into a
private network, whatever the host's name resolves to; the same holds for every redirect on the
way. Where the API itself is on this machine, as in tests, files on this machine are taken too.
"""

import ipaddress
import socket
from collections.abc import Awaitable, Callable, Mapping, Sequence
from dataclasses import dataclass, field

import anyio
import httpx2

from pierre_mcp.client.failures import failure_of_exception, unreadable
from pierre_mcp.client.messages import Answer, Guard, Outgoing
from pierre_mcp.client.pool import HttpPool
from pierre_mcp.errors import NetworkError, ProviderError
from pierre_mcp.settings import is_loopback

MAX_REDIRECTS = 5

Resolve = Callable[[str, int], Awaitable[Sequence[str]]]
"""The IP addresses of a host; raises ``OSError`` where there are none."""

_REDIRECTS = frozenset({301, 302, 303, 307, 308})
_HTTPS = 443
_HTTP = 80
_NAT64 = ipaddress.IPv6Network("64:ff9b::/96")
_TUNNELS = tuple(map(ipaddress.IPv6Network, ("::/96", "64:ff9b:1::/48", "2001::/32", "2002::/16")))
"""IPv6 addresses that lead to an IPv4 address by ways that no public server needs."""


async def resolve_host(host: str, port: int) -> list[str]:
    """The addresses of ``host`` as this machine knows them, best first, each once."""
    found = await anyio.getaddrinfo(host, port, type=socket.SOCK_STREAM)
    return list(dict.fromkeys(str(place[4][0]) for place in found))


@dataclass(frozen=True, slots=True, kw_only=True)
class FileSource:
    """Where one provider's files may lie. ``base`` is the address of its API.

    ``guard`` stands before what is asked of the API's own server.
    """

    provider: str
    base: httpx2.URL
    hosts: tuple[str, ...]
    timeout_seconds: float
    resolve: Resolve = field(default=resolve_host, repr=False)
    guard: Guard | None = field(default=None, repr=False)

    def shares_origin(self, url: httpx2.URL) -> bool:
        """Whether what is meant for the API alone may go to this address."""
        return (url.scheme, url.host, url.port) == (
            self.base.scheme,
            self.base.host,
            self.base.port,
        )

    async def places(self, url: httpx2.URL) -> list[str]:
        """The IP addresses to fetch ``url`` from; ``InvalidResponse`` where it may not be."""
        at_home = is_loopback(self.base.host) and is_loopback(url.host)
        listed = url.scheme == "https" and url.host in self.hosts and url.port is None
        if url.scheme not in ("https", "http") or url.userinfo or not (at_home or listed):
            raise self.refused()
        default = _HTTPS if url.scheme == "https" else _HTTP
        places = list(await self._resolved(url.host, url.port or default))
        if not all(is_loopback(place) if at_home else is_public(place) for place in places):
            raise self.refused()
        return places

    async def _resolved(self, host: str, port: int) -> Sequence[str]:
        try:
            return await self.resolve(host, port)
        except (OSError, UnicodeError) as unknown:
            raise failure_of_exception(self.provider, unknown) from None

    def refused(self) -> ProviderError:
        """The error for an address that is not followed."""
        return unreadable(
            self.provider, "pointed to a file at an address that it is not known to use."
        )


async def fetch_file(
    pool: HttpPool, source: FileSource, address: str, own_headers: Mapping[str, str]
) -> tuple[Answer, bool]:
    """The answer at the end of all redirects, and whether the API's own server gave it.

    ``own_headers`` go to the API's own server only.
    """
    url = _join(source, source.base, address)
    for _ in range(MAX_REDIRECTS + 1):
        own = source.shares_origin(url)
        answer = await _fetch(pool, source, url, own_headers if own else {})
        location = answer.headers.get("location")
        if answer.status not in _REDIRECTS or location is None:
            return answer, own
        url = _join(source, url, location)
    raise unreadable(source.provider, "sends whoever asks for a file around in a circle.")


async def _fetch(
    pool: HttpPool, source: FileSource, url: httpx2.URL, headers: Mapping[str, str]
) -> Answer:
    """Ask one IP address after the other, until one can be reached."""
    places = await source.places(url)
    for number, place in enumerate(places, start=1):
        request = Outgoing(
            provider=source.provider,
            method="GET",
            url=str(url),
            label_path="/file",
            headers=headers,
            address=place,
            guard=source.guard if source.shares_origin(url) else None,
            timeout_seconds=source.timeout_seconds,
        )
        try:
            return await pool.exchange(request)
        except NetworkError:
            if number == len(places):
                raise
    raise source.refused()


def is_public(place: str) -> bool:
    """Whether an IP address belongs to the public Internet."""
    address: ipaddress.IPv4Address | ipaddress.IPv6Address = ipaddress.ip_address(place)
    if isinstance(address, ipaddress.IPv6Address):
        if address.ipv4_mapped is not None:
            address = address.ipv4_mapped
        elif address in _NAT64:
            address = ipaddress.IPv4Address(int(address) & 0xFFFFFFFF)
        elif any(address in tunnel for tunnel in _TUNNELS):
            return False
    return address.is_global and not address.is_multicast


def _join(source: FileSource, base: httpx2.URL, address: str) -> httpx2.URL:
    try:
        return base.join(address)
    except (httpx2.InvalidURL, ValueError):
        raise source.refused() from None
