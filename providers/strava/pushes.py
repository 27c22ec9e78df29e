"""Strava's webhooks: how a push is known, and what it says; pure.

Strava has begun to sign them, and until it signs all, one without a signature is taken for what
changed, never for the end of a connection: that is then found out by asking.
"""

from pierre_mcp.client.signatures import is_same, is_signed
from pierre_mcp.spi import Changed, ProviderConfig, Push, Pushed, PushReply, WebhookReceiver

SIGNATURE = "x-strava-signature"

_LONGEST_CHALLENGE = 200
_LARGEST_ID = 2**63


class StravaPushes(WebhookReceiver):
    """One subscription for the application, begun with a challenge that names a word of ours."""

    def handshake(self, push: Push, config: ProviderConfig) -> PushReply | None:
        """The challenge comes back to whoever names the word that the operator chose."""
        challenge = push.query.get("hub.challenge")
        if push.method != "GET" or challenge is None or len(challenge) > _LONGEST_CHALLENGE:
            return None
        word = config.options.get("webhook_verify_token", "")
        if not word or not is_same(word, push.query.get("hub.verify_token", "")):
            return PushReply(status=403)
        return PushReply(body={"hub.challenge": challenge})

    def is_genuine(self, push: Push, config: ProviderConfig) -> bool:
        """Whether Strava signed it within the last minutes, or it names our subscription.

        The signature is that of the client secret over time and body, and its roll-out is not
        documented. (One public source, seen 2026-11.)
        """
        if SIGNATURE in push.headers:
            return is_signed(push, SIGNATURE, config.client_secret)
        ours = config.options.get("webhook_subscription_id", "")
        return bool(ours) and is_same(ours, str(push.told().get("subscription_id")))

    def read(self, push: Push) -> tuple[Pushed, ...]:
        """Whose activity or profile has changed, or whose connection is no more."""
        told = push.told()
        owner, about = _id(told.get("owner_id")), told.get("object_type")
        if owner is None:
            return ()
        if about == "activity":
            return (
                Pushed(
                    account_id=owner,
                    changed=frozenset({Changed.ACTIVITIES}),
                    record_id=_id(told.get("object_id")),
                ),
            )
        if about != "athlete":
            return ()
        updates = told.get("updates")
        authorized = updates.get("authorized") if isinstance(updates, dict) else None
        if str(authorized).lower() == "false":  # sent as text
            # It was genuine, so a signature that is there is Strava's.
            ended = SIGNATURE in push.headers
            return (Pushed(account_id=owner, changed=frozenset(Changed), ended=ended),)
        return (Pushed(account_id=owner, changed=frozenset({Changed.ATHLETE})),)


def _id(value: object) -> str | None:
    valid = isinstance(value, int) and not isinstance(value, bool) and 0 < value < _LARGEST_ID
    return str(value) if valid else None
