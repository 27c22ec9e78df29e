"""A fresh environment with a stranger's packages in it, made without a registry."""

import os
import subprocess
import sysconfig
import venv
from pathlib import Path

import pytest

OUTSIDE = Path(__file__).parent


@pytest.fixture(scope="session")
def environment(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The Python of an environment in which pip installed the out-of-tree provider.

    Our own package and what it needs come from the environment the tests run in, so that nothing
    has to be fetched; the stranger's package exists in the new one only.
    """
    folder = tmp_path_factory.mktemp("outside")
    home = folder / "venv"
    venv.EnvBuilder(with_pip=True, symlinks=os.name != "nt").create(home)
    python = home / ("Scripts/python.exe" if os.name == "nt" else "bin/python")
    site = Path(_output(python, "-c", "import sysconfig; print(sysconfig.get_path('purelib'))"))
    ours = [sysconfig.get_path("purelib"), str(OUTSIDE.parents[1])]
    lines = [f"import site; site.addsitedir({path!r})" for path in ours]
    (site / "tests_own_environment.pth").write_text("\n".join(lines), encoding="utf-8")
    pip = ("-m", "pip", "install", "--quiet", "--no-index", "--no-deps", "--no-build-isolation")
    _output(python, *pip, "--disable-pip-version-check", str(OUTSIDE / "rowing-log"))
    _a_package_that_breaks(site)
    return python


def _output(python: Path, *arguments: str) -> str:
    done = subprocess.run(  # noqa: S603 - an interpreter that this test made
        [str(python), *arguments], capture_output=True, text=True, check=False, cwd=python.parent
    )
    assert done.returncode == 0, done.stderr
    return done.stdout.strip()


def _a_package_that_breaks(site: Path) -> None:
    (site / "shipwreck.py").write_text("raise RuntimeError('hull breach at /secret/path')\n")
    info = site / "shipwreck-1.0.dist-info"
    info.mkdir()
    (info / "METADATA").write_text("Metadata-Version: 2.1\nName: shipwreck\nVersion: 1.0\n")
    (info / "entry_points.txt").write_text(
        "[pierre_mcp.providers]\nshipwreck = shipwreck:factory\nsynthetic = shipwreck:factory\n"
    )


@pytest.fixture
def clean_environ(tmp_path: Path) -> dict[str, str]:
    """An environment without settings of ours, with a home of its own."""
    kept = {name: value for name, value in os.environ.items() if not name.startswith("PIERRE_")}
    return kept | {"PIERRE_HOME": str(tmp_path), "PYTHONWARNINGS": "error"}
