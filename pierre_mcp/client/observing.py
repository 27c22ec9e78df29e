"""What can be seen of a request from outside: one span, one metric, one line at debug level.

None of them holds an id, a query, a header or a body. Spans and metrics go through OpenTelemetry's
API, which does nothing until the operator installs its SDK; ``/metrics`` needs nothing installed.
"""

import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass

import structlog
from opentelemetry import metrics, trace
from opentelemetry.trace import SpanKind, StatusCode

from pierre_mcp.client.addresses import path_label
from pierre_mcp.client.metrics import RequestMetrics

_log = structlog.get_logger(__name__)

CANCELLED = "cancelled"
_FAILED = "failed"
OK = "ok"


@dataclass(slots=True, kw_only=True)
class Observation:
    """What became of one request; filled in while it is under way."""

    status: int | None = None
    outcome: str = _FAILED


class Observer:
    """Watches every request of a process."""

    def __init__(
        self,
        numbers: RequestMetrics,
        *,
        timer: Callable[[], float] = time.perf_counter,
        tracer_provider: trace.TracerProvider | None = None,
        meter_provider: metrics.MeterProvider | None = None,
    ) -> None:
        self.numbers = numbers
        self._timer = timer
        self._tracer = trace.get_tracer("pierre_mcp.client", tracer_provider=tracer_provider)
        self._durations = metrics.get_meter(
            "pierre_mcp.client", meter_provider=meter_provider
        ).create_histogram(
            "http.client.request.duration", unit="s", description="Requests to providers."
        )

    @contextmanager
    def request(self, provider: str, method: str, path: str) -> Iterator[Observation]:
        """Watch one request, from here to the end of its body."""
        label = path_label(path)
        attributes: dict[str, str | int] = {
            "pierre.provider": provider,
            "http.request.method": method,
            "url.template": label,
        }
        seen = Observation()
        started = self._timer()
        with self._tracer.start_as_current_span(
            f"{method} {label}",
            kind=SpanKind.CLIENT,
            attributes=attributes,
            # An exception's text is not ours to publish.
            record_exception=False,
            set_status_on_exception=False,
        ) as span:
            try:
                yield seen
            finally:
                duration = self._timer() - started
                attributes["pierre.outcome"] = seen.outcome
                if seen.status is not None:
                    attributes["http.response.status_code"] = seen.status
                span.set_attributes(attributes)
                if seen.outcome != OK:
                    span.set_status(StatusCode.ERROR)
                self._durations.record(duration, attributes)
                self.numbers.observe(provider, seen.outcome, duration)
                _log.debug(
                    "provider_request",
                    provider=provider,
                    method=method,
                    path=label,
                    status=seen.status,
                    outcome=seen.outcome,
                    duration_ms=round(duration * 1000),
                )
