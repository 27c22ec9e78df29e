"""The header Retry-After, in every form that servers send it: seconds, or one of three dates.

RFC 9110, sections 5.6.7 and 10.2.3. What is none of them counts as not sent.
"""

import re
from datetime import UTC, datetime
from email.utils import parsedate_to_datetime

LONGEST_WAIT_SECONDS = 86_400.0
"""No quota lasts longer than a day; a header that says so is not believed further than that."""

_SECONDS = re.compile(r"(\d+)(\.\d+)?", re.ASCII)
_DIGITS_OF_LONGEST = 9
"""More digits are longer than the longest wait, and need not be read."""


def retry_after_seconds(value: str | None, now: datetime) -> float | None:
    """How long to wait, 0 for a moment that is past; ``None`` where the header does not say."""
    if value is None:
        return None
    text = value.strip()
    if whole := _SECONDS.fullmatch(text):
        if len(whole[1].lstrip("0")) > _DIGITS_OF_LONGEST:
            return LONGEST_WAIT_SECONDS
        return min(float(text), LONGEST_WAIT_SECONDS)
    try:
        moment = parsedate_to_datetime(text)
    except (ValueError, OverflowError, TypeError, IndexError):
        return None
    if moment.tzinfo is None:
        # The oldest form names no zone and means UTC.
        moment = moment.replace(tzinfo=UTC)
    return min(max((moment - now).total_seconds(), 0.0), LONGEST_WAIT_SECONDS)
