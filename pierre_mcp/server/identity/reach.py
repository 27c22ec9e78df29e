"""Under which addresses a server answers, and whether it then has to ask who is calling.

From settings and the address that is bound, without opening anything. A server that anyone but this
machine might reach asks; in doubt it asks.
"""

import re
from dataclasses import dataclass
from urllib.parse import urlsplit

from pierre_mcp.errors import ConfigurationError
from pierre_mcp.settings import Settings, is_loopback

_HOST = re.compile(r"([a-z0-9]([a-z0-9._-]*[a-z0-9])?|\[[0-9a-f:.]+\])(:(\d{1,5}|\*))?")
_EVERY_ADDRESS = frozenset({"", "0.0.0.0", "::"})  # noqa: S104 - compared with, not bound
_DEFAULT_PORTS = {"http": 80, "https": 443}


@dataclass(frozen=True, slots=True, kw_only=True)
class Reach:
    """How a server that listens is reached.

    ``base_url`` is where people find it. ``hosts`` and ``origins`` are the headers that it answers
    to; any other is a page that talks to it under a name of its own.
    """

    base_url: str
    hosts: tuple[str, ...]
    origins: tuple[str, ...]
    tokens_required: bool


def reach_of(settings: Settings, *, host: str, port: int) -> Reach:
    """The reach of a server bound to ``host`` and ``port``.

    Raises ``ConfigurationError`` for addresses that cannot be meant.
    """
    bound = host.strip("[]").lower()
    own_name = "localhost" if bound in _EVERY_ADDRESS else f"[{bound}]" if ":" in bound else bound
    hosts = local_hosts(port, own_name)
    origins = [f"http://{spelling}" for spelling in hosts]
    further = [_allowed_host(entry) for entry in settings.allowed_hosts]
    for entry in further:
        hosts += [entry] if _has_port(entry) else [entry, f"{entry}:{port}"]
        origins.append(f"https://{entry}")
    base_url = f"http://{own_name}:{port}"
    if settings.public_url is not None:
        base_url = _public_url(settings.public_url)
        parts = urlsplit(base_url)
        public = _spellings(parts.scheme, parts.netloc, parts.port)
        hosts += public
        origins += [f"{parts.scheme}://{spelling}" for spelling in public]
    return Reach(
        base_url=base_url,
        hosts=tuple(dict.fromkeys(hosts)),
        origins=tuple(dict.fromkeys(origins)),
        tokens_required=(
            not is_loopback(bound)
            or settings.public_url is not None
            or settings.oidc_issuer is not None
            or any(not is_loopback(_without_port(entry)) for entry in further)
        ),
    )


def local_hosts(port: int, own_name: str) -> list[str]:
    """The names of this machine, and the one that was chosen, as a Host header writes them."""
    names = dict.fromkeys(["localhost", "127.0.0.1", "[::1]", own_name])
    return [spelling for name in names for spelling in _spellings("http", name, port)]


def _spellings(scheme: str, name: str, port: int | None) -> list[str]:
    """How a Host header may write it: with its port, and without where that is the scheme's own."""
    bare = _without_port(name)
    usual = _DEFAULT_PORTS[scheme]
    return [bare, f"{bare}:{usual}"] if port in (None, usual) else [f"{bare}:{port}"]


def _public_url(url: str) -> str:
    """The address in its one spelling: without a port that is its scheme's, or a last slash."""
    refused = ConfigurationError(
        "PIERRE_PUBLIC_URL: must be the address under which people reach the server, beginning "
        "with https:// (http:// only for this machine), like https://pierre.example.org"
    )
    try:
        parts = urlsplit(url)
        host, port = parts.hostname or "", parts.port
    except ValueError:
        raise refused from None
    shown = f"[{host}]" if ":" in host else host
    secure = parts.scheme == "https" or (parts.scheme == "http" and is_loopback(host))
    if not secure or not _HOST.fullmatch(shown) or "@" in parts.netloc:
        raise refused
    if parts.query or parts.fragment:
        raise refused
    given_port = "" if port in (None, _DEFAULT_PORTS[parts.scheme]) else f":{port}"
    return f"{parts.scheme}://{shown}{given_port}{parts.path.rstrip('/')}"


def _allowed_host(entry: str) -> str:
    if not _HOST.fullmatch(entry.lower()):
        raise ConfigurationError(
            f"PIERRE_ALLOWED_HOSTS: '{entry}' is not a host. Write names as in a Host header: "
            "pierre.example.org, pierre.example.org:8443, or [2001:db8::1]:8081"
        )
    return entry.lower()


def _has_port(host: str) -> bool:
    return bool(re.search(r":(\d+|\*)$", host)) and not host.endswith("]")


def _without_port(host: str) -> str:
    return host.rpartition(":")[0] if _has_port(host) else host
