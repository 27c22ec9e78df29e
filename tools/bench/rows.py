"""Every row of the bench, in the order in which they are told; a new one is added here."""

from doubles import one_history, ten_times_the_history
from hanging import others_while_one_is_broken
from kept import kept_in_memory, kept_in_redis
from mapping import mapping_of_a_page
from refreshing import refreshes_side_by_side
from report import Row
from served import all_of_six, warm_over_http, warm_over_stdio

ROWS = (
    Row(
        name="strava-page-mapping",
        what="mapping a page of 200 activities, against json.loads and bare models of the same",
        unit="x",
        at_most=2.0,
        measure=mapping_of_a_page,
    ),
    Row(
        name="refreshes-side-by-side",
        what="refreshing 100 connections at a provider that takes 300 ms for each",
        unit="s",
        at_most=1.5,
        measure=refreshes_side_by_side,
    ),
    Row(
        name="kept-in-memory",
        what="a kept answer of 50 activities, without tool and transport",
        unit="us",
        at_most=100.0,
        measure=kept_in_memory,
    ),
    Row(
        name="kept-in-redis",
        what="the same from Redis, a round trip taken off",
        unit="us",
        at_most=400.0,
        measure=kept_in_redis,
    ),
    Row(
        name="one-history",
        what="doubles found and merged in 5,000 workouts of six providers",
        unit="s",
        at_most=0.5,
        measure=one_history,
    ),
    Row(
        name="ten-times-the-history",
        what="how much longer ten times the records take",
        unit="x",
        at_most=12.0,
        measure=ten_times_the_history,
    ),
    Row(
        name="warm-over-stdio",
        what="50 kept activities through the whole stack, against a tool that does nothing",
        unit="x",
        at_most=1.3,
        measure=warm_over_stdio,
    ),
    Row(
        name="warm-over-http",
        what="the same over streamable HTTP",
        unit="x",
        at_most=1.5,
        measure=warm_over_http,
    ),
    Row(
        name="all-of-six",
        what="one list of six kept providers, against the list of one",
        unit="x",
        at_most=3.0,
        measure=all_of_six,
    ),
    Row(
        name="others-while-one-is-broken",
        what="a provider's slowest answers while another hangs and drips, against alone",
        unit="x",
        at_most=1.1,
        measure=others_while_one_is_broken,
    ),
)
