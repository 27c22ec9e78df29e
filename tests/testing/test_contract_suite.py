"""The contract suite passes an honest provider and catches every kind of liar."""

import re
import subprocess
import sys
from pathlib import Path

import pytest

from pierre_mcp.testing import ProviderContract

HERE = Path(__file__).parent
CLAIMS = {name for name in dir(ProviderContract) if name.startswith("test_")}


@pytest.fixture(scope="session")
def verdicts(tmp_path_factory: pytest.TempPathFactory) -> dict[str, dict[str, str]]:
    """What became of every claim, by class and claim; one run over all of them."""
    site = tmp_path_factory.mktemp("site")
    info = site / "honest-1.0.dist-info"
    info.mkdir()
    (info / "METADATA").write_text("Metadata-Version: 2.1\nName: honest\nVersion: 1.0\n")
    (info / "entry_points.txt").write_text("[pierre_mcp.providers]\nhonest = honest:factory\n")
    needed = [f"{name}::{claim}" for name, claims in liars().items() for claim in claims]
    done = subprocess.run(  # noqa: S603 - our own interpreter
        [
            sys.executable, "-m", "pytest", "-q", "-rA", "--tb=line",
            *(f"{HERE / 'liars.py'}::{name}" for name in ("TestHonest", *needed)),
            "-p", "no:cacheprovider", "-o", f"pythonpath={HERE} {site}",
            "-o", "python_files=liars.py",
        ],
        capture_output=True,
        text=True,
        check=False,
        cwd=HERE.parents[1],
    )  # fmt: skip
    told: dict[str, dict[str, str]] = {}
    for outcome, name, claim in re.findall(
        r"^(PASSED|FAILED|ERROR) \S+::(Test\w+)::(test_\w+)", done.stdout, re.MULTILINE
    ):
        claims = told.setdefault(name, {})
        claims[claim] = outcome if claims.get(claim) != "FAILED" else "FAILED"
    assert told, done.stdout + done.stderr
    return told


def liars() -> dict[str, tuple[str, ...]]:
    """The claims that have to catch each liar, read from the file that defines them."""
    sys.path.insert(0, str(HERE))
    try:
        from liars import CAUGHT_BY
    finally:
        sys.path.remove(str(HERE))
    return CAUGHT_BY


def test_an_honest_provider_passes_every_claim(verdicts: dict[str, dict[str, str]]):
    assert set(verdicts["TestHonest"]) == CLAIMS
    assert set(verdicts["TestHonest"].values()) == {"PASSED"}


@pytest.mark.parametrize(("liar", "claims"), liars().items(), ids=liars())
def test_a_liar_is_caught(verdicts: dict[str, dict[str, str]], liar: str, claims: tuple[str, ...]):
    assert {claim: verdicts[liar][claim] for claim in claims} == dict.fromkeys(claims, "FAILED")


def test_every_claim_catches_somebody():
    caught = {claim for claims in liars().values() for claim in claims}
    proven_elsewhere = {"test_its_entry_point_leads_to_the_factory"}
    assert caught | proven_elsewhere == CLAIMS


def test_a_provider_that_is_not_installed_is_told_so(tmp_path: Path):
    suite = tmp_path / "test_it.py"
    suite.write_text("from liars import TestHonest\n")
    done = subprocess.run(  # noqa: S603 - our own interpreter
        [
            sys.executable, "-m", "pytest", str(suite), "-q", "-k", "entry_point",
            "-p", "no:cacheprovider", "-o", f"pythonpath={HERE}", "--rootdir", str(tmp_path),
        ],
        capture_output=True,
        text=True,
        check=False,
    )  # fmt: skip
    assert "no installed package has the entry point 'honest'" in done.stdout
