"""A clock that stands still until a test moves it."""

from datetime import datetime, timedelta


class FakeClock:
    """Call it for the present; ``now`` must be aware."""

    def __init__(self, now: datetime) -> None:
        if now.tzinfo is None:
            raise ValueError("the present needs a time zone: pass an aware datetime")
        self.now = now

    def __call__(self) -> datetime:
        """The present."""
        return self.now

    def advance(self, **duration: float) -> None:
        """Move on by a ``timedelta(**duration)``."""
        self.now += timedelta(**duration)
