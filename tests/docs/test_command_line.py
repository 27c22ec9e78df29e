"""docs/command-line.md: its commands are those there are, and so are the options it names."""

import re
from collections.abc import Iterator
from typing import Any, get_args

import typer.main
from markdown_pages import code, read, table

from pierre_mcp.cli import app
from pierre_mcp.cli.connecting import Ended

PAGE = read("docs/command-line.md")


def commands(command: Any, name: str) -> Iterator[tuple[str, Any]]:
    """Every command that does something, by all its words."""
    inner = getattr(command, "commands", None)
    if inner is None:
        yield name, command
        return
    for word, one in inner.items():
        yield from commands(one, f"{name} {word}")


ALL = dict(commands(typer.main.get_command(app), "pierre-mcp"))


def test_the_commands_are_those_there_are():
    assert {row[0] for row in table(PAGE, "Command")} == set(ALL)


def test_the_options_it_names_are_those_of_its_commands():
    every = (*ALL.values(), typer.main.get_command(app))
    known = {option for command in every for one in command.params for option in one.opts}
    for text in code(PAGE):
        assert set(re.findall(r"--[a-z][a-z-]*", text)) <= known, text


def test_the_ends_of_connecting_are_told_in_full():
    for end in get_args(Ended):
        assert f"`{end}`" in PAGE
