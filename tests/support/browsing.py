"""People with browsers of their own, as tests play them: keys pressed, pages seen, requests noted.

It speaks as much of the DevTools protocol as that takes, over the line that ``chromium`` gives.
Nobody clicks: what a person can do here, they can do with the keyboard alone.
"""

import asyncio
import base64
import json
import socket
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager, suppress
from dataclasses import dataclass, field
from typing import Any

import anyio

PATIENCE_SECONDS = 30
_LONGEST_MESSAGE_BYTES = 64 * 1024 * 1024
_KEYS = {
    "Enter": {"code": "Enter", "windowsVirtualKeyCode": 13, "text": "\r"},
    "Tab": {"code": "Tab", "windowsVirtualKeyCode": 9},
    "End": {"code": "End", "windowsVirtualKeyCode": 35},
    "Home": {"code": "Home", "windowsVirtualKeyCode": 36},
    "ArrowLeft": {"code": "ArrowLeft", "windowsVirtualKeyCode": 37},
    "ArrowUp": {"code": "ArrowUp", "windowsVirtualKeyCode": 38},
    "ArrowRight": {"code": "ArrowRight", "windowsVirtualKeyCode": 39},
    "ArrowDown": {"code": "ArrowDown", "windowsVirtualKeyCode": 40},
}
_SHIFT = 8

Listener = Callable[[str, dict[str, Any]], None]


