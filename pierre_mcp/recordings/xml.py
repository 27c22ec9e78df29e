"""Reading XML that strangers wrote, as far as it goes.

Document types are refused, because entities are the way XML attacks its readers and no recording
needs them. A document that breaks off gives everything before the break.
"""

import re
from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import UTC, datetime
from xml.etree.ElementTree import Element, ParseError, XMLPullParser

from pierre_mcp.errors import RecordingError

_CHUNK = 65_536
_DECLARATION = re.compile(r"^\s*<\?xml[^>]*\?>")
_ROOT = re.compile(r"<(?:[\w.-]+:)?([A-Za-z][\w.-]*)[\s/>]")
_BOMS = ((b"\xef\xbb\xbf", "utf-8"), (b"\xff\xfe", "utf-16-le"), (b"\xfe\xff", "utf-16-be"))
_MAX_DEPTH = 64


def as_text(content: bytes) -> str:
    """The document as text without its declaration; raises ``RecordingError`` for binary data."""
    encoding = "utf-8"
    for bom, name in _BOMS:
        if content.startswith(bom):
            content, encoding = content[len(bom) :], name
    text = content.decode(encoding, errors="replace")
    if not text.lstrip().startswith("<"):
        raise RecordingError("not a FIT, TCX or GPX file")
    text = _DECLARATION.sub("", text, count=1)
    if "<!DOCTYPE" in text or "<!ENTITY" in text:
        raise RecordingError("holds a document type, which no recording needs")
    return text


def root_name(text: str) -> str | None:
    """The local name of the first element."""
    match = _ROOT.search(text)
    return match[1] if match else None


@dataclass(slots=True)
class Reader:
    """Start and end of elements in order; ``damage`` tells afterwards whether it broke off."""

    text: str
    damage: str | None = field(default=None, init=False)

    def __iter__(self) -> Iterator[tuple[str, str, Element]]:
        """``start`` or ``end``, the local name, the element; whatever was read stays read."""
        parser: XMLPullParser[Element] = XMLPullParser(("start", "end"))
        depth = 0
        try:
            for at in range(0, len(self.text), _CHUNK):
                parser.feed(self.text[at : at + _CHUNK])
                for event, element in _events(parser):
                    depth += 1 if event == "start" else -1
                    if depth > _MAX_DEPTH:
                        raise RecordingError("nested deeper than any recording")
                    yield event, local(element.tag), element
            parser.close()
        except ParseError:
            self.damage = "The file breaks off or is not well-formed; what precedes was read."


def _events(parser: "XMLPullParser[Element]") -> Iterator[tuple[str, Element]]:
    """The events that are ready; a parse error comes after those that precede it."""
    for ready in parser.read_events():
        event, element = ready[0], ready[-1]
        if isinstance(element, Element):
            yield event, element


def local(tag: str) -> str:
    """A tag without its namespace."""
    return tag.rsplit("}", 1)[-1]


def child_text(element: Element, *path: str) -> str | None:
    """The text at a path of local names below the element."""
    for name in path:
        found = next((child for child in element if local(child.tag) == name), None)
        if found is None:
            return None
        element = found
    return (element.text or "").strip() or None


def descendant_text(element: Element, *names: str) -> str | None:
    """The text of the first element below with one of these local names, in any namespace."""
    for descendant in element.iter():
        if local(descendant.tag) in names and descendant.text and descendant.text.strip():
            return descendant.text.strip()
    return None


def number(text: str | None) -> float | None:
    """A number, or ``None`` for anything else."""
    try:
        return float(text) if text is not None else None
    except ValueError:
        return None


def instant(text: str | None) -> datetime | None:
    """An ISO time as an instant; without an offset it is UTC, as both formats say."""
    if text is None:
        return None
    try:
        moment = datetime.fromisoformat(text)
    except ValueError:
        return None
    try:
        return (moment if moment.tzinfo else moment.replace(tzinfo=UTC)).astimezone(UTC)
    except OverflowError:
        return None
