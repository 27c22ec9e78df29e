"""When a provider is left alone, and how it is tried again (C5)."""

import pytest
from hypothesis import settings
from hypothesis import strategies as st
from hypothesis.stateful import (
    Bundle,
    RuleBasedStateMachine,
    consumes,
    initialize,
    invariant,
    rule,
    run_state_machine_as_test,
)

from pierre_mcp.client.breaker import BreakerState, CircuitBreaker, Outcome, Permit

GOOD, BAD, NOTHING = Outcome.GOOD, Outcome.BAD, Outcome.NOTHING


def call(breaker: CircuitBreaker, outcome: Outcome, now: float = 0.0) -> bool:
    """One call from its beginning to its end; whether it was sent."""
    permit = breaker.enter(now)
    if isinstance(permit, float):
        return False
    breaker.leave(permit, outcome, now)
    return True


def opened() -> CircuitBreaker:
    breaker = CircuitBreaker()
    for _ in range(5):
        assert call(breaker, BAD)
    return breaker


def test_five_failures_open_it_and_nothing_is_sent_for_a_minute():
    breaker = opened()
    assert breaker.state(0.0) is BreakerState.OPEN
    assert breaker.enter(0.0) == 60.0
    assert breaker.enter(59.5) == 0.5


def test_failures_among_successes_count_within_the_last_ten():
    breaker = CircuitBreaker()
    for _ in range(10):
        for outcome in (BAD, GOOD, GOOD):
            assert call(breaker, outcome)
    for outcome in (BAD, GOOD, BAD, GOOD, BAD, BAD):
        assert call(breaker, outcome)
    assert breaker.state(0.0) is BreakerState.OPEN


def test_what_says_nothing_of_the_provider_does_not_count():
    breaker = CircuitBreaker()
    for _ in range(100):
        assert call(breaker, NOTHING)
    for _ in range(4):
        assert call(breaker, BAD)
    for _ in range(100):
        assert call(breaker, NOTHING)
    assert breaker.state(0.0) is BreakerState.CLOSED
    assert call(breaker, BAD)
    assert breaker.state(0.0) is BreakerState.OPEN


def test_of_a_hundred_calls_at_once_one_tries_whether_it_is_back():
    breaker = opened()
    entered = [breaker.enter(60.0) for _ in range(100)]
    assert sum(isinstance(one, Permit) for one in entered) == 1
    assert breaker.state(60.0) is BreakerState.HALF_OPEN


def test_two_successes_close_it():
    breaker = opened()
    assert call(breaker, GOOD, 60.0)
    assert breaker.state(60.0) is BreakerState.HALF_OPEN
    assert call(breaker, GOOD, 60.0)
    assert breaker.state(60.0) is BreakerState.CLOSED
    for _ in range(4):
        assert call(breaker, BAD, 61.0)
    assert breaker.state(61.0) is BreakerState.CLOSED


def test_a_failed_try_opens_it_for_as_long_again():
    breaker = opened()
    assert call(breaker, GOOD, 60.0)
    assert call(breaker, BAD, 61.0)
    assert breaker.enter(120.0) == 1.0
    assert isinstance(breaker.enter(121.0), Permit)


@pytest.mark.parametrize("outcome", list(Outcome))
def test_a_call_from_before_it_opened_says_nothing_of_after(outcome):
    breaker = CircuitBreaker()
    late = breaker.enter(0.0)
    for _ in range(5):
        call(breaker, BAD)
    probe = breaker.enter(60.0)
    breaker.leave(late, outcome, 60.0)
    assert breaker.enter(60.0) == 1.0, "the probe's permit was freed by somebody else"
    breaker.leave(probe, GOOD, 60.0)
    assert call(breaker, GOOD, 60.0)
    assert breaker.state(60.0) is BreakerState.CLOSED


def test_a_probe_that_is_given_up_frees_its_permit():
    breaker = opened()
    for _ in range(10):
        assert call(breaker, NOTHING, 60.0)


class Schedules(RuleBasedStateMachine):
    """Any number of calls that begin, end and are given up in any order."""

    permits = Bundle("permits")

    @initialize()
    def begin(self):
        self.breaker, self.now = CircuitBreaker(), 0.0
        self.probes: set[int] = set()

    @rule(target=permits)
    def enter(self):
        state = self.breaker.state(self.now)
        permit = self.breaker.enter(self.now)
        if isinstance(permit, float):
            assert state is not BreakerState.CLOSED
            assert permit > 0
            return None
        assert state is not BreakerState.OPEN
        if state is BreakerState.HALF_OPEN:
            assert permit.era not in self.probes, "two probes at once"
            self.probes.add(permit.era)
        return permit

    @rule(permit=consumes(permits), outcome=st.sampled_from(list(Outcome)))
    def leave(self, permit, outcome):
        if permit is not None:
            self.probes.discard(permit.era)
            self.breaker.leave(permit, outcome, self.now)

    @rule(seconds=st.floats(0, 90))
    def wait(self, seconds):
        self.now += seconds

    @invariant()
    def it_is_never_wedged(self):
        """Once nobody is under way and time has passed, a call is let through."""
        if not self.probes:
            later = self.now + 60.0
            permit = self.breaker.enter(later)
            assert isinstance(permit, Permit)
            self.breaker.leave(permit, Outcome.NOTHING, later)


def test_no_schedule_wedges_it_or_lets_two_probes_through(proof_scale):
    run_state_machine_as_test(
        Schedules,
        settings=settings(
            max_examples=proof_scale(60, 1000), stateful_step_count=40, deadline=None
        ),
    )
