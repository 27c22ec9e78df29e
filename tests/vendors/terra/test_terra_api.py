"""The calls: what is asked, what an answer that is none means, and what refusals become."""

import random
from datetime import date, timedelta
from typing import Any

import pytest
from terra_fake import BASE, OPTIONS, FakeTerra, connected, sent_later
from terra_history import BRAND, NOW, USER, History, history, workout

from pierre_mcp.errors import (
    AuthenticationFailed,
    ErrorType,
    InvalidResponse,
    NotConfigured,
    NotFound,
    ProviderServerError,
    RateLimitExceeded,
)
from pierre_mcp.models import WarningCode
from pierre_mcp.spi import ActivityQuery, FitnessProvider, Include
from pierre_mcp.testing import FakeRequest, Reply
from providers.terra import DESCRIPTOR, read_error
from providers.terra.mapping import id_of

HELD = history(41, 60, 60)
EMPTY = History(activities=[])


def answering(path: str, status: int, body: Any, held: History = EMPTY) -> FakeTerra:
    """A Terra that always says the same at ``path``."""
    fake = FakeTerra(held)

    async def route(_: FakeRequest) -> Reply:
        return status, body, {}

    fake.api.routes[f"GET {BASE}{path}"] = route
    return fake


async def test_every_request_wants_its_answer_at_once_and_carries_both_keys():
    fake = FakeTerra(HELD)
    async with connected(fake) as provider:
        today = provider.today()
        await provider.get_athlete()
        await provider.get_activities(ActivityQuery())
        await provider.get_activity(id_of(HELD.activities[0]), frozenset(Include))
        await provider.get_sleep_sessions(today - timedelta(days=60), today)
        await provider.get_recovery_metrics(today, today)
        await provider.get_health_metrics(today, today)
        await provider.health_check()
    for request in fake.api.requests:
        assert request.query["user_id"] == [USER]
        assert "authorization" not in request.headers
        if request.path != f"{BASE}/userInfo":
            assert request.query["to_webhook"] == ["false"]
    assert set(fake.asked) == {"/athlete", "/activity", "/sleep", "/daily", "/body", "/userInfo"}


async def test_the_athlete_is_who_the_brand_says():
    async with connected(FakeTerra(EMPTY)) as provider:
        athlete = await provider.get_athlete()
    assert (athlete.id, athlete.name, athlete.sex) == ("ada-77", "Ada Example", "female")
    assert (athlete.birth_date, athlete.member_since) == (date(1991, 3, 8), date(2019, 6, 1))
    assert (athlete.recorded_by, athlete.warnings) == (BRAND, ())


async def test_one_activity_is_one_bounded_request_with_samples_only_for_its_parts():
    fake = FakeTerra(HELD)
    async with connected(fake) as provider:
        for number, include in enumerate((frozenset(), frozenset(Include))):
            for payload in HELD.activities[:20]:
                fake.api.requests.clear()
                found = await provider.get_activity(id_of(payload), include)
                assert found.id == id_of(payload)
                (request,) = fake.api.requests
                first, last = (
                    date.fromisoformat(request.query[name][0])
                    for name in ("start_date", "end_date")
                )
                assert (last - first).days == 3
                assert request.query["with_samples"] == [("false", "true")[number]]


@pytest.mark.parametrize(
    "activity_id",
    ["", "x", "2026-05-01", "2026-05-01_", "2026-13-01_a", "2026-05-01_a b", "2026-05-01_a|b",
     "2026-05-01_\u00e9", "1970-01-01_a", "2999-01-01_a", f"2026-05-01_{'a' * 200}"],
)  # fmt: skip
async def test_what_is_no_id_is_not_asked_for(activity_id):
    fake = FakeTerra(HELD)
    async with connected(fake) as provider:
        with pytest.raises(NotFound):
            await provider.get_activity(activity_id)
    assert fake.asked == []


async def test_an_activity_of_another_day_is_not_the_one_that_was_asked_for():
    payload = HELD.activities[0]
    day, _, own = id_of(payload).partition("_")
    other = date.fromisoformat(day) - timedelta(days=1)
    async with connected(FakeTerra(HELD)) as provider:
        with pytest.raises(NotFound):
            await provider.get_activity(f"{other}_{own}")


