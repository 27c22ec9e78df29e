"""The addresses of an API: built from a path and parameters, and never outside the API's base."""

import re
from collections.abc import Iterable, Sequence
from urllib.parse import quote, unquote, urlencode

from pierre_mcp.errors import NotFound
from pierre_mcp.spi import Parameters

_ENDS_A_PATH = re.compile(r"[?#]")
_UNSAFE = re.compile(r"[\x00-\x1f\x7f\\]")


def api_url(provider: str, base: str, path: str, query: Iterable[tuple[str, str]]) -> str:
    """The address of ``path`` below ``base``; what is already encoded in it stays as it is.

    A path that leads elsewhere holds an id that is none, so it raises ``NotFound``.
    """
    relative = path.removeprefix("/")
    plain = unquote(relative)
    if (
        _ENDS_A_PATH.search(relative)
        or _UNSAFE.search(plain)
        or {".", ".."} & set(plain.split("/"))
        or "" in relative.split("/")[:-1]
        or not relative
    ):
        raise NotFound(provider, f"Provider '{provider}' has no record with such an id.")
    encoded_path = quote(relative, safe="/%:@!$&'()*+,;=~")
    url = f"{base.rstrip('/')}/{encoded_path}"
    encoded = urlencode(list(query), quote_via=quote)
    return f"{url}?{encoded}" if encoded else url


def query_pairs(parameters: Parameters | None) -> list[tuple[str, str]]:
    """Each parameter with each of its values, as text."""
    pairs = []
    for name, value in (parameters or {}).items():
        values = value if isinstance(value, Sequence) and not isinstance(value, str) else (value,)
        pairs += [(name, _text(one)) for one in values]
    return pairs


def _text(value: str | float) -> str:
    return str(value).lower() if isinstance(value, bool) else str(value)


_WORD = re.compile(r"[A-Za-z][A-Za-z_-]*")


def path_label(path: str) -> str:
    """The first part of a path that is a word, which is what an API calls a thing by.

    Further parts may be ids or the names of people.
    """
    return next((part for part in path.split("/") if _WORD.fullmatch(part)), "-")
