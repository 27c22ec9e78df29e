"""How often a provider lets itself be asked, as data: what is known before it says so itself."""

from dataclasses import dataclass

DEFAULT_HEADER = "x-ratelimit"


@dataclass(frozen=True, slots=True, kw_only=True)
class RateWindow:
    """So many requests in so many seconds, for one application or for each of its people.

    An ``aligned`` window begins at a multiple of its length since midnight UTC; any other with the
    first request in it. ``header`` is how the names of the headers begin that tell of it, and in a
    list of several values windows stand in the order in which they are declared. What such a header
    says counts for more than ``requests``.
    """

    requests: int
    seconds: int
    aligned: bool = False
    per_person: bool = False
    header: str = DEFAULT_HEADER


@dataclass(frozen=True, slots=True, kw_only=True)
class RateLimits:
    """All limits of a provider, see ``client.limit_headers`` for the headers that are understood.

    ``headers`` are the beginnings of headers whose limits have no window declared here.
    ``at_once_per_person`` is how many requests of one person's may be under way in one process.
    """

    windows: tuple[RateWindow, ...] = ()
    headers: tuple[str, ...] = (DEFAULT_HEADER, "ratelimit")
    at_once_per_person: int | None = None
