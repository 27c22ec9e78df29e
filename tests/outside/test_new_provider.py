"""What ``new-provider`` writes is a package that installs, passes its tests and is found."""

import json
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest
from conftest import _output as output

NAME = "row-club"


@pytest.fixture(scope="module")
def package(environment: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Path]:
    """Written by the command, and installed beside the other stranger for these tests only."""
    folder = tmp_path_factory.mktemp("new") / "package"
    command = ("-m", "pierre_mcp", "new-provider", NAME, str(folder), "--json")
    told = json.loads(output(Path(sys.executable), *command))
    assert set(told["files"]) == {
        path.relative_to(folder).as_posix() for path in folder.rglob("*") if path.is_file()
    }
    pip = ("-m", "pip", "--disable-pip-version-check")
    install = ("install", "--quiet", "--no-index", "--no-deps", "--no-build-isolation")
    output(environment, *pip, *install, str(folder))
    yield folder
    output(environment, *pip, "uninstall", "--quiet", "--yes", NAME)


def test_it_passes_its_own_tests_at_once(package: Path, environment: Path):
    done = subprocess.run(  # noqa: S603 - an interpreter that a fixture made
        [environment, "-m", "pytest", "-q", "-W", "error", "-p", "no:cacheprovider"],
        cwd=package, capture_output=True, text=True, check=False,
    )  # fmt: skip
    assert done.returncode == 0, done.stdout
    assert "failed" not in done.stdout


def test_every_tool_knows_it(package: Path, environment: Path, clean_environ: dict[str, str]):
    done = subprocess.run(  # noqa: S603 - an interpreter that a fixture made
        [environment, "-m", "pierre_mcp", "providers", "--json"],
        cwd=package, env=clean_environ, capture_output=True, text=True, check=True,
    )  # fmt: skip
    listed = {p["name"]: p for p in json.loads(done.stdout)["providers"]}
    assert listed[NAME]["display_name"] == "Row Club"
    assert "PIERRE_ROW_CLUB_CLIENT_ID" in listed[NAME]["needs"][0]


def test_it_is_clean_by_the_tools_that_people_use(package: Path):
    for check in (("ruff", "check", "."), ("ruff", "format", "--check", ".")):
        done = subprocess.run(  # noqa: S603 - a tool of ours
            [sys.executable, "-m", *check], cwd=package, capture_output=True, text=True, check=False
        )
        assert done.returncode == 0, done.stdout


def test_nothing_of_the_skeletons_own_names_is_left(package: Path):
    for path in package.rglob("*"):
        assert "skeleton" not in path.name.lower()
        if path.is_file() and path.suffix in {".py", ".toml", ".md"}:
            assert "skeleton" not in path.read_text(encoding="utf-8").lower(), path


@pytest.mark.parametrize(
    ("name", "told"),
    [
        ("Row Club", "cannot be a provider's name"),
        ("all", "cannot be a provider's name"),
        ("synthetic", "There is a provider 'synthetic' already"),
    ],
)
def test_a_name_that_cannot_be_is_said_in_one_sentence(name: str, told: str, tmp_path: Path):
    done = subprocess.run(  # noqa: S603 - ourselves
        [sys.executable, "-m", "pierre_mcp", "new-provider", name, str(tmp_path / "x")],
        capture_output=True, text=True, check=False,
    )  # fmt: skip
    assert done.returncode == 2
    assert told in done.stderr
    assert not (tmp_path / "x").exists()


def test_a_folder_with_something_in_it_is_left_alone(tmp_path: Path):
    (tmp_path / "mine.txt").write_text("mine")
    done = subprocess.run(  # noqa: S603 - ourselves
        [sys.executable, "-m", "pierre_mcp", "new-provider", NAME, str(tmp_path)],
        capture_output=True, text=True, check=False,
    )  # fmt: skip
    assert done.returncode == 2
    assert "is not empty" in done.stderr
    assert [path.name for path in tmp_path.iterdir()] == ["mine.txt"]
