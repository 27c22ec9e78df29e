"""CONTRIBUTING: the provider it builds is the one that tests install and ask; its lists are ours.

``tests/outside`` puts that package into a fresh environment, asks it through the server and runs
its contract suite. So every block of Python on the page is run, as long as it is the same.
"""

import re
from importlib.metadata import entry_points

import pytest
from markdown_pages import ROOT, blocks, read, table

from pierre_mcp.registry import ENTRY_POINT_GROUP, OWN_DISTRIBUTION

PAGE = read("CONTRIBUTING.md")
EXAMPLE = ROOT / "tests" / "outside" / "rowing-log"
SHOWN = re.compile(
    r"^`([\w./]+)`: [^`]*(?:`[^`]+`[^`]*)*?\n```\w+\n(.*?)^```$", re.MULTILINE | re.DOTALL
)


@pytest.fixture(scope="module")
def shown() -> dict[str, str]:
    """The blocks that the page introduces by the name of a file."""
    return dict(SHOWN.findall(PAGE))


def test_the_example_on_the_page_is_the_package_that_is_tested(shown: dict[str, str]):
    for name, text in shown.items():
        assert text == (EXAMPLE / name).read_text(encoding="utf-8"), f"{name} differs from the page"


def test_the_page_shows_the_whole_package(shown: dict[str, str]):
    files = [path for path in EXAMPLE.rglob("*") if path.suffix in (".py", ".toml")]
    assert set(shown) == {path.relative_to(EXAMPLE).as_posix() for path in files}


def test_every_block_of_python_is_one_of_its_files(shown: dict[str, str]):
    assert {block.text for block in blocks(PAGE, "python")} <= set(shown.values())


def test_the_commands_are_the_targets_of_the_makefile():
    (targets,) = re.findall(r"^\.PHONY: (.+)$", read("Makefile"), re.MULTILINE)
    assert {row[0] for row in table(PAGE, "Command")} == {f"make {t}" for t in targets.split()}


def test_the_rooms_are_the_modules_there_are():
    (map_of_rooms,) = blocks(PAGE, "text")
    for package in ("pierre_mcp", "providers"):
        (part,) = re.findall(rf"^{package}/\n((?:  .+\n)+)", map_of_rooms.text, re.MULTILINE)
        named = {
            name
            for line in part.splitlines()
            for name in re.split(r", ", re.split(r"\s{2,}", line.strip())[0])
        }
        assert named == {
            f"{path.name}/" if path.is_dir() else path.stem
            for path in (ROOT / package).iterdir()
            if (path.suffix == ".py" or (path / "__init__.py").is_file())
            and not path.name.startswith("_")
        }


def test_every_provider_of_ours_has_tests_of_its_own():
    ours = {
        entry_point.name
        for entry_point in entry_points(group=ENTRY_POINT_GROUP)
        if entry_point.dist is not None and entry_point.dist.name == OWN_DISTRIBUTION
    }
    assert ours == {path.parent.name for path in (ROOT / "tests/vendors").glob("*/test_*.py")}
