"""What is asked again, how soon, how often, and when not (C1, C2, C5, T6); on a real socket."""

from datetime import UTC, datetime

import anyio
import pytest
from hypothesis import given
from hypothesis import strategies as st

from pierre_mcp.client.budget import RetryBudget
from pierre_mcp.client.ways import Ways
from pierre_mcp.errors import (
    AuthenticationFailed,
    NotFound,
    ProviderError,
    ProviderServerError,
    RateLimitExceeded,
)
from pierre_mcp.spi import RetryConfig
from pierre_mcp.testing import FakeClock, FakeRequest, Reply, faults

NOW = datetime(2026, 11, 24, 12, 0, tzinfo=UTC)
THRICE = RetryConfig(jitter_factor=0.0)
PATIENT = RetryConfig(circuit_breaker_threshold=100_000)


class Answers:
    """Statuses one after the other, the last for ever; and how long was slept between."""

    def __init__(self, server, *statuses: int, **headers: str) -> None:
        self.left, self.headers = list(statuses), headers
        self.asked = 0
        self.slept: list[float] = []
        self.clock = FakeClock(NOW)
        server.routes["GET /v3/log"] = self.answer
        server.routes["POST /v3/log"] = self.answer

    async def answer(self, _: FakeRequest) -> Reply:
        self.asked += 1
        status = self.left.pop(0) if len(self.left) > 1 else self.left[0]
        headers = {name.replace("_", "-"): value for name, value in self.headers.items()}
        return status, {"rows": 1} if status == 200 else {}, headers

    async def sleep(self, seconds: float) -> None:
        self.slept.append(seconds)
        self.clock.advance(seconds=seconds)


def client_of(connect, answers: Answers, retry: RetryConfig = THRICE, **more):
    return connect(
        config={"retry": retry}, client={"sleep": answers.sleep, "clock": answers.clock, **more}
    )


@pytest.mark.parametrize("status", [408, 425, 429, 500, 502, 503, 504])
async def test_what_may_pass_is_asked_again_twice_as_late_each_time(server, connect, status):
    answers = Answers(server, status, status, 200)
    assert await client_of(connect, answers).get_json("log") == {"rows": 1}
    assert answers.slept == [0.1, 0.2]


async def test_a_question_that_is_posted_only_reads_and_is_asked_again_too(server, connect):
    answers = Answers(server, 503, 200)
    assert await client_of(connect, answers).post_json("log", {}) == {"rows": 1}


@pytest.mark.parametrize("status", [400, 403, 404, 409, 410, 422, 501, 505])
async def test_what_will_not_pass_is_asked_once(server, connect, status):
    answers = Answers(server, status)
    with pytest.raises(ProviderError):
        await client_of(connect, answers).get_json("log")
    assert answers.asked == 1


async def test_three_times_more_are_the_most(server, connect):
    answers = Answers(server, 500)
    with pytest.raises(ProviderServerError):
        await client_of(connect, answers).get_json("log")
    assert (answers.asked, answers.slept) == (4, [0.1, 0.2, 0.4])


@pytest.mark.parametrize("fault", [faults.reset, faults.cut_short], ids=["reset", "cut short"])
async def test_a_broken_network_is_tried_again(server, connect, fault):
    answers = Answers(server, 200)
    server.break_next(fault)
    assert await client_of(connect, answers).get_json("log") == {"rows": 1}
    assert answers.slept == [0.1]


async def test_no_wait_is_longer_than_the_longest_whatever_the_chance(server, connect):
    answers = Answers(server, 500)
    retry = RetryConfig(
        max_retries=6,
        base_delay_ms=1000,
        max_delay_ms=4000,
        jitter_factor=1.0,
        circuit_breaker_threshold=1000,
    )
    with pytest.raises(ProviderServerError):
        await client_of(connect, answers, retry).get_json("log")
    assert len(answers.slept) == 6
    assert all(0 <= seconds <= 4 for seconds in answers.slept)


async def test_the_providers_own_word_on_when_to_come_back_is_obeyed(server, connect):
    answers = Answers(server, 429, 503, 200, Retry_After="7")
    with anyio.fail_after(60):
        assert await client_of(connect, answers).get_json("log") == {"rows": 1}
    assert answers.slept == [7.0, 7.0]


