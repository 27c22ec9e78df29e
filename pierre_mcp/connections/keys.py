"""Which keys there are: from ``PIERRE_MASTER_KEY``, or from a file that is made on first use.

It hands out keys and seals nothing. A rotation in another process is noticed here, so that a server
need not be restarted for it.
"""

from collections.abc import Sequence

import structlog

from pierre_mcp.connections.key import Key, parse_key
from pierre_mcp.connections.keyfile import KeyFile, Signature
from pierre_mcp.connections.places import is_postgresql
from pierre_mcp.errors import ConfigurationError
from pierre_mcp.settings import Settings

_log = structlog.get_logger(__name__)


class KeyRing:
    """The key that seals, and older ones that still open; the key file is followed as it changes.

    A key once read stays in the ring as long as the process lives: a row that was read before a
    rotation can be opened after it.
    """

    def __init__(
        self,
        keys: Sequence[Key],
        file: KeyFile | None = None,
        signature: Signature | None = None,
    ) -> None:
        if not keys:
            raise ValueError("a key ring needs a key")
        self._current = keys[0]
        self._keys = {key.id: key for key in keys}
        self._file = file
        self._signature = signature

    def current(self) -> Key:
        """The key that seals now, looked up anew where the file has changed."""
        if self._file is not None and self._file.signature() != self._signature:
            self._read_again(self._file)
        return self._current

    def find(self, key_id: str) -> Key | None:
        """The key of that id; the file is read once more before it counts as unknown."""
        if key_id not in self._keys and self._file is not None:
            self._read_again(self._file)
        return self._keys.get(key_id)

    def _read_again(self, file: KeyFile) -> None:
        # Taken first: a change while we read is then noticed the next time.
        signature = file.signature()
        if signature is None:
            # A file that was removed under a running server must not be replaced by a new key,
            # with which nobody could open what is stored.
            _log.error("key_file_missing")
            return
        try:
            keys = file.read().keys
        except ConfigurationError as refused:
            _log.error("key_file_refused", reason=refused.message)
            return
        self._signature = signature
        self._current = keys[0]
        self._keys.update((key.id, key) for key in keys)


def load_keys(settings: Settings) -> KeyRing:
    """The operator's keys, or those of the key file.

    Raises ``ConfigurationError`` naming the variable or the file at fault.
    """
    if settings.master_key is not None:
        return KeyRing(given_keys(settings.master_key))
    if is_postgresql(settings):
        raise ConfigurationError(
            "PIERRE_MASTER_KEY: required where connections are kept in PostgreSQL, because every "
            "server needs the same key. Make one with: openssl rand -base64 32"
        )
    file = KeyFile(settings.home)
    signature = file.signature()
    return KeyRing(file.read().keys, file, signature)


def given_keys(text: str) -> tuple[Key, ...]:
    """The keys of ``PIERRE_MASTER_KEY``, the one that seals first."""
    keys = []
    for number, part in enumerate(text.split(","), start=1):
        key = parse_key(part)
        if key is None:
            raise ConfigurationError(
                f"PIERRE_MASTER_KEY: key {number} is not 32 bytes in base64. "
                "Make one with: openssl rand -base64 32"
            )
        keys.append(key)
    return tuple(dict.fromkeys(keys))
