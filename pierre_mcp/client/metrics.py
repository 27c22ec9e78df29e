"""Numbers for an operator: requests to providers, counted and timed, in the format of Prometheus.

They live in this process and are rendered when someone asks; nothing is pushed anywhere. No number
is kept per person, path or id.
"""

from prometheus_client import CollectorRegistry, Counter, Gauge, Histogram
from prometheus_client.exposition import CONTENT_TYPE_LATEST, generate_latest

from pierre_mcp.client.breaker import BreakerState
from pierre_mcp.client.ways import Ways

_BREAKER = {BreakerState.CLOSED: 0, BreakerState.HALF_OPEN: 1, BreakerState.OPEN: 2}
_BUCKETS_SECONDS = (0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 30)


class RequestMetrics:
    """Requests by provider and outcome, and how long they took, since the process started."""

    def __init__(self) -> None:
        self._registry = CollectorRegistry()
        self._requests = Counter(
            "pierre_provider_requests",
            "Requests sent to providers, by outcome: ok, or the type of the error.",
            ("provider", "outcome"),
            registry=self._registry,
        )
        self._durations = Histogram(
            "pierre_provider_request_duration_seconds",
            "How long a request to a provider took, to the end of its body.",
            ("provider",),
            buckets=_BUCKETS_SECONDS,
            registry=self._registry,
        )

        self._retries = Counter(
            "pierre_provider_retries",
            "Requests sent once more because the one before failed for a moment.",
            ("provider",),
            registry=self._registry,
        )
        self._held_back = Counter(
            "pierre_provider_held_back",
            "Requests not sent because a limit of the provider's is known to be used up.",
            ("provider",),
            registry=self._registry,
        )

        self._breakers = Gauge(
            "pierre_provider_breaker",
            "Whether a provider is asked now: 0 yes, 1 to try whether it is back, 2 no.",
            ("provider",),
            registry=self._registry,
        )
        self._quota = Gauge(
            "pierre_provider_quota_remaining",
            "Requests left in each limit that all people of the application share.",
            ("provider", "window"),
            registry=self._registry,
        )

    def retried(self, provider: str) -> None:
        """Count one request that is sent again."""
        self._retries.labels(provider).inc()

    def held_back(self, provider: str) -> None:
        """Count one request that is not sent."""
        self._held_back.labels(provider).inc()

    def observe(self, provider: str, outcome: str, duration_seconds: float) -> None:
        """Count one request."""
        self._requests.labels(provider, outcome).inc()
        self._durations.labels(provider).observe(duration_seconds)

    def render(self, ways: Ways, now: float) -> tuple[bytes, str]:
        """The body and the content type for whoever scrapes; how each way stands is told anew."""
        self._quota.clear()
        for provider, way in ways.known().items():
            self._breakers.labels(provider).set(_BREAKER[way.breaker_state(now)])
            for left in way.quota_left():
                self._quota.labels(provider, left.window).set(left.remaining)
        return generate_latest(self._registry), CONTENT_TYPE_LATEST