class Browser:
    """The line to a running browser."""

    def __init__(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self._reader = reader
        self._writer = writer
        self._asked: dict[int, asyncio.Future[dict[str, Any]]] = {}
        self._listeners: dict[str, Listener] = {}
        self._ended = False

    async def call(self, method: str, *, session: str | None = None, **told: Any) -> dict[str, Any]:
        """One command, and what the browser says to it."""
        assert not self._ended, "the browser has ended"
        number = len(self._asked)
        answer = self._asked[number] = asyncio.get_running_loop().create_future()
        message = {"id": number, "method": method, "params": told}
        if session is not None:
            message["sessionId"] = session
        self._writer.write(json.dumps(message).encode() + b"\0")
        with anyio.fail_after(PATIENCE_SECONDS):
            return await answer

    @asynccontextmanager
    async def person(self, *, scripts: bool = True) -> AsyncIterator["Person"]:
        """Somebody with cookies and a history of their own, in front of an empty page."""
        context = (await self.call("Target.createBrowserContext"))["browserContextId"]
        target = await self.call("Target.createTarget", url="about:blank", browserContextId=context)
        attached = await self.call(
            "Target.attachToTarget", targetId=target["targetId"], flatten=True
        )
        person = Person(self, attached["sessionId"], context)
        self._listeners[person.session] = person.noticed
        for domain in ("Page", "Network", "Log", "Runtime"):
            await person.ask(f"{domain}.enable")
        await person.ask("Emulation.setFocusEmulationEnabled", enabled=True)
        await person.ask("Emulation.setScriptExecutionDisabled", value=not scripts)
        try:
            yield person
        finally:
            await self.call("Target.disposeBrowserContext", browserContextId=context)

    async def listen(self) -> None:
        """Hear the browser until it ends; whoever waits for an answer then is told so."""
        try:
            while True:
                message = json.loads((await self._reader.readuntil(b"\0"))[:-1])
                if "id" not in message:
                    listener = self._listeners.get(message.get("sessionId", ""))
                    if listener is not None:
                        listener(message["method"], message["params"])
                elif not (answer := self._asked[message["id"]]).done():
                    if "error" in message:
                        answer.set_exception(AssertionError(message["error"]["message"]))
                    else:
                        answer.set_result(message["result"])
        except (asyncio.IncompleteReadError, ConnectionError):
            self._ended = True
            for answer in self._asked.values():
                if not answer.done():
                    answer.set_exception(AssertionError("the browser has ended"))


@dataclass(slots=True)
class Person:
    """Somebody in front of one page."""

    browser: Browser
    session: str
    context: str
    requests: list[str] = field(default_factory=list)
    """The addresses asked for, in order."""
    statuses: dict[str, int] = field(default_factory=dict)
    """The last status of each address."""
    complaints: list[str] = field(default_factory=list)
    """What the browser refused to do or warned of."""
    _landings: int = 0
    _landed: asyncio.Event = field(default_factory=asyncio.Event)

    async def ask(self, method: str, **told: Any) -> dict[str, Any]:
        return await self.browser.call(method, session=self.session, **told)

    def noticed(self, event: str, told: dict[str, Any]) -> None:
        """The browser tells of something that happened on the page."""
        match event:
            case "Network.requestWillBeSent":
                self.requests.append(told["request"]["url"])
            case "Network.responseReceived":
                self.statuses[told["response"]["url"]] = told["response"]["status"]
            case "Log.entryAdded":
                self.complaints.append(told["entry"]["text"])
            case "Page.loadEventFired":
                self._land()
            case "Page.frameNavigated" if told["type"] == "BackForwardCacheRestore":
                self._land()

    def _land(self) -> None:
        self._landings += 1
        self._landed.set()

    @asynccontextmanager
    async def landing(self) -> AsyncIterator[None]:
        """What is done inside leads to another page; wait until it is there."""
        before = self._landings
        yield
        with anyio.fail_after(PATIENCE_SECONDS):
            while self._landings == before:
                self._landed.clear()
                await self._landed.wait()

    async def open(self, url: str) -> None:
        async with self.landing():
            await self.ask("Page.navigate", url=url)

    async def reload(self) -> None:
        async with self.landing():
            await self.ask("Page.reload")

    async def back(self) -> None:
        history = await self.ask("Page.getNavigationHistory")
        before = history["entries"][history["currentIndex"] - 1]
        async with self.landing():
            await self.ask("Page.navigateToHistoryEntry", entryId=before["id"])

    async def history(self) -> list[str]:
        """Every address that the browser would go back to."""
        return [e["url"] for e in (await self.ask("Page.getNavigationHistory"))["entries"]]

    async def press(self, key: str, *, shift: bool = False) -> None:
        told = {"key": key, "modifiers": _SHIFT if shift else 0, **_KEYS[key]}
        await self.ask("Input.dispatchKeyEvent", type="keyDown", **told)
        await self.ask("Input.dispatchKeyEvent", type="keyUp", **told)

    async def write(self, text: str) -> None:
        await self.ask("Input.insertText", text=text)

    async def evaluate(self, expression: str) -> Any:
        """The value of an expression on the page, awaited; it is ours and not the page's."""
        told = await self.ask(
            "Runtime.evaluate", expression=expression, awaitPromise=True, returnByValue=True
        )
        assert "exceptionDetails" not in told, told["exceptionDetails"]
        return told["result"].get("value")

    async def url(self) -> str:
        return str(await self.evaluate("location.href"))

    async def text(self) -> str:
        """What can be read on the page."""
        return str(await self.evaluate("document.body.innerText"))

    async def heading(self) -> str:
        return str(await self.evaluate("document.querySelector('h1').innerText"))

    async def source(self) -> str:
        return str(await self.evaluate("document.documentElement.outerHTML"))

    async def focused(self) -> str:
        """What the keyboard would act on: its element and its text or name."""
        return str(
            await self.evaluate(
                "(e => e.tagName.toLowerCase() + ' ' + (e.innerText.trim() || e.name || ''))"
                "(document.activeElement)"
            )
        )

    async def cookies(self) -> list[dict[str, Any]]:
        told = await self.browser.call("Storage.getCookies", browserContextId=self.context)
        return list(told["cookies"])

    async def look(
        self, width: int, height: int, *, scheme: str = "light", scale: float = 1
    ) -> None:
        """Hold a screen of that size before the page; ``scale`` is how far it is zoomed in."""
        await self.ask(
            "Emulation.setDeviceMetricsOverride",
            width=round(width / scale),
            height=round(height / scale),
            deviceScaleFactor=scale,
            mobile=False,
        )
        await self.ask(
            "Emulation.setEmulatedMedia",
            features=[{"name": "prefers-color-scheme", "value": scheme}],
        )

    async def picture(self) -> bytes:
        """What the screen shows, as a PNG."""
        return base64.b64decode((await self.ask("Page.captureScreenshot", format="png"))["data"])


@asynccontextmanager
async def browsing(line: socket.socket) -> AsyncIterator[Browser]:
    """The browser at the other end of the line."""
    reader, writer = await asyncio.open_connection(sock=line.dup(), limit=_LONGEST_MESSAGE_BYTES)
    browser = Browser(reader, writer)
    listening = asyncio.ensure_future(browser.listen())
    try:
        yield browser
    finally:
        listening.cancel()
        with suppress(asyncio.CancelledError):
            await listening
        writer.close()
        with suppress(OSError):
            await writer.wait_closed()
