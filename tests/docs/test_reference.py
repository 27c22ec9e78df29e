"""docs: lists that are closed in the code are told in full, and promises name tests that exist."""

import ast
import re
import tomllib
from collections.abc import Iterator
from typing import Any

import pytest
from markdown_pages import ROOT, read, table, tables

from pierre_mcp.errors import ErrorType
from pierre_mcp.models import WarningCode
from pierre_mcp.server import schemas
from pierre_mcp.server.budget import MAX_CHARACTERS

ANSWERS = read("docs/answers.md")
RELIABILITY = read("docs/reliability.md")
ADRS = sorted((ROOT / "docs" / "adr").glob("0*.md"))


def test_every_error_type_is_told():
    assert [row[0] for row in table(ANSWERS, "Type")] == [kind.value for kind in ErrorType]


def test_every_warning_is_told():
    assert [row[0] for row in table(ANSWERS, "Code")] == [code.value for code in WarningCode]


def test_every_key_of_meta_is_told():
    assert [row[0] for row in table(ANSWERS, "Key")] == list(schemas.Meta.__annotations__)


def test_the_budget_is_the_one_told():
    assert f"{MAX_CHARACTERS:,} characters" in ANSWERS


def names_of(requirements: list[str]) -> set[str]:
    return {re.split(r"[><=~!\[ ]", requirement)[0] for requirement in requirements}


def test_every_dependency_has_its_sentence():
    project = tomllib.loads(read("pyproject.toml"))
    page = read("docs/adr/0007-dependencies.md")
    told = [
        set(re.findall(r"^\| `([\w.-]+)` \|", part, re.MULTILINE)) for part in page.split("\n## ")
    ]
    plain, work = (names for names in told if names)
    assert plain == names_of(project["project"]["dependencies"])
    groups = project["dependency-groups"].values()
    extras = project["project"]["optional-dependencies"].values()
    assert work == names_of([name for group in (*groups, *extras) for name in group])


@pytest.mark.parametrize("adr", ADRS, ids=[adr.stem for adr in ADRS])
def test_a_decision_is_one_page_with_context_decision_and_consequences(adr):
    page = adr.read_text(encoding="utf-8")
    assert page.startswith(f"# {adr.stem[:4]}: ")
    headings = [line[3:].split(":")[0] for line in page.splitlines() if line.startswith("## ")]
    assert headings[0] == "Context"
    assert "Decision" in headings
    assert headings[-1] == "Consequences"
    # A table is looked up, not read.
    assert len([line for line in page.splitlines() if not line.startswith("|")]) <= 60


def test_the_index_lists_every_decision_in_order():
    told = re.findall(r"^\| \[(\d{4})\]\(([\w-]+\.md)\)", read("docs/adr/README.md"), re.MULTILINE)
    assert told == [(adr.stem[:4], adr.name) for adr in ADRS]


def functions() -> Iterator[ast.FunctionDef | ast.AsyncFunctionDef]:
    """Every test there is, in our tests and in the contract suite."""
    for folder in (ROOT / "tests", ROOT / "pierre_mcp" / "testing"):
        for path in folder.rglob("*.py"):
            if "node_modules" in path.parts:  # what make conformance installed brings Python too
                continue
            for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
                if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef):
                    yield node


@pytest.fixture(scope="module")
def tests_by_name() -> dict[str, Any]:
    return {function.name: function for function in functions()}


@pytest.fixture(scope="module")
def promises() -> list[list[str]]:
    """The cells of every row of the page's tables of promises."""
    parts = [part for part in RELIABILITY.split("\n## ") if "Promise" in tables(part)]
    rows = [row for part in parts for row in table(part, "Promise")]
    assert len(rows) > 20
    return rows


def test_every_promise_names_tests_that_exist(promises, tests_by_name: dict[str, Any]):
    for promise, names, *_ in promises:
        named = re.findall(r"test_\w+", names)
        assert named, promise
        assert set(named) <= set(tests_by_name), promise


def test_the_number_of_examples_is_the_one_told(promises, tests_by_name: dict[str, Any]):
    for promise, names, in_check, *_ in promises:
        for name in re.findall(r"test_\w+", names):
            examples = re.findall(
                r"max_examples=(\d+)",
                " ".join(map(ast.unparse, tests_by_name[name].decorator_list)),
            )
            assert not examples or in_check.startswith(f"{examples[0]} "), promise


def test_the_two_sizes_of_a_promise_are_those_told(promises, tests_by_name: dict[str, Any]):
    sized = [row for row in promises if "[" in row[1]]
    assert sized
    for promise, names, in_check, in_proof, *_ in sized:
        name, case = re.fullmatch(r"(test_\w+)\[(\w+)\]", names).groups()
        told = ast.unparse(tests_by_name[name].decorator_list[0])
        quick, full = map(int, re.findall(rf"\('{case}', (\d+), (\d+)\)", told)[0])
        assert (in_check, in_proof) == (f"{quick:,} files", f"{full:,} files"), promise
