"""Secrets taken out of what is logged, whoever logs it: ours by name, libraries' by their shape.

``redact`` is a structlog processor and stands last before a renderer. It imports no HTTP library. A
secret that is in use is also known by its value: ``remember`` is told of it before it travels.
"""

import re
from collections import OrderedDict
from collections.abc import Mapping, MutableMapping
from typing import Any
from urllib.parse import quote

HIDDEN = "***"

_SECRET_WORDS = frozenset(
    {
        "authorization", "code", "cookie", "cookies", "credential", "credentials", "key", "keys",
        "nonce", "passwd", "password", "secret", "secrets", "state", "token", "tokens", "verifier",
    }
)  # fmt: skip
_INNOCENT = frozenset(
    {
        "error_code", "exit_code", "keyerror", "status_code", "token_type", "token_type_hint",
        "token_url",
    }
)  # fmt: skip
_WORD_ENDS = re.compile(r"[^A-Za-z0-9]+|(?<=[a-z0-9])(?=[A-Z])")

_SHORTEST_SECRET = 6
"""What is shorter is hidden by its name alone: by its value it would tear holes in other words."""
_MOST_REMEMBERED = 1_000

_remembered: OrderedDict[str, None] = OrderedDict()

# Every pattern takes time in proportion to the text: no start inside a word, no way back.
_NAME = re.compile(
    r"""(?ix)
    (?P<name> (?<![a-z0-9_.-]) [a-z0-9_.-]++ )
    (?:
        \\*+ ["']? \s*+ [:=] \s*+ b?   # name=value, "name": "value", 'name': b'value'
      | ["'] \s*+ , \s*+ b? (?=["'])   # ('name', 'value')
    )
    """
)
_VALUE = re.compile(
    r"""(?ix) \\*+ (?:"[^"]*+"? | '[^']*+'?) | (?:bearer\s++|basic\s++)?+ [^\s"'&,;)}\]>]++ """
)
_SHAPES = (
    # Headers that go on to the end of the line.
    re.compile(
        r"(?i)(?<![\w-])((?:set-)?cookie|(?:proxy-)?authorization)(\s*+[:=]\s*+)[^\r\n\"']++"
    ),
    # Name and password before the host of an address.
    re.compile(r"()(://)[^\s/?#@\"'<>]++(?=@)"),
    # The query of an address or of a path alone, and a fragment that holds values.
    re.compile(r"(?<=\S)()(\?)(?=[\w%])[^\s\"'<>]++"),
    re.compile(r"(?<=\S)()(\#)(?=\w++=)[^\s\"'<>]++"),
    # What is told in a path: our page for one person's consent.
    re.compile(r"()(/connect/)[^\s/?#\"'<>]++"),
    re.compile(r"(?i)\b(bearer|basic)(\s++)[\w.~+/=-]++"),
)


def remember(*secrets: str | None) -> None:
    """Hide these values from now on, wherever they appear; the latest thousand are kept."""
    for secret in secrets:
        if secret is None or len(secret) < _SHORTEST_SECRET:
            continue
        for form in {secret, quote(secret, safe="")}:
            _remembered[form] = None
            _remembered.move_to_end(form)
    while len(_remembered) > _MOST_REMEMBERED:
        _remembered.popitem(last=False)


def is_secret_name(name: str) -> bool:
    """Whether what goes by this name is a secret: ``access_token``, ``apiKey``, ``Set-Cookie``."""
    if name.lower() in _INNOCENT:
        return False
    return any(word.lower() in _SECRET_WORDS for word in _WORD_ENDS.split(name))


def redact_text(text: str) -> str:
    """``text`` without what is, or looks like, a secret."""
    for secret in tuple(_remembered):
        if secret in text:
            text = text.replace(secret, HIDDEN)
    text = _hide_named(text)
    for shape in _SHAPES:
        text = shape.sub(rf"\1\2{HIDDEN}", text)
    return text


def redact(_logger: Any, _method: str, event: MutableMapping[str, Any]) -> MutableMapping[str, Any]:
    """The structlog processor: hides by name, and cleans every text, however deep it lies."""
    return {name: _clean(name, value) for name, value in event.items()}


def _clean(name: Any, value: Any) -> Any:
    if isinstance(name, str) and name not in _OURS and is_secret_name(name):
        return HIDDEN if value not in (None, "") else value
    if name == "exception" and isinstance(value, str):
        return _redact_traceback(value)
    if isinstance(value, str):
        return redact_text(value)
    if isinstance(value, (bool, int, float)) or value is None:
        return value
    if isinstance(value, Mapping):
        return {_clean(None, key): _clean(key, inner) for key, inner in value.items()}
    if isinstance(value, (list, tuple, set, frozenset)):
        return [_clean(None, inner) for inner in value]
    # A renderer would take its repr, and so do we.
    return redact_text(repr(value))


def _redact_traceback(text: str) -> str:
    """Lines of source are shown as they are: they hold names and no values."""
    lines = text.split("\n")
    return "\n".join(
        line if _SOURCE_FOLLOWS.match(before) else redact_text(line)
        for before, line in zip(["", *lines], lines, strict=False)
    )


_SOURCE_FOLLOWS = re.compile(r'\s*File ".*", line \d+, in ')
_OURS = frozenset({"event", "level", "logger", "timestamp", "exception", "stack"})
"""What structlog itself puts into an event."""


def _hide_named(text: str) -> str:
    """Hide the values of secret names; what stands in other values is looked at like the rest."""
    parts, end = [], 0
    for found in _NAME.finditer(text):
        if found.start() < end or not is_secret_name(found["name"]):
            continue
        if value := _VALUE.match(text, found.end()):
            parts += [text[end : found.end()], HIDDEN]
            end = value.end()
    return "".join([*parts, text[end:]])
