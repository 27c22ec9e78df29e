"""What every test may need: the size of seeded tests, and the folder with shared samples."""

import os
import signal
from collections.abc import Iterator
from pathlib import Path

import pytest
import structlog

# Options for this run are not for runs of pytest within it.
os.environ.pop("PYTEST_ADDOPTS", None)

if signal.getsignal(signal.SIGINT) is signal.SIG_IGN:
    # Started in the background by a shell; the servers that tests interrupt would inherit deafness.
    signal.signal(signal.SIGINT, signal.default_int_handler)

_SHARED = os.environ.get("PIERRE_SHARED")


@pytest.fixture(autouse=True)
def logs_as_nobody_set_them() -> Iterator[None]:
    """Whatever a test sets about logs ends with it; the next one hears everything."""
    yield
    structlog.reset_defaults()


@pytest.fixture(scope="session")
def proof_scale():
    """Choose between a seeded fraction (make check) and the whole number (make proof)."""
    return lambda quick, full: full if os.environ.get("PIERRE_PROOF") else quick


@pytest.fixture(scope="session")
def shared_samples() -> Path:
    """The folder of real recordings; tests that need it are left out where it is not."""
    if _SHARED is None:
        pytest.skip("PIERRE_SHARED does not name a folder")
    folder = Path(_SHARED) / "samples" / "files"
    assert folder.is_dir(), "PIERRE_SHARED is set, and there are no samples in it"
    return folder
