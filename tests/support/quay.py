"""A person at their machine, with commands as processes and a provider to connect to."""

import json
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import anyio.to_thread
import httpx2
from harbour import Harbour
from processes import Done, run
from talking import talking

from pierre_mcp.composition import system_clock
from pierre_mcp.principal import LOCAL

LINK = r"  (http://127\.0\.0\.1:\d+/\S+)\n"


@dataclass
class Quay:
    """The provider, and the environment of commands that know it."""

    harbour: Harbour
    environ: dict[str, str]

    async def run(self, *arguments: str, piped: str = "", **more: str) -> Done:
        return await anyio.to_thread.run_sync(
            lambda: run(self.environ | more, *arguments, piped=piped)
        )

    async def status(self, provider: str = "harbour") -> dict[str, Any]:
        done = await self.run("status", "--json")
        return json.loads(done.out)["providers"][provider]

    def talk(self, *arguments: str, on_terminal: bool = False, **more: str):
        return talking(self.environ | more, *arguments, on_terminal=on_terminal)

    async def connect(self, *arguments: str, **more: str) -> Done:
        """Connect without any trouble, by the link that is printed."""
        with self.talk("connect", "harbour", "--no-browser", *arguments, **more) as talk:
            await browse((await talk.until(LINK))[1])
            return await talk.end()

    async def connected(self) -> None:
        """Be connected, without a command: for what is about something else."""
        home = Path(self.environ["PIERRE_HOME"])
        async with self.harbour.composition(home, clock=system_clock) as composition:
            await self.harbour.connect(composition, LOCAL)


async def browse(url: str, *, follow: bool = True) -> httpx2.Response:
    """What a browser does on this machine."""
    async with httpx2.AsyncClient(follow_redirects=follow, trust_env=False) as browser:
        return await browser.get(url)


async def ends_at(link: str) -> str:
    """The address at which a browser on another machine ends, where it does not load."""
    return (await browse(link, follow=False)).headers["location"]
