"""``make check``: everything that has to hold before a change lands, with the time each step took.

Stops at the first failure. The wheel is built once and tried, installed, under every supported
Python that is found.
"""

import os
import subprocess
import sys
import time
from pathlib import Path

from wheel import try_wheel

ROOT = Path(__file__).parents[1]
BIN = Path(sys.executable).parent


def step(title: str, *command: str | Path, **environment: str) -> None:
    """Run one step; a failing one ends the check with its exit code."""
    print(f"\n== {title}", flush=True)  # noqa: T201 - this is what the person watches
    started = time.monotonic()
    done = subprocess.run(
        [str(part) for part in command], cwd=ROOT, env={**os.environ, **environment}, check=False
    )
    print(f"== {title}: {time.monotonic() - started:.0f} s", flush=True)  # noqa: T201
    if done.returncode:
        sys.exit(done.returncode)


def main() -> None:
    """All steps in order, the quick ones first."""
    step("format", BIN / "ruff", "format", "--check")
    step("lint", BIN / "ruff", "check")
    step("types", BIN / "mypy")
    step("import rules", BIN / "lint-imports", "--no-logo")
    step("docs", "make", "docs")
    for leftover in ROOT.glob(".coverage*"):
        leftover.unlink()
    # The README's own command; the argument only asks for two workers, and coverage on top.
    step(
        "tests",
        "make",
        "test",
        "TESTS=-n 2 --dist loadfile --cov --cov-report=",
    )
    step("coverage", BIN / "coverage", "report", "--fail-under=90")
    try_wheel()


if __name__ == "__main__":
    main()
