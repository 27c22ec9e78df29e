"""How many requests more than questions there may be: retries must not make a failure worse."""

RESERVE = 10.0
RATIO = 0.15


class RetryBudget:
    """How many more requests than questions there may be, so that retries do not make it worse.

    Every question adds a part of a retry, and every retry takes one. Where all fail, requests stay
    within 1.2 times the questions.
    """

    def __init__(self) -> None:
        self._left = RESERVE

    def asked(self) -> None:
        """Count one question."""
        self._left = min(RESERVE, self._left + RATIO)

    def take(self) -> bool:
        """Whether one more retry may be made; it counts as made."""
        if self._left < 1:
            return False
        self._left -= 1
        return True
