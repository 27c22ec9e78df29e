"""Every row of the bench, in the order in which they are told; a new one is added here."""

from mapping import mapping_of_a_page
from report import Row

ROWS = (
    Row(
        name="strava-page-mapping",
        what="mapping a page of 200 activities, against json.loads and bare models of the same",
        unit="x",
        at_most=2.0,
        measure=mapping_of_a_page,
    ),
)
