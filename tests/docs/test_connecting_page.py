"""docs/connecting.md: its pages are those that a person can land on, and its pictures are small."""

import re
from urllib.parse import urlsplit

import pytest
from markdown_pages import ROOT, links, read, table

from pierre_mcp.connections.outcomes import CONSENT_LIFE, Outcome, Result
from pierre_mcp.server.pages import outcome_page
from pierre_mcp.settings import LOCAL_CALLBACK_BASE

PAGE = read("docs/connecting.md")
PICTURES = [link for link in links(PAGE) if link.endswith(".png")]


def heading(result: Result) -> str:
    page = outcome_page(Outcome(result=result, provider="strava"), "Strava")
    (found,) = re.findall(r"<h1>(.*?)</h1>", page)
    return found


def test_every_page_that_a_person_can_land_on_is_explained():
    assert [row[0] for row in table(PAGE, "Heading")] == [heading(result) for result in Result]


def test_a_link_lives_as_long_as_is_told():
    minutes = round(CONSENT_LIFE.total_seconds() / 60)
    assert set(re.findall(r"(\d+) minutes", PAGE)) == {str(minutes)}


def test_the_port_is_the_one_that_browsers_come_back_to():
    assert set(re.findall(r"\b\d{4}\b", PAGE)) == {str(urlsplit(LOCAL_CALLBACK_BASE).port)}


@pytest.mark.parametrize("picture", PICTURES)
def test_a_picture_is_small_enough_to_load_at_once(picture: str):
    assert 0 < (ROOT / "docs" / picture).stat().st_size < 60_000


def test_it_shows_a_page_before_and_one_after():
    assert len(PICTURES) == 2
