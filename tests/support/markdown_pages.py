"""The parts of a Markdown page that tests compare with the code: links, headings, tables, blocks.

As much of the format as our own pages use, and no more.
"""

import re
from pathlib import Path
from typing import NamedTuple

ROOT = Path(__file__).parents[2]
PAGES = sorted([*ROOT.glob("*.md"), *(ROOT / "docs").rglob("*.md")])

_FENCE = re.compile(r"^```(\w*)\n(.*?)^```$", re.MULTILINE | re.DOTALL)
_SPAN = re.compile(r"`([^`\n]+)`")
_LINK = re.compile(r"\[[^\]]*\]\(([^)\s]+)\)")
_HEADING = re.compile(r"^#+ (.+)$", re.MULTILINE)


class Block(NamedTuple):
    language: str
    text: str


def read(name: str) -> str:
    """A page by its path below the root."""
    return (ROOT / name).read_text(encoding="utf-8")


def blocks(page: str, language: str | None = None) -> list[Block]:
    """The fenced blocks in order."""
    found = [Block(*match) for match in _FENCE.findall(page)]
    return [block for block in found if language in (None, block.language)]


def code(page: str) -> list[str]:
    """Everything that is set as code, in lines and in blocks."""
    return [*_SPAN.findall(_FENCE.sub("", page)), *(block.text for block in blocks(page))]


def links(page: str) -> list[str]:
    """Where the links lead."""
    return _LINK.findall(_FENCE.sub("", page))


def anchors(page: str) -> set[str]:
    """The names by which a link reaches a heading."""
    titles = _HEADING.findall(_FENCE.sub("", page))
    return {re.sub(r"[^\w\- ]", "", title.lower()).replace(" ", "-") for title in titles}


def table(page: str, first_heading: str) -> list[list[str]]:
    """The rows of the one table whose first column has that heading, without backticks."""
    rows = [
        [cell.strip().replace("`", "") for cell in line.strip("|").split("|")]
        for line in tables(page)[first_heading]
    ]
    return rows[2:]


def settings_told() -> dict[str, list[str]]:
    """The row of each setting, by its variable, wherever there is a table of them."""
    return {
        row[0]: row
        for page in ("README.md", "docs/hosting.md")
        for row in table(read(page), "Variable")
    }


def provider_settings_told() -> set[str]:
    """What stands behind ``PIERRE_<PROVIDER>_`` in the table of them."""
    rows = table(read("docs/hosting.md"), "Of a provider")
    return {row[0].removeprefix("PIERRE_<PROVIDER>_") for row in rows}


def tables(page: str) -> dict[str, list[str]]:
    """The lines of every table, by the heading of its first column; of equal ones the first."""
    found: dict[str, list[str]] = {}
    lines: list[str] = []
    for line in [*_FENCE.sub("", page).splitlines(), ""]:
        if line.startswith("|"):
            lines.append(line)
        elif lines:
            found.setdefault(lines[0].strip("|").split("|")[0].strip(), lines)
            lines = []
    return found
