"""What is not needed is not imported: the promises that hold because of the cut into rooms."""

import os
import subprocess
import sys

import pytest

HEAVY = (
    "mcp", "httpx", "httpx2", "requests", "aiohttp", "sqlite3", "sqlalchemy", "redis", "starlette",
    "uvicorn", "authlib", "fitdecode", "prometheus_client",
)  # fmt: skip


def modules_after(statement: str) -> set[str]:
    """Every module loaded once the statement has run in a fresh interpreter."""
    code = f"{statement}\nimport sys\nprint('\\n'.join(sys.modules))"
    # Measured for coverage, the interpreter would hold what coverage itself imports.
    clean = {name: v for name, v in os.environ.items() if not name.startswith("COVERAGE_")}
    done = subprocess.run(  # noqa: S603 - our own interpreter
        [sys.executable, "-c", code], capture_output=True, text=True, check=True, env=clean
    )
    return set(done.stdout.split())


@pytest.mark.parametrize(
    "statement",
    [
        "import pierre_mcp",
        "import pierre_mcp.spi, pierre_mcp.models, pierre_mcp.errors",
        "import pierre_mcp.logs",
        "import pierre_mcp.cli",
        (
            "from pierre_mcp.registry import ProviderRegistry\n"
            "from pierre_mcp.settings import load_settings\n"
            "ProviderRegistry(load_settings({})).supported_providers()"
        ),
    ],
    ids=["package", "contract", "logging", "command line", "listing"],
)
def test_it_loads_no_network_library_database_or_protocol(statement: str):
    assert not modules_after(statement) & set(HEAVY)


def test_listing_providers_imports_none_of_them():
    loaded = modules_after(
        "from pierre_mcp.registry import ProviderRegistry\n"
        "from pierre_mcp.settings import load_settings\n"
        "assert 'files' in ProviderRegistry(load_settings({})).supported_providers()"
    )
    assert not [name for name in loaded if name.startswith("providers")]


@pytest.mark.parametrize(
    "name", ["synthetic", "files", "garmin", "strava", "whoop", "coros", "terra"]
)
def test_a_descriptor_is_readable_without_the_calls(name: str):
    loaded = modules_after(f"from providers.{name} import factory; factory.descriptors")
    assert not [m for m in loaded if m.startswith("providers.") and m.count(".") > 1]


def test_creating_one_provider_imports_no_other():
    loaded = modules_after(
        "from datetime import datetime, UTC\n"
        "from pierre_mcp.registry import ProviderRegistry\n"
        "from pierre_mcp.settings import load_settings\n"
        "from pierre_mcp.spi import ProviderContext\n"
        "context = ProviderContext(clock=lambda: datetime.now(UTC), progress=None, spawn=None)\n"
        "ProviderRegistry(load_settings({})).create_provider('synthetic', context)"
    )
    others = {name.split(".")[1] for name in loaded if name.startswith("providers.")}
    assert others == {"synthetic"}
    assert "fitdecode" not in loaded


def test_a_server_without_an_issuer_or_connections_loads_neither_signatures_nor_a_database():
    loaded = modules_after("import pierre_mcp.server.transports")
    assert not loaded & {"joserfc", "sqlalchemy", "redis", "authlib"}
