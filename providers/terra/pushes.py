"""Terra's webhooks: how a push is known, and what it says; pure.

A push is signed with a secret of the destination's own, so one that anybody else sends is told
from Terra's without asking. The data that it carries is not read: it only says what has changed.
"""

import hmac
import json
from datetime import timedelta
from typing import Any

from pierre_mcp.spi import Changed, ProviderConfig, Push, Pushed, WebhookReceiver
from providers.terra.mapping import id_of
from providers.terra.wire import items, part

TOLERANCE = timedelta(minutes=5)
"""How old a push may be, and how far ahead Terra's clock: a recorded one is no good later."""

_LONGEST_STAMP, _LONGEST_ID, _LONGEST_HEADER = 12, 128, 1000
_CHANGED = {
    "activity": frozenset({Changed.ACTIVITIES}),
    # A night says much of the recovery of its day.
    "sleep": frozenset({Changed.SLEEP, Changed.RECOVERY}),
    "daily": frozenset({Changed.RECOVERY, Changed.HEALTH}),
    "body": frozenset({Changed.HEALTH}),
    "athlete": frozenset({Changed.ATHLETE}),
    # What may be read is not what it was.
    "permission_change": frozenset(Changed),
}
_ENDED = {"deauth": "user", "access_revoked": "user", "user_reauth": "old_user"}
"""Which user is no more; whoever connects anew becomes another, and the old one is deleted."""


class TerraPushes(WebhookReceiver):
    """A header with the time and the signature of it and the body: ``t=...,v1=...``."""

    def is_genuine(self, push: Push, config: ProviderConfig) -> bool:
        """Whether Terra signed it within the last minutes; a ``v0`` beside it proves nothing."""
        secret = config.options.get("signing_secret")
        header = push.headers.get("terra-signature", "")[:_LONGEST_HEADER]
        pairs = [pair.strip().partition("=") for pair in header.split(",")]
        stamps = [value for name, _, value in pairs if name == "t"]
        if not secret or len(stamps) != 1:
            return False
        (stamp,) = stamps
        if not (stamp.isascii() and stamp.isdecimal() and len(stamp) <= _LONGEST_STAMP):
            return False
        if abs(push.received_at.timestamp() - int(stamp)) > TOLERANCE.total_seconds():
            return False
        wanted = hmac.new(secret.encode(), f"{stamp}.".encode() + push.body, "sha256").hexdigest()
        given = [value.encode() for name, _, value in pairs if name == "v1"]
        # All are compared, so that the time it takes tells nothing.
        return any([hmac.compare_digest(wanted.encode(), one) for one in given])  # noqa: C419

    def read(self, push: Push) -> tuple[Pushed, ...]:
        """Whose data of which kind has changed, or whose connection is no more."""
        try:
            told: Any = json.loads(push.body)
        except (ValueError, RecursionError):
            return ()
        kind = part(told, "type")
        if not isinstance(kind, str) or kind not in {**_CHANGED, **_ENDED}:
            return ()
        account = part(told, _ENDED.get(kind, "user"), "user_id")
        if not isinstance(account, str) or not 0 < len(account) <= _LONGEST_ID:
            return ()
        if kind in _ENDED:
            return (Pushed(account_id=account, ended=True),)
        ids = {id_of(payload) for payload in items(told, "data")} if kind == "activity" else set()
        named = sorted(one for one in ids if one is not None)
        return tuple(
            Pushed(account_id=account, changed=_CHANGED[kind], record_id=record_id)
            for record_id in named or (None,)
        )