async def test_what_was_deleted_is_gone_and_what_was_told_again_is_the_later_one():

    dice = random.Random(1)
    first, second = workout(dice, NOW - timedelta(hours=5)), workout(dice, NOW - timedelta(hours=9))
    again = {**first, "metadata": {**first["metadata"], "upload_type": 3, "name": "Corrected"}}
    gone = {**second, "metadata": {**second["metadata"], "upload_type": 4}}
    for listed in ([gone, first, second, again], [second, first, again, gone]):
        async with connected(FakeTerra(History(activities=listed))) as provider:
            page = await provider.get_activities(ActivityQuery(after=NOW - timedelta(days=3)))
            assert [activity.name for activity in page] == ["Corrected"]
            assert (await provider.get_activity(id_of(first))).name == "Corrected"
            with pytest.raises(NotFound):
                await provider.get_activity(id_of(second))


LATER = [
    sent_later("sleep"),
    {"type": "large_request_processing", "status": "processing", "message": "m", "user": {}},
    {"type": "large_request_processing", "data": []},
    {"status": "processing", "retry_after_seconds": 5},
    {"user": {"provider": BRAND}, "type": "sleep", "data": None},
    {"message": "Large request submitted."},
    {},
]


@pytest.mark.parametrize("body", LATER, ids=lambda body: str(body)[:40])
async def test_an_answer_that_comes_later_is_no_data_and_said_to_be_missing(body):
    fake = answering("/sleep", 200, body)
    async with connected(fake) as provider:
        today = provider.today()
        page = await provider.get_sleep_sessions(today, today)
        recovery = await provider.get_recovery_metrics(today, today)
    for answered in (page, recovery):
        assert (answered.items, answered.complete) == ((), False)
        assert {warning.code for warning in answered.warnings} == {WarningCode.STILL_INDEXING}


@pytest.mark.parametrize("body", LATER, ids=lambda body: str(body)[:40])
async def test_one_activity_or_athlete_that_comes_later_may_be_asked_for_again(body):
    async with connected(answering("/activity", 200, body)) as provider:
        with pytest.raises(ProviderServerError) as later:
            await provider.get_activity(f"{NOW.date()}_x")
        assert later.value.is_transient
    async with connected(answering("/athlete", 200, body)) as provider:
        with pytest.raises(ProviderServerError):
            await provider.get_athlete()


@pytest.mark.parametrize("body", [[], "text", 7, None])
async def test_what_is_no_answer_is_unreadable(body):
    fake = answering("/daily", 200, body)
    async with connected(fake) as provider:
        with pytest.raises(InvalidResponse):
            await provider.get_health_metrics(provider.today(), provider.today())


async def test_a_long_range_is_cut_to_its_last_two_years_and_says_so():
    fake = FakeTerra(HELD)
    async with connected(fake) as provider:
        today = provider.today()
        page = await provider.get_recovery_metrics(today - timedelta(days=4000), today)
    assert not page.complete
    assert [warning.code for warning in page.warnings] == [WarningCode.PERIOD_SHORTENED]
    assert len(page) > 50
    assert len(fake.asked) <= 56


async def test_a_range_of_the_future_or_backwards_asks_nothing():
    fake = FakeTerra(HELD)
    async with connected(fake) as provider:
        today = provider.today()
        for start, end in ((today + timedelta(days=9), today + timedelta(days=19)),
                           (today, today - timedelta(days=1))):  # fmt: skip
            assert (await provider.get_sleep_sessions(start, end)).items == ()
    assert fake.asked == []


async def each_method(provider: FitnessProvider) -> list[Exception]:
    today = provider.today()
    failures = []
    for ask in (
        provider.get_athlete,
        lambda: provider.get_activities(ActivityQuery()),
        lambda: provider.get_activity(f"{NOW.date()}_x"),
        lambda: provider.get_sleep_sessions(today, today),
        lambda: provider.get_recovery_metrics(today, today),
        lambda: provider.get_health_metrics(today, today),
        provider.health_check,
    ):
        with pytest.raises(Exception) as failure:  # noqa: PT011 - its kind is looked at
            await ask()
        failures.append(failure.value)
    return failures


