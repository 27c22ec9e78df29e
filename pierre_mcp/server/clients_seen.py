"""Which clients were served on this machine, and what they speak, for ``doctor`` to tell.

One small file in the home, written at most once for each client of a process. It is kept only where
the server serves the person at this machine.
"""

import json
from dataclasses import dataclass
from pathlib import Path

import anyio.to_thread
import structlog

from pierre_mcp.models.text import clean_text

FILE = "clients.json"
OLDEST_WHOLE = "2025-06-18"
"""The first protocol with structured answers and questions to the person."""

_MOST = 20
_MOST_NOTED = 200
_LONGEST_NAME = 80
_log = structlog.get_logger(__name__)


@dataclass(frozen=True, slots=True, kw_only=True)
class ClientSeen:
    """A client by its own name and version, and the protocol it spoke last."""

    name: str
    version: str
    protocol: str

    @property
    def is_old(self) -> bool:
        """Whether it lacks what our answers rest on."""
        return self.protocol < OLDEST_WHOLE


class ClientsSeen:
    """The clients of this process, kept beside those of the ones before."""

    def __init__(self, home: Path) -> None:
        self._file = home / FILE
        self._noted: set[tuple[str, str, str]] = set()

    def is_new(self, name: str, version: str, protocol: str) -> bool:
        """Whether a client like that has not called in this process before."""
        before = len(self._noted)
        if before < _MOST_NOTED:  # a name may be anything
            self._noted.add((name, version, protocol))
        return len(self._noted) > before

    async def keep(self, name: str, version: str, protocol: str) -> None:
        """Keep that it was here; what hinders that is logged."""
        client = ClientSeen(
            name=clean_text(name, _LONGEST_NAME) or "unnamed",
            version=clean_text(version, _LONGEST_NAME) or "",
            protocol=clean_text(protocol, _LONGEST_NAME) or "",
        )
        try:
            await anyio.to_thread.run_sync(self._write, client)
        except OSError as refused:
            _log.debug("client_not_noted", error=type(refused).__name__)

    def _write(self, client: ClientSeen) -> None:
        others = [one for one in read_clients(self._file.parent) if one.name != client.name]
        kept = [_as_json(one) for one in (client, *others)][:_MOST]
        self._file.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
        new = self._file.with_suffix(".new")
        new.write_text(json.dumps(kept, indent=1) + "\n", encoding="utf-8")
        new.replace(self._file)


def read_clients(home: Path) -> list[ClientSeen]:
    """The clients that were here, the last one first; none where nothing can be read."""
    try:
        told = json.loads((home / FILE).read_text(encoding="utf-8"))
        return [
            ClientSeen(
                name=str(one["name"]), version=str(one["version"]), protocol=str(one["protocol"])
            )
            for one in told
        ]
    except (OSError, ValueError, KeyError, TypeError):
        return []


def _as_json(client: ClientSeen) -> dict[str, str]:
    return {"name": client.name, "version": client.version, "protocol": client.protocol}
