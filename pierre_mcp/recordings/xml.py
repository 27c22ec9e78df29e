"""Reading XML that strangers wrote, as far as it goes.

Document types are refused, because entities are the way XML attacks its readers and no recording
needs them. A document that breaks off gives everything before the break. Time and memory stay in
proportion to what a recording can hold, whatever the document is made of.
"""

import re
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Literal
from xml.parsers import expat

from pierre_mcp.errors import RecordingError

_DECLARATION = re.compile(r"^\s*<\?xml[^>]*\?>")
_ROOT = re.compile(r"<(?:[\w.-]+:)?([A-Za-z][\w.-]*)[\s/>]")
_BOMS = ((b"\xef\xbb\xbf", "utf-8"), (b"\xff\xfe", "utf-16-le"), (b"\xfe\xff", "utf-16-be"))
_LATIN = re.compile(
    rb"^\s*<\?xml[^>]*encoding=[\"'](iso-8859-1|windows-1252|latin-?1)[\"']", re.IGNORECASE
)
_FIRST_RECEIVERS = datetime(1980, 1, 6, tzinfo=UTC)
"""When GPS time begins; converters write earlier times for "none"."""
_MAX_DEPTH = 64
_MAX_TAGS = 4_000_000
_MAX_PIECE = re.compile(r"<[^<]{4000000}")
_KEPT_DESCENDANTS = 1000
"""An element remembers no more of what is in it: a point or a lap has some dozens."""


@dataclass(slots=True)
class Element:
    """One element by its local name; its children are there when it ends."""

    name: str
    attributes: dict[str, str]
    pieces: list[str] = field(default_factory=list)
    children: list["Element"] = field(default_factory=list)
    descendants: int = 0

    @property
    def text(self) -> str | None:
        """The text directly in it without the space around; ``None`` when there is none."""
        return "".join(self.pieces).strip() or None

    def within(self) -> Iterator["Element"]:
        """Everything below, in order of the document."""
        for child in self.children:
            yield child
            yield from child.within()


Visit = Callable[[Literal["start", "end"], Element], bool]
"""Told of every start and end; true at an end means that nobody needs the element any more."""


def as_text(content: bytes) -> str:
    """The document as text without its declaration; raises ``RecordingError`` for binary data."""
    # The two encodings beside Unicode that old programs write; they differ in control codes only.
    encoding = "windows-1252" if _LATIN.match(content) else "utf-8"
    for bom, name in _BOMS:
        if content.startswith(bom):
            content, encoding = content[len(bom) :], name
    text = content.decode(encoding, errors="replace")
    if not text.lstrip().startswith("<"):
        raise RecordingError("not a FIT, TCX or GPX file")
    text = _DECLARATION.sub("", text, count=1)
    if "<!DOCTYPE" in text or "<!ENTITY" in text:
        raise RecordingError("holds a document type, which no recording needs")
    if text.count("<") > _MAX_TAGS or _MAX_PIECE.search(text):
        raise RecordingError("made of more or larger pieces than any recording")
    return text


def root_name(text: str) -> str | None:
    """The local name of the first element."""
    match = _ROOT.search(text)
    return match[1] if match else None


def read(text: str, visit: Visit) -> str | None:
    """Tell ``visit`` of every element in order; returns what is wrong, if the document breaks off.

    The text goes to the parser in one piece: given in parts, a long tag or comment is read anew
    with each part.
    """
    opened: list[Element] = []

    def start(tag: str, attributes: dict[str, str]) -> None:
        if len(opened) == _MAX_DEPTH:
            raise RecordingError("nested deeper than any recording")
        element = Element(tag.rsplit(":", 1)[-1], attributes)
        opened.append(element)
        visit("start", element)

    def end(_tag: str) -> None:
        element = opened.pop()
        used_up = visit("end", element)
        if used_up or not opened:
            return
        parent, more = opened[-1], element.descendants + 1
        if parent.descendants + more <= _KEPT_DESCENDANTS:
            parent.children.append(element)
            parent.descendants += more

    def characters(data: str) -> None:
        opened[-1].pieces.append(data)

    parser = expat.ParserCreate("utf-8")
    parser.buffer_text = True
    parser.StartElementHandler = start
    parser.EndElementHandler = end
    parser.CharacterDataHandler = characters
    try:
        parser.Parse(text.encode(errors="replace"), True)
    except expat.ExpatError:
        return "The file breaks off or is not well-formed; what precedes was read."
    return None


def child_text(element: Element, *path: str) -> str | None:
    """The text at a path of local names below the element."""
    for name in path:
        found = next((child for child in element.children if child.name == name), None)
        if found is None:
            return None
        element = found
    return element.text


def texts_within(element: Element) -> dict[str, str]:
    """The first text of each local name anywhere below, whatever its namespace."""
    texts: dict[str, str] = {}
    for child in element.within():
        if child.name not in texts and (text := child.text) is not None:
            texts[child.name] = text
    return texts


def number(text: str | None) -> float | None:
    """A number as people write it, or ``None`` for anything else."""
    # Python would also take 4_7 for 47 and digits of other scripts.
    if text is None or "_" in text or not text.isascii():
        return None
    try:
        return float(text)
    except ValueError:
        return None


def instant(text: str | None) -> datetime | None:
    """An ISO time as an instant; without an offset it is UTC, as both formats say."""
    if text is None:
        return None
    try:
        moment = datetime.fromisoformat(text)
        moment = (moment if moment.tzinfo else moment.replace(tzinfo=UTC)).astimezone(UTC)
    except (ValueError, OverflowError):
        return None
    return moment if moment >= _FIRST_RECEIVERS else None
