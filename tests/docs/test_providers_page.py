"""The page of providers is what the providers say of themselves."""

import scorecard
from markdown_pages import read


def test_the_page_is_the_one_that_is_made_of_the_providers():
    assert read("docs/providers.md") == scorecard.page(), "run python tools/scorecard.py"
