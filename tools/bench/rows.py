"""Every row of the bench, in the order in which they are told; a new one is added here."""

from mapping import mapping_of_a_page
from refreshing import refreshes_side_by_side
from report import Row

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
)
