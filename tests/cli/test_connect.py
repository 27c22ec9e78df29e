"""``connect``: a real command, a real redirect to its listener, and a person who does it all."""

import io
import json
import sys
from dataclasses import replace
from functools import partial
from pathlib import Path
from typing import Any

import anyio
import anyio.to_thread
import pytest
from abroad import BOATHOUSE
from harbour import harbour
from mcp import Client
from ports import a_stranger
from processes import serving
from quay import LINK, Quay, browse, ends_at

from pierre_mcp.cli.connecting import Ending, connect, connect_by_consent
from pierre_mcp.cli.terminal import has_browser
from pierre_mcp.composition import Composition, system_clock
from pierre_mcp.connections.outcomes import ConnectionState
from pierre_mcp.principal import LOCAL
from pierre_mcp.registry import ProviderRegistry
from pierre_mcp.server.app import build_server
from pierre_mcp.settings import load_settings
from pierre_mcp.spi import ApiKey, KeyExchange
from pierre_mcp.testing import FakeRequest, Refused, Reply

on_a_terminal = pytest.mark.skipif(sys.platform == "win32", reason="needs a pseudo-terminal")
KEY = "key-that-nobody-sees"


async def test_the_browser_is_opened_and_comes_back(quay: Quay, tmp_path: Path):
    script = tmp_path / "browser.py"
    script.write_text(
        "import pathlib, sys, urllib.request\n"
        "open_ = urllib.request.build_opener(urllib.request.ProxyHandler({})).open\n"
        "page = open_(sys.argv[1]).read()\n"
        f"pathlib.Path({str(tmp_path / 'page.html')!r}).write_bytes(page)\n"
        "print('noise of a browser')\n",
        encoding="utf-8",
    )
    done = await quay.run("connect", "harbour", BROWSER=f"{sys.executable} {script} %s")
    assert (done.code, done.out) == (
        0, "Harbour is connected: its data can be asked for now.\n"
    ), done.err  # fmt: skip
    assert "noise" in done.err
    assert "10 minutes left" in done.err
    assert "Harbour is connected" in (tmp_path / "page.html").read_text(encoding="utf-8")
    assert (await quay.status())["status"] == "connected"


async def test_a_browser_that_does_not_open_is_said_and_the_link_is_there(quay: Quay):
    with quay.talk("connect", "harbour", BROWSER=f"{sys.executable} -c 1/0 %s") as talk:
        link = (await talk.until(LINK))[1]
        await talk.until("No browser could be opened here")
        await browse(link)
        assert (await talk.end()).code == 0


async def test_over_ssh_no_browser_is_opened(quay: Quay):
    with quay.talk("connect", "harbour", SSH_CONNECTION="192.0.2.1 1 192.0.2.2 22") as talk:
        await browse((await talk.until(r"Open this in your browser[^\n]*\n\n" + LINK))[1])
        assert (await talk.end()).code == 0


@pytest.mark.parametrize(
    ("environ", "platform", "opens"),
    [
        ({}, "linux", False),
        ({"DISPLAY": ":0"}, "linux", True),
        ({"WAYLAND_DISPLAY": "wayland-0"}, "linux", True),
        ({"SSH_TTY": "/dev/pts/1"}, "linux", False),
        ({"SSH_TTY": "/dev/pts/1", "DISPLAY": "localhost:10.0"}, "linux", True),
        ({"SSH_TTY": "/dev/pts/1", "BROWSER": "browse"}, "linux", True),
        ({}, "darwin", True),
        ({}, "win32", True),
        ({"SSH_CONNECTION": "a 1 b 22"}, "darwin", False),
    ],
    ids=str,
)
def test_a_browser_opens_only_where_the_person_sees_it(environ, platform: str, opens: bool):
    assert has_browser(environ, platform) is opens


async def test_with_json_stdout_is_one_document(quay: Quay):
    done = await quay.connect("--json")
    assert json.loads(done.out) == {
        "provider": "harbour",
        "connected": True,
        "status": "connected",
        "message": "Harbour is connected: its data can be asked for now.",
        "missing_scopes": [],
    }
    assert done.code == 0


async def test_an_unticked_box_is_said_and_the_connection_stands(quay: Quay):
    quay.harbour.oauth.granted_scope = "read"
    done = await quay.connect("--json")
    told = json.loads(done.out)
    assert (done.code, told["missing_scopes"]) == (0, ["read_all"])
    assert "activities that only you can see" in told["message"]


