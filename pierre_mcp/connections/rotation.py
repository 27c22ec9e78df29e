"""``pierre-mcp keys rotate``: a new key, and everything sealed anew, while servers go on.

With a key file it makes the new key; it may be killed at any point, and the next run ends what was
begun. A key is dropped from the file only by a later rotation, once nothing is sealed with it, so
that what a server wrote at the last moment with the old one stays readable. With
``PIERRE_MASTER_KEY`` the operator makes keys: everything is sealed with the first of them.
"""

import secrets
from collections.abc import Sequence
from dataclasses import dataclass

from pierre_mcp.connections.key import KEY_BYTES, Key
from pierre_mcp.connections.keyfile import KeyFile
from pierre_mcp.connections.keys import given_keys, load_keys
from pierre_mcp.connections.resealing import Resealed
from pierre_mcp.connections.store import ConnectionStore
from pierre_mcp.settings import Settings


@dataclass(frozen=True, slots=True, kw_only=True)
class RotationReport:
    """What a rotation did; keys are named by their ids.

    ``older_keys`` still open and are no longer used to seal. ``unused_keys`` are those of
    ``PIERRE_MASTER_KEY`` that nothing needs any more. ``unreadable_rows`` were sealed with a key
    that is gone; their people have to connect again.
    """

    sealing_key: str
    resealed_rows: int
    unreadable_rows: int
    resumed: bool = False
    older_keys: tuple[str, ...] = ()
    dropped_keys: tuple[str, ...] = ()
    unused_keys: tuple[str, ...] = ()
    next_step: str | None = None


async def rotate(settings: Settings) -> RotationReport:
    """Rotate the keys of these settings. Raises ``ConfigurationError`` or ``StoreUnavailable``."""
    if settings.master_key is None:
        load_keys(settings)  # also refuses what has to have a key of the operator's
        file = KeyFile(settings.home)
        with file.changing():
            return await _rotate_file(settings, file)
    return await _seal_with_first(settings, given_keys(settings.master_key))


async def _rotate_file(settings: Settings, file: KeyFile) -> RotationReport:
    store = await ConnectionStore.opened(settings)
    try:
        content = file.found()
        keys, dropped = content.keys, tuple[Key, ...]()
        if not content.rotating:

            def renew(in_use: frozenset[str]) -> tuple[tuple[Key, ...], tuple[Key, ...]]:
                kept, gone = _with_new_key(content.keys, in_use)
                file.write(kept, rotating=True)
                return kept, gone

            keys, dropped = await store.with_keys_in_use(renew)
        done = await store.reseal()
        file.write(keys, rotating=False)
    finally:
        await store.close()
    return RotationReport(
        sealing_key=keys[0].id,
        resealed_rows=done.rows,
        unreadable_rows=done.unreadable,
        resumed=content.rotating,
        older_keys=_ids(keys[1:]),
        dropped_keys=_ids(dropped),
    )


def _with_new_key(
    keys: Sequence[Key], in_use: frozenset[str]
) -> tuple[tuple[Key, ...], tuple[Key, ...]]:
    """A new key before those that are still needed, and the keys that are not."""
    current, *older = keys
    needed = [key for key in older if key.id in in_use]
    dropped = tuple(key for key in older if key.id not in in_use)
    return (Key.of(secrets.token_bytes(KEY_BYTES)), current, *needed), dropped


async def _seal_with_first(settings: Settings, keys: Sequence[Key]) -> RotationReport:
    store = await ConnectionStore.opened(settings)
    try:
        done: Resealed = await store.reseal()
        in_use = await store.keys_in_use()
    finally:
        await store.close()
    unused = tuple(key.id for key in keys[1:] if key.id not in in_use)
    if len(keys) == 1:
        step = (
            "PIERRE_MASTER_KEY holds one key. For another one, add it behind the present one and "
            "restart every server, then put it in front, restart them again, and run this again."
        )
    else:
        step = (
            "Everything is sealed with the first key of PIERRE_MASTER_KEY. Once every server has "
            "been restarted with this order of keys, run this again; then the unused keys can go."
        )
    return RotationReport(
        sealing_key=keys[0].id,
        resealed_rows=done.rows,
        unreadable_rows=done.unreadable,
        older_keys=_ids(keys[1:]),
        unused_keys=unused,
        next_step=step,
    )


def _ids(keys: Sequence[Key]) -> tuple[str, ...]:
    return tuple(key.id for key in keys)