async def test_a_wait_that_the_caller_has_no_time_for_is_told_and_not_slept(server, connect):
    answers = Answers(server, 429, Retry_After="900")
    with anyio.fail_after(30), pytest.raises(RateLimitExceeded) as raised:
        await client_of(connect, answers).get_json("log")
    assert raised.value.retry_after_seconds == 900
    assert (answers.asked, answers.slept) == (1, [])


async def test_a_refused_token_is_renewed_once_however_often_it_is_asked_again(
    server, connect, tokens
):
    answers = Answers(server, 503, 401, 503, 401)
    with pytest.raises(AuthenticationFailed):
        await client_of(connect, answers).get_json("log")
    assert answers.asked == 4
    assert len(tokens.refused) == 1


async def test_a_thousand_failing_questions_send_at_most_a_fifth_more_requests(
    server, connect, proof_scale
):
    answers, questions = Answers(server, 500), proof_scale(200, 1000)
    client = client_of(connect, answers, PATIENT)
    for _ in range(questions):
        with pytest.raises(ProviderServerError):
            await client.get_json("log")
    assert questions < answers.asked <= 1.2 * questions


@given(st.lists(st.booleans(), max_size=2000))
def test_whatever_the_order_retries_stay_within_the_budget(steps):
    budget, asked, taken = RetryBudget(), 0, 0
    for retries in steps:
        if retries:
            taken += budget.take()
        else:
            budget.asked()
            asked += 1
        assert taken <= 10 + 0.15 * asked + 1e-6


async def test_a_provider_that_keeps_failing_is_left_alone_at_once(server, connect):
    answers = Answers(server, 500)
    client = client_of(connect, answers, RetryConfig(max_retries=0))
    for _ in range(5):
        with pytest.raises(ProviderServerError):
            await client.get_json("log")
    with pytest.raises(ProviderServerError, match="left alone") as raised:
        await client.get_json("log")
    assert raised.value.is_transient
    assert 0 < raised.value.retry_after_seconds <= 60
    assert answers.asked == 5


async def test_another_part_of_the_provider_is_still_asked(server, connect):
    answers, ways = Answers(server, 500), Ways()
    once = RetryConfig(max_retries=0)
    client = client_of(connect, answers, once, ways=ways)
    for _ in range(5):
        with pytest.raises(ProviderServerError):
            await client.get_json("log")

    async def fine(_: FakeRequest) -> Reply:
        return 200, {"name": "Ada"}, {}

    server.routes["GET /v3/athlete"] = fine
    assert await client.get_json("athlete") == {"name": "Ada"}
    assert ways.breaker_state("harbour", anyio.current_time()) == "open"
    assert ways.breaker_state("quay", anyio.current_time()) == "closed"


@pytest.mark.parametrize("status", [401, 403, 404, 429])
async def test_no_persons_refusals_leave_the_provider_alone_for_all(
    server, connect, tokens, status
):
    answers = Answers(server, status)
    tokens.given += ["another"] * 20
    client = client_of(connect, answers, RetryConfig(max_retries=0))
    for _ in range(20):
        with pytest.raises(ProviderError) as raised:
            await client.get_json("log")
        assert "left alone" not in raised.value.message


async def test_who_asks_while_another_tries_is_told_so_and_costs_nothing(server, connect):
    answers = Answers(server, 500)
    retry = RetryConfig(max_retries=0, circuit_breaker_threshold=1, circuit_breaker_reset_secs=1)
    client = client_of(connect, answers, retry)
    with pytest.raises(ProviderServerError):
        await client.get_json("log")
    refused = 0
    for _ in range(100):
        try:
            await client.get_json("log")
        except ProviderServerError as failure:
            refused += "left alone" in failure.message
    assert (refused, answers.asked) == (100, 1)


async def test_a_hanging_provider_is_a_timeout_that_is_tried_again(server, connect):
    answers = Answers(server, 200)
    server.break_next(faults.hang)
    retry = RetryConfig(timeout_secs=0.2)
    assert await client_of(connect, answers, retry).get_json("log") == {"rows": 1}


async def test_what_was_not_found_is_not_looked_for_again(server, connect):
    answers = Answers(server, 404, 200)
    with pytest.raises(NotFound):
        await client_of(connect, answers).get_json("log")