async def test_connecting_anew_says_so_and_adds_what_was_left_out(quay: Quay):
    quay.harbour.oauth.granted_scope = "read"
    await quay.connect()
    quay.harbour.oauth.granted_scope = None
    again = await quay.connect()
    assert "Harbour is connected already" in again.err
    assert again.code == 0
    assert "missing_scopes" not in await quay.status()


async def test_denying_is_an_end_with_its_own_words(quay: Quay):
    quay.harbour.oauth.consents = False
    done = await quay.connect("--json")
    told = json.loads(done.out)
    assert (done.code, told["status"], told["connected"]) == (1, "denied", False)
    assert told["message"] == "You chose not to allow it, so Harbour was not connected."
    assert (await quay.status())["status"] == "disconnected"


async def test_denying_leaves_the_connection_that_was_there(quay: Quay):
    await quay.connect()
    quay.harbour.oauth.consents = False
    done = await quay.connect()
    assert done.code == 1
    assert "The connection that was there before stays." in done.out
    assert (await quay.status())["status"] == "connected"


async def test_a_provider_that_fails_is_said(quay: Quay):
    async def broken(_: FakeRequest) -> Reply:
        return 500, None, {}

    quay.harbour.api.routes["POST /oauth/token"] = broken
    done = await quay.connect()
    assert done.code == 1
    assert "without completing the connection" in done.out


async def test_credentials_that_are_not_accepted_are_named(quay: Quay):
    done = await quay.connect(PIERRE_HARBOUR_CLIENT_SECRET="wrong")
    assert done.code == 1
    assert "PIERRE_HARBOUR_CLIENT_SECRET" in done.out


async def test_an_answer_that_never_comes_runs_out(tmp_path: Path, monkeypatch, capfd):
    monkeypatch.setattr("pierre_mcp.server.doorway.LOOK_EVERY_SECONDS", 0.01)
    async with harbour() as port, port.composition(tmp_path) as composition:
        connections = await composition.connections()
        begin = connections.begin

        async def begun(*args: Any, **more: Any):
            pending = await begin(*args, **more)
            # The person looks for their telephone meanwhile.
            composition.spawn(later)
            return pending

        async def later() -> None:
            await anyio.lowlevel.checkpoint()
            port.clock.advance(minutes=11)

        monkeypatch.setattr(connections, "begin", begun)
        descriptor = composition.registry.get_descriptor("harbour")
        ending = await connect_by_consent(composition, descriptor, opens=False, reads=False)
        assert (ending.connected, ending.status) == (False, "ran_out")
        assert "Ten minutes passed" in ending.message
    assert "Open this in your browser" in capfd.readouterr().err


async def test_ctrl_c_ends_it_and_nothing_is_pending(quay: Quay):
    with quay.talk("connect", "harbour", "--no-browser") as talk:
        await talk.until("minutes left")
        talk.interrupt()
        done = await talk.end()
    assert (done.code, done.out) == (1, "Stopped; nothing was connected.\n")
    assert "Traceback" not in done.err
    assert (await quay.status())["status"] == "disconnected"


async def test_a_strangers_port_is_said_in_one_sentence(quay: Quay):
    async with a_stranger(quay.harbour.port):
        done = await quay.run("connect", "harbour", "--no-browser")
    assert (done.code, done.out, done.err.count("\n")) == (1, "", 1)
    assert "in use by another program" in done.err
    assert (await quay.status())["status"] == "disconnected"


async def test_a_server_of_ours_that_has_the_port_completes_it(quay: Quay):
    serves = serving(quay.environ, "streamable-http")
    server = await anyio.to_thread.run_sync(serves.__enter__)
    try:
        callback = f"http://localhost:{server.port}/api/oauth/callback/harbour"
        done = await quay.connect(PIERRE_HARBOUR_REDIRECT_URI=callback)
    finally:
        await anyio.to_thread.run_sync(serves.__exit__, None, None, None)
    assert (done.code, done.out[:20]) == (0, "Harbour is connected"), done.err


