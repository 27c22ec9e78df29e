"""The command line as a process of its own, with a home of its own and no other setting."""

from collections.abc import Callable
from pathlib import Path

import pytest
from processes import Done, environ_of, run

Pierre = Callable[..., Done]


@pytest.fixture
def home(tmp_path: Path) -> Path:
    return tmp_path / "home"


@pytest.fixture
def pierre(home: Path) -> Pierre:
    """``pierre("providers", "--json", PIERRE_LOG_LEVEL="debug")`` runs that command."""
    return lambda *arguments, cwd=None, **environ: run(
        environ_of(home, environ), *arguments, cwd=cwd
    )
