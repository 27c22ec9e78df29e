"""The command line as a process of its own, with a home of its own and no other setting."""

from collections.abc import AsyncIterator, Callable
from pathlib import Path

import abroad
import pytest
from harbour import harbour
from processes import Done, environ_of, run
from quay import Quay

Pierre = Callable[..., Done]


@pytest.fixture
def home(tmp_path: Path) -> Path:
    return tmp_path / "home"


@pytest.fixture
def pierre(home: Path) -> Pierre:
    """``pierre("providers", "--json", PIERRE_LOG_LEVEL="debug")`` runs that command."""
    return lambda *arguments, cwd=None, piped="", **environ: run(
        environ_of(home, environ), *arguments, cwd=cwd, piped=piped
    )


@pytest.fixture
async def quay(home: Path, tmp_path: Path) -> AsyncIterator[Quay]:
    async with harbour() as port:
        installed = abroad.install(tmp_path / "site", port)
        # What we bring ourselves has ports and findings of its own.
        only = {"PIERRE_PROVIDERS": "synthetic,harbour,boathouse,ferry"}
        yield Quay(port, environ_of(home, installed | only))