async def test_what_another_server_made_no_connection_of_is_said(quay: Quay, monkeypatch):
    monkeypatch.setattr("pierre_mcp.cli.waiting._ELSEWHERE_SECONDS", 0)
    said, heard = anyio.create_memory_object_stream[str](100)
    monkeypatch.setattr("pierre_mcp.cli.waiting.say", said.send_nowait)
    quay.harbour.oauth.consents = False
    ends: list[Ending] = []

    async def connect(composition: Composition) -> None:
        descriptor = composition.registry.get_descriptor("harbour")
        ends.append(await connect_by_consent(composition, descriptor, opens=False, reads=False))

    serves = serving(quay.environ, "streamable-http")
    server = await anyio.to_thread.run_sync(serves.__enter__)
    try:
        quay.harbour.port = server.port
        here = quay.harbour.composition(Path(quay.environ["PIERRE_HOME"]))
        here.clock = system_clock  # as the other one, which is a process
        async with here, anyio.create_task_group() as tasks:
            tasks.start_soon(connect, here)
            async for words in heard:
                if words.strip().startswith("http"):
                    await browse(words.strip())
                    break
    finally:
        await anyio.to_thread.run_sync(serves.__exit__, None, None, None)
        said.close()
        heard.close()
    (ending,) = ends
    assert (ending.connected, ending.status) == (False, "failed")
    assert "the page in your browser says why" in ending.message


@on_a_terminal
async def test_the_address_at_which_a_browser_elsewhere_ends_is_pasted(quay: Quay):
    with quay.talk("connect", "harbour", "--no-browser", "--json", on_terminal=True) as talk:
        link = (await talk.until(LINK))[1]
        await talk.until("paste the address")
        address = await ends_at(link)
        talk.type("")
        talk.type(link)
        await talk.until("not the address that the browser ends at")
        talk.type(address.split("?")[0] + "?code=x")
        await talk.until("cut off")
        talk.type(address.replace("state=", "state=x"))
        await talk.until("another attempt")
        talk.type(f"  {address}")
        done = await talk.end()
    told = json.loads(done.out)
    assert (done.code, told["status"]) == (0, "connected"), done.err
    assert (await quay.status())["status"] == "connected"


@on_a_terminal
async def test_on_a_terminal_the_listener_still_hears_the_browser(quay: Quay):
    with quay.talk("connect", "harbour", "--no-browser", on_terminal=True) as talk:
        await browse((await talk.until(LINK))[1])
        assert (await talk.end()).code == 0


@on_a_terminal
async def test_a_pasted_refusal_is_a_refusal(quay: Quay):
    quay.harbour.oauth.consents = False
    with quay.talk("connect", "harbour", "--no-browser", "--json", on_terminal=True) as talk:
        talk.type(await ends_at((await talk.until(LINK))[1]))
        done = await talk.end()
    assert (done.code, json.loads(done.out)["status"]) == (1, "denied")


async def test_a_page_of_the_providers_own_is_opened_and_comes_back(quay: Quay):
    async def linked(request: FakeRequest) -> Reply:
        back, told["ref"] = request.json()["back"], request.json()["ref"]
        return 200, {"url": f"{quay.harbour.api.url}/widget?back={back.partition('?')[2]}"}, {}

    async def widget(request: FakeRequest) -> Reply:
        home = quay.environ["PIERRE_FERRY_REDIRECT_URI"]
        return 302, None, {"location": f"{home}?{request.query['back'][0]}&passenger=7"}

    async def passenger(request: FakeRequest) -> Reply:
        assert request.only("id") == {"id": "7"}
        return 200, told, {}

    told: dict[str, str] = {}
    routes = {"POST /v3/link": linked, "GET /widget": widget, "GET /v3/passengers": passenger}
    quay.harbour.api.routes |= routes
    with quay.talk("connect", "ferry", "--no-browser") as talk:
        await browse((await talk.until(LINK))[1])
        done = await talk.end()
    assert (done.code, done.out[:18]) == (0, "Ferry is connected"), done.err
    assert (await quay.status("ferry"))["connected"] is True


def takes(quay: Quay, key: str) -> None:
    """The boathouse's API serves whoever shows that key."""

    async def athlete(request: FakeRequest) -> Reply:
        if request.bearer != key:
            raise Refused(401, {"message": "no such key"})
        return 200, {"id": 1, "name": "Rower"}, {}

    quay.harbour.api.routes["GET /v3/athlete"] = athlete


@on_a_terminal
async def test_a_key_is_typed_unseen(quay: Quay):
    takes(quay, KEY)
    with quay.talk("connect", "boathouse", on_terminal=True) as talk:
        await talk.until("Make a key under Settings, Keys, and choose reading only.")
        await talk.until("https://boathouse.test/keys")
        await talk.until(r"Key for Boathouse \(not shown\): ")
        talk.type(KEY)
        done = await talk.end()
    assert (done.code, done.out[:22]) == (0, "Boathouse is connected"), done.err
    assert KEY not in done.out + done.err
    assert (await quay.status("boathouse"))["connected"] is True


