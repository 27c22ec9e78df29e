"""Numbers for an operator: requests to providers, counted and timed, in the format of Prometheus.

They live in this process and are rendered when someone asks; nothing is pushed anywhere. No number
is kept per person, path or id.
"""

from prometheus_client import CollectorRegistry, Counter, Histogram
from prometheus_client.exposition import CONTENT_TYPE_LATEST, generate_latest

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

    def observe(self, provider: str, outcome: str, duration_seconds: float) -> None:
        """Count one request."""
        self._requests.labels(provider, outcome).inc()
        self._durations.labels(provider).observe(duration_seconds)

    def render(self) -> tuple[bytes, str]:
        """The body and the content type for whoever scrapes."""
        return generate_latest(self._registry), CONTENT_TYPE_LATEST
