"""Names of strangers on our pages, scripts that somebody got in, and what a browser then does."""

from pathlib import Path

import pytest
from browsing import Person
from site_of_ours import Site, follow, open_site

from pierre_mcp.models.text import clean_text

_MARKUP = "</title></style><script>window.ran = 1</script><img src=//evil.example onerror=ran=1>"
HOSTILE = {
    "markup": _MARKUP,
    "an attribute": "\"' onfocus=ran=1 autofocus x='",
    "a form": '<form action="//evil.example"><button>Continue</button></form>',
    "right to left": "\u202eruobraH\u202c \u2066x\u2069",
    "what cannot be seen": "Har\u200bbo\U000e0041ur\x00\x1b[31m",
    "a format": "{provider} {0.__class__} %s",
    "a million characters": "<b>" + "a" * 1_000_000,
}
_INVISIBLE = "\u202e\u202c\u2066\u2069\u200b\U000e0041\x00\x1b"

scripted = pytest.mark.parametrize("person", [True], ids=["scripts"], indirect=True)


@scripted
@pytest.mark.parametrize("text", HOSTILE.values(), ids=HOSTILE)
async def test_a_hostile_name_is_only_text(text: str, person: Person, tmp_path: Path):
    # No token is made for a person of a name with anything invisible in it, or of a longer one.
    names = {"user": text, "tenant": text} if text.isprintable() and len(text) < 256 else {}
    async with open_site(tmp_path, display_name=text, **names) as site:
        await person.open(await site.link())
        asked = await person.source()
        assert await _elements(person) == ["BUTTON", "FORM"]
        await follow(person, site)
        assert await person.heading() == f"{clean_text(text)} is connected"
        assert await _elements(person) == []
        for source in (asked, await person.source()):
            assert not set(source) & set(_INVISIBLE)
            assert len(source) < 12_000
        assert await person.evaluate("typeof window.ran") == "undefined"
        assert not any("evil" in url for url in person.requests)
        assert person.complaints == []
        assert await site.is_connected()


async def _elements(person: Person) -> list[str]:
    """The elements that can do something, in alphabetical order."""
    acting = "script, img, form, button, a, iframe, input, [onfocus], [onerror], [autofocus]"
    found = f"[...document.querySelectorAll('{acting}')].map(e => e.tagName).sort()"
    return list(await person.evaluate(found))


@scripted
async def test_a_script_that_got_into_a_page_does_not_run(site: Site, person: Person):
    await person.open(await site.link())
    await person.evaluate(
        "document.addEventListener('securitypolicyviolation', e => "
        "(window.stopped ??= []).push(e.effectiveDirective));"
        "const inline = document.createElement('script');"
        "inline.textContent = 'window.ran = 1'; document.body.append(inline);"
        "const far = document.createElement('script');"
        "far.src = location.origin + '/far.js'; document.body.append(far);"
        "document.body.insertAdjacentHTML('beforeend', '<p onclick=\"window.ran = 1\">x</p>');"
        "document.querySelector('p[onclick]').click()"
    )
    assert await person.evaluate("typeof window.ran") == "undefined"
    stopped = set(await person.evaluate("window.stopped"))
    assert {"script-src-elem", "script-src-attr"} <= stopped
    assert not any(url.endswith("/far.js") for url in person.statuses)


@scripted
@pytest.mark.parametrize(
    "reach",
    [
        "fetch('/healthz')",
        "new Promise((ok, no) => new EventSource('/healthz').onerror = no)",
        "Object.assign(new Image(), {src: '/healthz'}).decode()",
    ],
    ids=["fetch", "events", "image"],
)
async def test_a_page_can_reach_nothing(site: Site, person: Person, reach: str):
    await person.open(await site.link())
    assert await person.evaluate(f"{reach}.then(() => 'reached', () => 'stopped')") == "stopped"
    assert not any(url.endswith("/healthz") for url in person.statuses)


@scripted
async def test_no_page_of_another_site_can_frame_ours(site: Site, person: Person):
    link = await site.link()

    async def trap(_: object) -> tuple[int, str, dict[str, str]]:
        return 200, f'<iframe src="{link}"></iframe>', {"content-type": "text/html"}

    site.harbour.api.routes["GET /trap"] = trap
    await person.open(f"{site.harbour.api.url}/trap")
    assert any("frame-ancestors" in text for text in person.complaints)


@scripted
async def test_no_page_of_another_site_can_press_our_button(site: Site, person: Person):
    link = await site.link()

    async def trap(_: object) -> tuple[int, str, dict[str, str]]:
        form = f'<form method="post" action="{link}"></form>'
        return 200, form, {"content-type": "text/html"}

    site.harbour.api.routes["GET /trap"] = trap
    await person.open(f"{site.harbour.api.url}/trap")
    async with person.landing():
        await person.evaluate("document.forms[0].submit()")
    assert await person.heading() == "This link cannot be used"
    assert await person.cookies() == []
    assert site.harbour.oauth.grants == []
