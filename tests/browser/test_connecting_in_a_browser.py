"""Connecting over HTTP as a person does it in Chromium, with the keyboard and without a script."""

from collections.abc import AsyncIterator
from pathlib import Path
from urllib.parse import urlsplit

import pytest
from browsing import Browser, Person
from site_of_ours import (
    BY_KEY,
    GOOD_KEY,
    TENANT,
    USER,
    Site,
    answers,
    follow,
    open_site,
    paste,
    press_the_button,
    stays,
)

from pierre_mcp.testing import FakeRequest, Reply


@pytest.fixture
async def keyed(tmp_path: Path) -> AsyncIterator[Site]:
    """The provider is connected by a pasted key."""
    async with open_site(tmp_path, **BY_KEY) as site:
        yield site


async def test_the_page_says_what_is_connected_to_whose_account_and_what_is_asked(
    site: Site, person: Person
):
    await person.open(await site.link())
    text = await person.text()
    assert f"Harbour will be connected to the account {USER} of {TENANT}." in text
    assert "someone else sent you this link" in text
    assert "activities\nactivities that only you can see\n" in text
    assert "Next, Harbour asks you what you want to allow" in text


@pytest.mark.parametrize("person", [True, False], ids=["scripts", "no scripts"], indirect=True)
async def test_a_person_connects_by_the_link_and_its_button(site: Site, person: Person):
    await follow(person, site)
    assert await person.heading() == "Harbour is connected"
    text = await person.text()
    assert f"It is connected to the account {USER} of {TENANT}." in text
    assert "close this page and go back" in text
    assert await site.is_connected()


async def test_the_browser_asks_nobody_but_this_server_and_the_provider(site: Site, person: Person):
    await follow(person, site)
    hosts = [urlsplit(url).netloc for url in person.requests]
    own, provider = urlsplit(site.base).netloc, urlsplit(site.harbour.api.url).netloc
    assert hosts == [own, own, provider, own]
    assert person.complaints == []


async def test_the_cookie_is_kept_from_scripts_and_from_other_sites_requests(
    site: Site, person: Person
):
    await follow(person, site)
    (cookie,) = await person.cookies()
    assert (cookie["httpOnly"], cookie["sameSite"], cookie["session"]) == (True, "Lax", False)


async def test_who_opens_a_page_without_pressing_its_button_gets_no_cookie(
    site: Site, person: Person
):
    await person.open(await site.link())
    assert await person.cookies() == []


async def test_denying_is_told_and_nothing_is_kept(site: Site, person: Person):
    site.harbour.oauth.consents = False
    await follow(person, site)
    assert await person.heading() == "Harbour was not connected"
    assert "You chose not to allow it" in await person.text()
    assert not await site.is_connected()


async def test_a_link_that_was_left_for_too_long_is_refused(site: Site, person: Person):
    await person.open(await site.link())
    site.harbour.clock.advance(minutes=11)
    await press_the_button(person)
    assert await person.heading() == "This link cannot be used"
    assert "for 10 minutes" in await person.text()
    assert site.harbour.oauth.grants == []


async def test_who_stays_at_the_provider_for_too_long_is_told_to_begin_again(
    site: Site, person: Person
):
    waiting = stays(site.harbour)
    await follow(person, site)
    site.harbour.clock.advance(minutes=11)
    await person.open(waiting[0])
    assert await person.heading() == "This link cannot be used"
    assert "ask it to connect Harbour again" in await person.text()
    assert not await site.is_connected()


async def test_a_link_works_once_and_opening_it_again_changes_nothing(site: Site, person: Person):
    link = await site.link()
    await person.open(link)
    await press_the_button(person)
    await person.open(link)
    assert await person.heading() == "This link cannot be used"
    assert "what was connected still is" in await person.text()
    assert await site.is_connected()


async def test_reloading_and_going_back_after_success_do_no_harm(site: Site, person: Person):
    await follow(person, site)
    await person.reload()
    assert await person.heading() == "This link cannot be used"
    await person.back()
    assert await person.heading() in ("Connect Harbour", "This link cannot be used")
    assert await site.is_connected()
    (grant,) = site.harbour.oauth.grants
    assert not grant.revoked
    assert site.harbour.oauth.token_requests == 1


