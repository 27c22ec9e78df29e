"""Ten years of the default athlete, made once for all tests that read them."""

import anyio
import pytest
from invented import athlete, walk


@pytest.fixture(scope="session")
def decade():
    """Every activity, newest first, as paging gives them."""
    return anyio.run(walk, athlete())