async def test_keys_that_terra_does_not_know_are_the_operators_to_mend():
    wrong = {**OPTIONS, "api_key": "another"}
    async with connected(FakeTerra(HELD), options=wrong) as provider:
        assert {type(failure) for failure in await each_method(provider)} == {NotConfigured}


async def test_without_keys_nothing_is_sent():
    fake = FakeTerra(HELD)
    async with connected(fake, options={"dev_id": "7"}) as provider:
        assert {type(failure) for failure in await each_method(provider)} == {NotConfigured}
    assert fake.asked == []


async def test_a_user_who_is_gone_has_to_connect_again():
    async with connected(FakeTerra(HELD), user="somebody-else") as provider:
        assert {type(failure) for failure in await each_method(provider)} == {AuthenticationFailed}


async def test_too_many_requests_are_that():
    title = {"type": "about:blank", "title": "too many requests", "instance": "/activity"}
    async with connected(answering("/activity", 429, title)) as provider:
        with pytest.raises(RateLimitExceeded):
            await provider.get_activities(ActivityQuery())


@pytest.mark.parametrize(
    ("status", "body", "meant"),
    [
        (401, {"title": "unauthorized", "detail": "invalid api key"}, ErrorType.NOT_CONFIGURED),
        (401, "<html>", ErrorType.NOT_CONFIGURED),
        (403, {"status": "error", "message": "no"}, ErrorType.NOT_CONFIGURED),
        (404, {"title": "not found", "detail": "user not found"}, ErrorType.NEEDS_REAUTH),
        (404, {"title": "not found"}, None),
        (404, "<html>user not found</html>", None),
        (400, {"status": "error", "message": "Invalid user ID"}, ErrorType.NEEDS_REAUTH),
        (400, {"title": "bad request", "detail": "invalid start_date"}, None),
        (200, {"status": "error", "message": "Invalid user ID"}, ErrorType.NEEDS_REAUTH),
        (200, {"status": "error", "message": "Invalid dev-id"}, ErrorType.NOT_CONFIGURED),
        (200, {"status": "error", "message": 7}, ErrorType.PROVIDER_ERROR),
        (200, {"status": "success", "data": []}, None),
        (200, {"data": [], "message": "user not found"}, None),
        (200, [], None),
        (500, {"status": "error", "message": "user not found"}, None),
        (429, {"title": "too many requests"}, None),
    ],
    ids=str,
)
def test_errors_are_read_as_they_are_meant(status, body, meant):
    assert read_error(status, body) is meant


async def test_the_older_form_of_an_error_in_a_success_is_one():
    body = {"status": "error", "message": "something broke"}
    async with connected(answering("/activity", 200, body)) as provider:
        with pytest.raises(Exception) as failure:  # noqa: PT011 - its kind is looked at
            await provider.get_activities(ActivityQuery())
    assert failure.value.type is ErrorType.PROVIDER_ERROR


def test_the_keys_are_told_apart_from_a_persons():
    assert [s.name for s in DESCRIPTOR.settings if s.required] == ["dev_id", "api_key"]
    assert [s.name for s in DESCRIPTOR.settings if s.secret] == ["api_key", "signing_secret"]
    assert not any(setting.personal for setting in DESCRIPTOR.settings)


async def test_a_day_of_which_only_something_impossible_is_told_says_so_without_a_row():
    body = {"metadata": {"start_time": "2026-04-30T00:00:00+01:00"}}
    held = History(activities=[], bodies=[{**body, "measurements_data": {"day_avg_weight_kg": 1}}])
    async with connected(FakeTerra(held)) as provider:
        page = await provider.get_health_metrics(date(2026, 4, 29), date(2026, 5, 1))
        assert (page.items, page.complete) == ((), True)
        assert [warning.field for warning in page.warnings] == ["weight_kg"]
        page = await provider.get_health_metrics(date(2026, 5, 1), date(2026, 5, 1))
        assert page.warnings == ()