async def test_another_browser_cannot_come_back_in_the_first_ones_place(
    site: Site, person: Person, browser: Browser
):
    waiting = stays(site.harbour)
    await follow(person, site)
    async with browser.person() as other:
        await other.open(waiting[0])
        assert await other.heading() == "This link cannot be used"
    assert not await site.is_connected()
    await person.open(waiting[0])
    assert await person.heading() == "Harbour is connected"


async def test_another_browser_cannot_press_the_button_after_the_first(
    site: Site, person: Person, browser: Browser
):
    link = await site.link()
    waiting = stays(site.harbour)
    async with browser.person() as other:
        await other.open(link)
        await person.open(link)
        await press_the_button(person)
        await press_the_button(other)
        assert await other.heading() == "This link cannot be used"
        assert await other.cookies() == []
    assert len(waiting) == 1


async def test_a_provider_that_sends_back_an_error_is_told_apart_from_a_denial(
    site: Site, person: Person
):
    answers(site.harbour, error="temporarily_unavailable")
    await follow(person, site)
    assert await person.heading() == "Harbour did not finish"
    assert "Wait a few minutes" in await person.text()
    assert not await site.is_connected()


async def test_a_provider_that_does_not_know_this_server_is_the_operators_matter(
    site: Site, person: Person
):
    site.harbour.oauth.client_secret = "another"
    await follow(person, site)
    assert await person.heading() == "Harbour does not accept this server"
    assert "Tell whoever runs this server" in await person.text()
    assert "shh" not in await person.source()


async def test_a_box_that_was_unticked_is_told(site: Site, person: Person):
    site.harbour.oauth.granted_scope = "read"
    await follow(person, site)
    assert await person.heading() == "Harbour is connected"
    assert "What you left out\nactivities that only you can see\n" in await person.text()
    assert "leave every box ticked" in await person.text()


# A pasted key


async def test_a_pasted_key_connects_and_is_neither_in_an_address_nor_on_a_page(
    keyed: Site, person: Person
):
    await person.open(await keyed.link())
    assert await person.evaluate("document.getElementById('key').type") == "password"
    await paste(person, f"  {GOOD_KEY} ")
    assert await person.heading() == "Harbour is connected"
    assert await keyed.is_connected()
    addresses = [*person.requests, *await person.history(), await person.url()]
    assert not any(GOOD_KEY in address for address in addresses)
    assert GOOD_KEY not in await person.source()


async def test_a_key_that_the_provider_refuses_is_told_and_the_next_one_taken(
    keyed: Site, person: Person
):
    await person.open(await keyed.link())
    await paste(person, "harbour-key-wrong")
    assert await person.heading() == "Connect Harbour"
    assert "Harbour did not accept this key." in await person.text()
    assert await person.evaluate("document.title.startsWith('Problem: ')")
    assert "harbour-key-wrong" not in await person.source()
    assert not await keyed.is_connected()
    await paste(person, GOOD_KEY)
    assert await person.heading() == "Harbour is connected"
    assert await keyed.is_connected()


async def test_a_field_of_spaces_is_told_to_be_empty(keyed: Site, person: Person):
    await person.open(await keyed.link())
    await paste(person, "   ")
    assert "The field was empty." in await person.text()
    await paste(person, GOOD_KEY)
    assert await person.heading() == "Harbour is connected"


async def test_an_empty_field_does_not_leave_the_page(keyed: Site, person: Person):
    link = await keyed.link()
    await person.open(link)
    await person.evaluate("document.getElementById('key').focus()")
    await person.press("Enter")
    assert await person.evaluate("document.querySelector(':invalid:focus').id") == "key"
    assert person.requests == [link]


async def test_a_provider_that_cannot_be_asked_about_a_key_does_not_stop_it(
    keyed: Site, person: Person
):
    async def broken(_: FakeRequest) -> Reply:
        return 503, None, {}

    keyed.harbour.api.routes["GET /v3/athlete"] = broken
    await person.open(await keyed.link())
    await paste(person, GOOD_KEY)
    assert await person.heading() == "Harbour is connected"


async def test_reloading_after_a_pasted_key_sends_it_nowhere_new(keyed: Site, person: Person):
    await person.open(await keyed.link())
    await paste(person, GOOD_KEY)
    asked = len(keyed.harbour.api.requests)
    await person.reload()
    assert await person.heading() == "This link cannot be used"
    assert len(keyed.harbour.api.requests) == asked
    assert await keyed.is_connected()
