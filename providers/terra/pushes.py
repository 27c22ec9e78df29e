"""Terra's webhooks: how a push is known, and what it says; pure.

A push is signed with a secret of the destination's own, so one that anybody else sends is told
from Terra's without asking. The data that it carries is not read: it only says what has changed.
"""

from pierre_mcp.client.signatures import is_signed
from pierre_mcp.spi import Changed, ProviderConfig, Push, Pushed, WebhookReceiver
from providers.terra.mapping import id_of
from providers.terra.wire import items, part

_LONGEST_ID = 128
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
        """Whether Terra signed it within the last minutes."""
        return is_signed(push, "terra-signature", config.options.get("signing_secret"))

    def read(self, push: Push) -> tuple[Pushed, ...]:
        """Whose data of which kind has changed, or whose connection is no more."""
        told = push.told()
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