async def test_a_key_comes_by_a_pipe_and_is_what_the_api_gets(quay: Quay):
    takes(quay, KEY)
    done = await quay.run("connect", "boathouse", "--json", piped=f"{KEY}\nsomething else\n")
    assert (done.code, json.loads(done.out)["status"]) == (0, "connected")
    assert KEY not in done.out + done.err
    await quay.run("doctor")
    assert {request.bearer for request in quay.harbour.api.requests} == {KEY}


@pytest.mark.parametrize("nothing", ["", "\n", "  \n", "a\x07b\n", "x" * 5000])
async def test_what_is_no_key_connects_nothing(quay: Quay, nothing: str):
    done = await quay.run("connect", "boathouse", piped=nothing)
    assert (done.code, done.out) == (1, "That is no key, so nothing was connected.\n")
    assert (await quay.status("boathouse"))["connected"] is False


async def test_a_key_that_the_provider_refuses_is_not_kept(quay: Quay):
    takes(quay, "another")
    done = await quay.run("connect", "boathouse", "--json", piped=f"{KEY}\n")
    assert (done.code, json.loads(done.out)["status"]) == (1, "failed")
    assert "did not accept the key" in json.loads(done.out)["message"]
    assert (await quay.status("boathouse"))["status"] == "disconnected"


async def test_an_exchange_that_failed_leaves_nothing_pending(tmp_path: Path, monkeypatch):
    exchanged = ApiKey(where="Make one.", exchange=KeyExchange(path="exchange", scheme="Key"))

    async def down(_: FakeRequest) -> Reply:
        return 503, {}, {}

    async with harbour() as port:
        port.factory.descriptor = replace(BOATHOUSE, name="harbour", api_key=exchanged)
        port.api.routes["POST /v3/exchange"] = down
        opened = partial(port.composition, tmp_path)
        monkeypatch.setattr("pierre_mcp.cli.connecting.open_composition", opened)
        monkeypatch.setattr("sys.stdin", io.StringIO(f"{KEY}\n"))
        ending = await anyio.to_thread.run_sync(partial(connect, "harbour", browser=False))
        assert ending.status == "failed"
        async with opened() as composition:
            connections = await composition.connections()
            states = await connections.states(LOCAL, [port.factory.descriptor])
        assert states["harbour"].state is ConnectionState.DISCONNECTED


async def test_a_key_in_place_of_another_says_that_there_was_one(quay: Quay):
    takes(quay, KEY)
    for _ in range(2):
        done = await quay.run("connect", "boathouse", piped=f"{KEY}\n")
        assert done.code == 0
    assert "Boathouse is connected already" in done.err


async def test_a_key_is_never_taken_as_an_argument(quay: Quay):
    assert (await quay.run("connect", "boathouse", KEY)).code == 2


async def test_what_needs_no_connection_says_so(pierre):
    done = pierre("connect", "synthetic")
    assert (done.code, done.err) == (0, "")
    assert "needs no connection" in done.out


async def test_missing_settings_are_the_sentence_of_the_tool(quay: Quay):
    del quay.environ["PIERRE_HARBOUR_CLIENT_SECRET"]
    done = await quay.run("connect", "harbour", "--json")
    configuration = load_settings(quay.environ | {"PIERRE_PROVIDERS": ""})
    registry = ProviderRegistry(configuration)
    registry.register_factory("harbour", quay.harbour.factory)
    composition = Composition(configuration, registry=registry)
    async with composition, Client(build_server(composition)) as client:
        answer = await client.call_tool("connect_provider", {"provider": "harbour"})
    message = answer.structured_content["error"]["message"]
    assert "PIERRE_HARBOUR_CLIENT_SECRET" in message
    assert (done.code, done.out, done.err) == (2, "", f"pierre-mcp: {message}\n")


async def test_an_unknown_provider_is_the_sentence_of_the_registry(pierre):
    done = pierre("connect", "nowhere", "--json")
    assert (done.code, done.out) == (2, "")
    assert done.err.startswith("pierre-mcp: Provider 'nowhere' is not supported. Supported ")


async def test_for_those_who_ask_for_debug_no_secret_is_in_the_log(quay: Quay):
    done = await quay.connect(PIERRE_LOG_LEVEL="debug")
    assert (done.code, done.out[:20]) == (0, "Harbour is connected"), done.err
    assert "consent_answered" in done.err
    for secret in ("access-", "refresh-", "code-", "shh", "INSERT", "DELETE"):
        assert secret not in done.err
