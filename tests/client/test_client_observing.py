import anyio
import pytest
from opentelemetry.sdk.metrics import MeterProvider
from opentelemetry.sdk.metrics.export import InMemoryMetricReader
from opentelemetry.sdk.trace import TracerProvider
from opentelemetry.sdk.trace.export import SimpleSpanProcessor
from opentelemetry.sdk.trace.export.in_memory_span_exporter import InMemorySpanExporter
from opentelemetry.trace import SpanKind, StatusCode
from prometheus_client.parser import text_string_to_metric_families

from pierre_mcp.client.addresses import path_label
from pierre_mcp.client.metrics import RequestMetrics
from pierre_mcp.client.observing import Observer
from pierre_mcp.client.pool import HttpPool
from pierre_mcp.client.ways import Ways
from pierre_mcp.errors import NotFound, ProviderError
from pierre_mcp.spi import RetryConfig
from pierre_mcp.testing import FakeRequest, Reply, faults


@pytest.fixture
def spans():
    return InMemorySpanExporter()


@pytest.fixture
def reader():
    return InMemoryMetricReader()


@pytest.fixture
def numbers():
    return RequestMetrics()


@pytest.fixture
async def pool(spans, reader, numbers):
    """A pool watched by OpenTelemetry's own SDK; each reading of its timer is a quarter later."""
    ticks = iter(range(10**6))
    tracing = TracerProvider()
    tracing.add_span_processor(SimpleSpanProcessor(spans))
    metering = MeterProvider([reader])
    observer = Observer(
        numbers,
        timer=lambda: next(ticks) / 4,
        tracer_provider=tracing,
        meter_provider=metering,
    )
    async with HttpPool(observer=observer) as pool:
        yield pool
    tracing.shutdown()
    metering.shutdown()


async def activity(_: FakeRequest) -> Reply:
    return 200, {}, {}


@pytest.fixture(autouse=True)
def routes(server):
    server.routes["GET /v3/activities/{id}/laps"] = activity


def scraped(numbers: RequestMetrics) -> dict[tuple[str, ...], float]:
    """Values by name, provider, and outcome or bucket."""
    body, _ = numbers.render(Ways(), 0.0)
    return {
        (sample.name, *(v for _, v in sorted(sample.labels.items(), reverse=True))): sample.value
        for family in text_string_to_metric_families(body.decode())
        for sample in family.samples
        if not sample.name.endswith("_created")
    }


@pytest.mark.parametrize(
    ("path", "label"),
    [
        ("activities/123/laps", "activities"),
        ("/athlete", "athlete"),
        ("1/user/-/profile.json", "user"),
        ("v2/list", "list"),
        ("wellness-service/wellness/anna", "wellness-service"),
        ("123", "-"),
        ("", "-"),
        ("a%20b/c", "c"),
    ],
)
async def test_a_path_is_reported_without_ids(path, label):
    assert path_label(path) == label


async def test_a_call_is_one_span_without_ids_or_query(connect, spans):
    await connect().get_json("activities/123/laps", {"page": "456"})
    (span,) = spans.get_finished_spans()
    assert (span.name, span.kind) == ("GET activities", SpanKind.CLIENT)
    assert dict(span.attributes) == {
        "pierre.provider": "harbour",
        "http.request.method": "GET",
        "url.template": "activities",
        "http.response.status_code": 200,
        "pierre.outcome": "ok",
    }
    assert span.status.status_code is StatusCode.UNSET


async def test_a_call_is_one_measurement(connect, reader):
    await connect().get_json("activities/123/laps")
    (metric,) = reader.get_metrics_data().resource_metrics[0].scope_metrics[0].metrics
    (point,) = metric.data.data_points
    assert (metric.name, metric.unit) == ("http.client.request.duration", "s")
    assert (point.count, point.sum) == (1, 0.25)
    assert point.attributes["pierre.outcome"] == "ok"
    assert point.attributes["url.template"] == "activities"


