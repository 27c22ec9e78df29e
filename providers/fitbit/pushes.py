"""The Google Health API's webhooks: how a push is known, and what it says; pure.

The operator chooses a value that Google sends as the header Authorization with every push; whoever
does not know it is not Google. The notices carry no data, only whose and what kind it is.
"""

from pierre_mcp.client.signatures import is_same
from pierre_mcp.spi import Changed, ProviderConfig, Push, Pushed, PushReply, WebhookReceiver

_LONGEST_ID = 128
_TYPES = {
    Changed.ACTIVITIES: frozenset({"exercise"}),
    Changed.SLEEP: frozenset({"sleep"}),
    Changed.RECOVERY: frozenset(
        {
            "heart-rate-variability", "daily-heart-rate-variability", "daily-resting-heart-rate",
            "oxygen-saturation", "daily-oxygen-saturation", "daily-respiratory-rate",
            "daily-sleep-temperature-derivations", "heart-rate",
            # A night carries the day that it is the recovery of.
            "sleep",
        }
    ),
    Changed.HEALTH: frozenset(
        {
            "weight", "body-fat", "height", "daily-vo2-max", "steps", "distance", "floors",
            "total-calories", "active-minutes", "active-zone-minutes",
        }
    ),
}  # fmt: skip


class FitbitPushes(WebhookReceiver):
    """A header with the operator's own value, and a question whether we know it."""

    def handshake(self, push: Push, config: ProviderConfig) -> PushReply | None:
        """Google asks with the value, which has to be taken, and without it, which must not."""
        if push.method != "POST" or push.told().get("type") != "verification":
            return None
        return PushReply(status=200 if self.is_genuine(push, config) else 401)

    def is_genuine(self, push: Push, config: ProviderConfig) -> bool:
        """Whether it carries the value that the operator chose."""
        chosen = config.options.get("webhook_authorization", "")
        given = push.headers.get("authorization", "")
        return bool(chosen) and is_same(chosen, given)

    def read(self, push: Push) -> tuple[Pushed, ...]:
        """Whose data of which kind has changed; days are not told apart."""
        notice = push.told().get("data")
        if not isinstance(notice, dict):
            return ()
        account, kind = notice.get("healthUserId"), notice.get("dataType")
        if not isinstance(account, str) or not 0 < len(account) <= _LONGEST_ID:
            return ()
        # Written with hyphens in addresses and with underscores in filters. (Google's reference,
        # seen 2026-11; which of the two a notice has is not said.)
        name = kind.lower().replace("_", "-") if isinstance(kind, str) else ""
        changed = frozenset(one for one, names in _TYPES.items() if name in names)
        return (Pushed(account_id=account, changed=changed),) if changed else ()

    def reply(self) -> PushReply:
        """Taken, with nothing to say."""
        return PushReply(status=204)
