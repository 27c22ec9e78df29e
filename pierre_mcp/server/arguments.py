"""From what a client sends to what the contract takes, with errors that let a model correct itself.

Every refusal names the argument, what is allowed and, where there is one, the nearest match.
"""

import difflib
import re
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from datetime import UTC, date, datetime, timedelta

from pydantic import ValidationError

from pierre_mcp.errors import InvalidArgument
from pierre_mcp.spi import FitnessProvider

_EPOCH = re.compile(r"-?\d{9,11}(\.\d+)?")
_LONGEST_NAME = 60
_WIDEST_OFFSET = timedelta(hours=14)
_EARLIEST, _LATEST = date(1900, 1, 1), date(2199, 12, 31)
"""Nobody has data beyond. Who asks from the year 1 or until 9999 means all there is, and days on
which one can count further keep every sum of dates within what a date can be."""


def nearest(word: str, known: Sequence[str]) -> str | None:
    """The known word that someone who wrote ``word`` most likely meant."""
    wanted = word.lower().replace("-", "_").replace(" ", "_")
    if wanted in known:
        return wanted
    matches = difflib.get_close_matches(wanted, known, n=1, cutoff=0.5)
    return matches[0] if matches else None


def refuse_unknown(given: Sequence[str], known: Sequence[str]) -> None:
    """Raise ``InvalidArgument`` for the first name that the tool does not take."""
    for name in given:
        if name not in known:
            shown = name if name.isidentifier() and len(name) <= _LONGEST_NAME else "(unprintable)"
            raise InvalidArgument(
                shown,
                "is unknown." if known else "is unknown; this tool takes no arguments.",
                allowed=sorted(known),
                nearest=nearest(name, known),
            )


def from_validation_error(failure: ValidationError) -> InvalidArgument:
    """The first thing that is wrong with a call's arguments, in our words."""
    error = failure.errors(include_url=False)[0]
    argument = str(error["loc"][0]) if error["loc"] else "arguments"
    context = error.get("ctx", {})
    allowed = tuple(re.findall(r"'([^']*)'", str(context.get("expected", ""))))
    given = error.get("input")
    close = nearest(given, allowed) if isinstance(given, str) and allowed else None
    bound = context.get("le", context.get("ge"))
    if error["type"] == "missing":
        problem = "is required."
    elif bound is not None:
        problem = "is out of range."
        allowed = (f"at {'most' if 'le' in context else 'least'} {bound}",)
        close = str(bound)
    elif allowed:
        problem = "has a value that is not allowed."
    else:
        problem = f"{error['msg'][:1].lower()}{error['msg'][1:]}."
    return InvalidArgument(argument, problem, allowed=allowed, nearest=close)


def parse_instant(argument: str, value: str | float | None) -> date | datetime | None:
    """A bound on time: a local day, an ISO 8601 time with an offset, or epoch seconds."""
    if value is None:
        return None
    text = str(value).strip()
    try:
        if _EPOCH.fullmatch(text):
            return _instant_within(datetime.fromtimestamp(float(text), tz=UTC))
        if len(text) <= len("2026-11-24"):
            return _day_within(date.fromisoformat(text))
        moment = datetime.fromisoformat(text)
    except (ValueError, OverflowError, OSError):
        raise InvalidArgument(
            argument,
            "is neither a day (2026-11-24), nor a time with an offset (2026-11-24T06:30:00+01:00), "
            "nor epoch seconds.",
        ) from None
    if moment.tzinfo is None:
        raise InvalidArgument(
            argument, "is a time without an offset. Add one (Z or +01:00), or give a day only."
        )
    return _instant_within(moment)


def _day_within(day: date) -> date:
    return min(max(day, _EARLIEST), _LATEST)


def _instant_within(moment: datetime) -> datetime:
    day = moment.date()
    if day != _day_within(day):
        bound = _day_within(day)
        return datetime(bound.year, bound.month, bound.day, tzinfo=UTC)
    return moment.astimezone(UTC)


@dataclass(frozen=True, slots=True, kw_only=True)
class DateRange:
    """Local days, both inclusive."""

    start: date
    end: date

    def stated(self, today: date, newest: date | None) -> "DateRange":
        """The range as an answer states it: without days that have not begun for the athlete."""
        return replace(self, end=min(self.end, max(today, newest or today, self.start)))


def parse_dates(
    start_date: str | None,
    end_date: str | None,
    *,
    provider: FitnessProvider,
    default_start: Callable[[date], date],
) -> DateRange:
    """The asked range; ``default_start`` gives its first day from its last.

    Without an end it reaches to the latest day that it is anywhere, for the athlete may be ahead
    of this machine, and a day that has not begun for them holds no data.
    """
    end = parse_day("end_date", end_date)
    last = end or provider.today()
    start = parse_day("start_date", start_date) or default_start(last)
    if start > last:
        raise InvalidArgument("start_date", f"lies after end_date ({last.isoformat()}).")
    return DateRange(start=start, end=end or max(last, (provider.now() + _WIDEST_OFFSET).date()))


def last_days(count: int) -> Callable[[date], date]:
    """The first of ``count`` days, given the last."""
    return lambda last: last - timedelta(days=count - 1)


def parse_day(argument: str, value: str | None) -> date | None:
    """A local day."""
    if value is None:
        return None
    try:
        return _day_within(date.fromisoformat(value.strip()))
    except ValueError:
        raise InvalidArgument(argument, "is not a day like 2026-11-24.") from None