async def test_an_operator_reads_requests_by_provider_and_outcome(connect, numbers):
    await connect().get_json("activities/123/laps")
    await connect().get_json("activities/456/laps")
    with pytest.raises(NotFound):
        await connect().get_json("nothing")
    found = scraped(numbers)
    assert found["pierre_provider_requests_total", "harbour", "ok"] == 2
    assert found["pierre_provider_requests_total", "harbour", "not_found"] == 1
    assert found["pierre_provider_request_duration_seconds_count", "harbour"] == 3
    assert found["pierre_provider_request_duration_seconds_sum", "harbour"] == 0.75
    assert found["pierre_provider_request_duration_seconds_bucket", "harbour", "0.1"] == 0
    assert found["pierre_provider_request_duration_seconds_bucket", "harbour", "0.25"] == 3


async def test_the_content_type_is_that_of_prometheus():
    body, content_type = RequestMetrics().render(Ways(), 0.0)
    assert content_type.startswith("text/plain; version=")
    assert b"# TYPE pierre_provider_requests_total counter" in body


@pytest.mark.parametrize(
    ("status", "outcome"),
    [(401, "needs_reauth"), (403, "provider_error"), (429, "rate_limited"), (503, "provider_error"),
     (504, "timeout")],
)  # fmt: skip
async def test_a_failed_answer_is_an_outcome_of_its_own(server, connect, spans, status, outcome):
    async def failing(_: FakeRequest) -> Reply:
        return status, None, {}

    server.routes["GET /v3/activities/{id}/laps"] = failing
    with pytest.raises(ProviderError):
        await connect().get_json("activities/123/laps")
    span = spans.get_finished_spans()[0]
    assert span.attributes["pierre.outcome"] == outcome
    assert span.attributes["http.response.status_code"] == status
    assert span.status.status_code is StatusCode.ERROR
    assert not span.events


async def test_a_renewed_token_shows_as_two_requests(server, connect, spans):
    async def refusing(request: FakeRequest) -> Reply:
        return (401 if request.bearer == "first-token" else 200), None, {}

    server.routes["GET /v3/activities/{id}/laps"] = refusing
    await connect().get_json("activities/123/laps")
    outcomes = [span.attributes["pierre.outcome"] for span in spans.get_finished_spans()]
    assert outcomes == ["needs_reauth", "ok"]


@pytest.mark.parametrize(
    ("fault", "outcome"),
    [(faults.hang, "timeout"), (faults.reset, "network"), (faults.huge(10**9), "invalid_response")],
    ids=["hang", "reset", "huge"],
)
async def test_a_broken_network_is_an_outcome_of_its_own(server, connect, spans, fault, outcome):
    server.break_next(fault)
    seconds = 0.2 if outcome == "timeout" else 30.0
    once = RetryConfig(max_retries=0, timeout_secs=seconds)
    with pytest.raises(ProviderError):
        await connect(config={"retry": once}).get_json("activities/123/laps")
    (span,) = spans.get_finished_spans()
    assert span.attributes["pierre.outcome"] == outcome
    assert "http.response.status_code" not in span.attributes
    assert not span.events


async def test_whoever_stops_waiting_is_no_failure_of_the_provider(server, connect, numbers):
    server.break_next(faults.hang)
    async with anyio.create_task_group() as tasks:
        tasks.start_soon(connect().get_json, "activities/123/laps")
        await server.arrived(1)
        tasks.cancel_scope.cancel()
    assert scraped(numbers)["pierre_provider_requests_total", "harbour", "cancelled"] == 1


async def test_a_mistake_of_ours_is_counted_too(connect, numbers, monkeypatch):
    def crash(*_: object) -> None:
        raise KeyError("a mistake")

    monkeypatch.setattr("pierre_mcp.client.pool.read_body", crash)
    with pytest.raises(KeyError):
        await connect().get_json("activities/123/laps")
    assert scraped(numbers)["pierre_provider_requests_total", "harbour", "failed"] == 1


async def test_without_the_sdk_nothing_is_missing(server):
    async with HttpPool() as pool:
        await pool.send("harbour", "GET", f"{server.url}/v3/activities/1/laps", headers={})
        assert scraped(pool.metrics)["pierre_provider_requests_total", "harbour", "ok"] == 1
