"""WHOOP's webhooks, version 2: how a push is known, and what it says; pure.

A push carries ids only. It is signed with the application's client secret, so a push that anybody
else sends is told from WHOOP's without asking.
"""

import base64
import binascii
import hmac

from pierre_mcp.client.signatures import TOLERANCE
from pierre_mcp.spi import Changed, ProviderConfig, Push, Pushed, WebhookReceiver
from providers.whoop.mapping import account_of, uuid_of

_LONGEST_TIMESTAMP = 16
_BY_NIGHT = frozenset({Changed.SLEEP, Changed.RECOVERY})
_CHANGED = {
    "workout": frozenset({Changed.ACTIVITIES}),
    # A night carries the variability of its recovery, a recovery the day of its night. The id in
    # a push about a recovery is that night's. (Vendor's guide, 2026-11.)
    "sleep": _BY_NIGHT,
    "recovery": _BY_NIGHT,
}


class WhoopPushes(WebhookReceiver):
    """A header with milliseconds, and one with the signature of them and the body."""

    def is_genuine(self, push: Push, config: ProviderConfig) -> bool:
        """Whether WHOOP signed it within the last minutes."""
        stamp = push.headers.get("x-whoop-signature-timestamp", "")
        if not (stamp.isascii() and stamp.isdecimal() and len(stamp) <= _LONGEST_TIMESTAMP):
            return False
        apart = push.received_at.timestamp() - int(stamp) / 1000
        if abs(apart) > TOLERANCE.total_seconds() or not config.client_secret:
            return False
        signed = hmac.new(config.client_secret.encode(), stamp.encode() + push.body, "sha256")
        try:
            given = base64.b64decode(push.headers.get("x-whoop-signature", ""), validate=True)
        except (binascii.Error, ValueError):
            return False
        return hmac.compare_digest(signed.digest(), given)

    def read(self, push: Push) -> tuple[Pushed, ...]:
        """Whose workout, sleep or recovery has changed or is gone."""
        told = push.told()
        account, word = account_of(told.get("user_id")), told.get("type")
        thing = word.partition(".")[0] if isinstance(word, str) else ""
        if account is None or thing not in _CHANGED:
            return ()
        record_id = uuid_of(told.get("id")) if thing == "workout" else None
        return (Pushed(account_id=account, changed=_CHANGED[thing], record_id=record_id),)
