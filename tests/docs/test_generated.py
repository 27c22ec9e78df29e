"""The pages of reference are what the code says; `python tools/reference.py` writes them."""

import pytest
from markdown_pages import read
from reference import pages

PAGES = pages()


@pytest.mark.parametrize("name", PAGES)
def test_a_page_of_reference_is_the_one_that_is_made_of_the_code(name: str):
    assert read(f"docs/reference/{name}") == PAGES[name]
