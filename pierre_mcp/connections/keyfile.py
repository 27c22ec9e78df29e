"""The file that holds the keys where the operator gives none: ``PIERRE_HOME/master.key``.

One key a line in base64, the one that seals first. It is only ever replaced as a whole, so a reader
needs no lock; whoever changes it holds ``KeyFile.changing``.
"""

import os
import secrets
import sys
from base64 import b64encode
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from filelock import FileLock

from pierre_mcp.connections.key import Key, parse_key
from pierre_mcp.connections.places import private_folder, replace_private_file
from pierre_mcp.errors import ConfigurationError

_NAME = "PIERRE_HOME/master.key"
_HEAD = (
    "# pierre-mcp: the first key seals, all of them open. Keep this file secret and backed up.\n"
)
_ROTATING = "# rotating"
"""A line that stands in the file from the moment a new key is added until every row has it."""

Signature = tuple[int, int, int]


@dataclass(frozen=True, slots=True, kw_only=True)
class KeyFileContent:
    """The keys, the one that seals first, and whether a rotation has begun and not ended."""

    keys: tuple[Key, ...]
    rotating: bool


class KeyFile:
    """The key file of one ``PIERRE_HOME``."""

    def __init__(self, home: Path) -> None:
        self.path = home / "master.key"

    def read(self) -> KeyFileContent:
        """What the file holds, which is made first where there is none.

        Raises ``ConfigurationError`` when others may read it or it is not ours.
        """
        try:
            return self.found()
        except FileNotFoundError:
            pass
        with self.changing():
            try:
                return self.found()  # another process was first
            except FileNotFoundError:
                self.write([Key.of(secrets.token_bytes(32))], rotating=False)
                return self.found()

    def found(self) -> KeyFileContent:
        """What the file holds. Raises ``FileNotFoundError``, or as ``read`` does."""
        try:
            with self.path.open(encoding="ascii") as file:
                mode = os.fstat(file.fileno()).st_mode
                text = file.read()
        except FileNotFoundError:
            raise
        except OSError as refused:
            raise _unreadable("read", refused) from None
        except UnicodeDecodeError:
            raise _malformed() from None
        if sys.platform != "win32" and mode & 0o077:
            raise ConfigurationError(
                f"{_NAME} may be read by other users of this machine. Make it private "
                "(chmod 600) and, if somebody may have read it, run 'pierre-mcp keys rotate'."
            )
        lines = [line.strip() for line in text.splitlines()]
        keys = [parse_key(line) for line in lines if line and not line.startswith("#")]
        found = tuple(key for key in keys if key is not None)
        if not found or len(found) < len(keys):
            raise _malformed()
        return KeyFileContent(keys=found, rotating=_ROTATING in lines)

    def write(self, keys: Sequence[Key], *, rotating: bool) -> None:
        """Put these keys in place of those that are there; only while ``changing``."""
        lines = [b64encode(key.secret).decode() for key in keys]
        head = f"{_HEAD}{_ROTATING}\n" if rotating else _HEAD
        try:
            replace_private_file(self.path, head + "\n".join(lines) + "\n")
        except OSError as refused:
            raise _unreadable("written", refused) from None

    def signature(self) -> Signature | None:
        """Something that is another whenever the content is; ``None`` where there is no file."""
        try:
            found = self.path.stat()
        except OSError:
            return None
        return found.st_ino, found.st_mtime_ns, found.st_size

    @contextmanager
    def changing(self) -> Iterator[None]:
        """Keep other processes from changing the file meanwhile; reading needs no lock."""
        try:
            private_folder(self.path.parent)
            lock = FileLock(self.path.with_name("master.key.lock"), mode=0o600, thread_local=False)
            lock.acquire()
        except OSError as refused:
            raise _unreadable("locked", refused) from None
        try:
            yield
        finally:
            lock.release()


def _unreadable(done: str, refused: OSError) -> ConfigurationError:
    return ConfigurationError(
        f"{_NAME} cannot be {done}: {refused.strerror or 'no reason was given'}. Check that the "
        "folder belongs to the user the server runs as."
    )


def _malformed() -> ConfigurationError:
    return ConfigurationError(
        f"{_NAME} is damaged: each line must be one key, 32 bytes in base64. Restore it from a "
        "backup; without it, people have to connect again."
    )
