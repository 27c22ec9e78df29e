"""Every page: its links lead somewhere, and the commands it names are there."""

import re
from pathlib import Path

import pytest
import typer.main
from markdown_pages import (
    PAGES,
    ROOT,
    anchors,
    code,
    links,
    provider_settings_told,
    read,
    settings_told,
)

from pierre_mcp.cli import app
from pierre_mcp.registry import ProviderRegistry
from pierre_mcp.settings import load_settings

COMMANDS = set(typer.main.get_command(app).commands)
TARGETS = set(re.findall(r"^([a-z]+):", read("Makefile"), re.MULTILINE))
SETTINGS_OF_OTHERS = {"PIERRE_ROWING_LOG_CSV"}

every_page = pytest.mark.parametrize(
    "page", PAGES, ids=[str(page.relative_to(ROOT).as_posix()) for page in PAGES]
)


@every_page
def test_every_relative_link_leads_to_a_file_and_a_heading(page: Path):
    for link in links(page.read_text(encoding="utf-8")):
        if "://" in link:
            continue
        path, _, anchor = link.partition("#")
        target = (page.parent / path).resolve() if path else page
        assert target.is_relative_to(ROOT), link
        assert target.is_file(), link
        if anchor:
            assert anchor in anchors(target.read_text(encoding="utf-8")), link


@every_page
def test_every_command_it_names_exists(page: Path):
    for text in code(page.read_text(encoding="utf-8")):
        assert set(re.findall(r"pierre-mcp ([a-z][a-z-]*)", text)) <= COMMANDS, text


@every_page
def test_every_make_target_it_names_exists(page: Path):
    for text in code(page.read_text(encoding="utf-8")):
        assert set(re.findall(r"\bmake ([a-z]+)", text)) <= TARGETS, text


@every_page
def test_every_setting_it_names_is_in_the_table_of_settings(page: Path):
    known = set(settings_told()) | SETTINGS_OF_OTHERS
    known |= {
        f"PIERRE_{name.upper()}_{setting}"
        for name in ProviderRegistry(load_settings({})).supported_providers()
        for setting in provider_settings_told()
    }
    for text in code(page.read_text(encoding="utf-8")):
        assert set(re.findall(r"\bPIERRE_[A-Z_]*[A-Z]\b", text)) <= known, text


def test_every_page_below_docs_is_linked_from_another():
    linked = {
        (page.parent / link.partition("#")[0]).resolve()
        for page in PAGES
        for link in links(page.read_text(encoding="utf-8"))
        if "://" not in link
    }
    assert {page for page in PAGES if "docs" in page.relative_to(ROOT).parts} <= linked
