"""Build the wheel and try it, installed, under every supported Python that is found.

Each try is a fresh virtual environment outside the checkout, so nothing but the wheel can answer.
"""

import os
import shutil
import subprocess
import sys
import tempfile
import time
from pathlib import Path

ROOT = Path(__file__).parents[1]
VERSIONS = ("3.11", "3.12", "3.13")


def find_pythons() -> dict[str, str]:
    """A working interpreter for each supported version there is one of."""
    candidates = [sys.executable, *(f"python{version}" for version in VERSIONS)]
    managed = Path(os.environ.get("PYENV_ROOT", Path.home() / ".pyenv")) / "versions"
    candidates += sorted(str(path) for path in managed.glob("3.1*/bin/python"))
    found: dict[str, str] = {}
    for candidate in candidates:
        path = shutil.which(candidate)
        if path is None:
            continue
        probe = subprocess.run(
            [path, "-c", "import sys, venv; print('%d.%d' % sys.version_info[:2])"],
            capture_output=True,
            text=True,
            check=False,
        )
        version = probe.stdout.strip()
        if probe.returncode == 0 and version in VERSIONS:
            found.setdefault(version, path)
    return found


def run(*command: str | Path, cwd: Path) -> None:
    """Run a command or end with its exit code."""
    clean = {name: value for name, value in os.environ.items() if not name.startswith("PIERRE_")}
    done = subprocess.run([str(part) for part in command], cwd=cwd, env=clean, check=False)
    if done.returncode:
        sys.exit(done.returncode)


def try_wheel() -> None:
    """Build, install and use the wheel."""
    with tempfile.TemporaryDirectory(prefix="pierre-wheel-") as folder:
        place = Path(folder)
        print("\n== wheel", flush=True)  # noqa: T201
        run(sys.executable, "-m", "build", "--wheel", "--no-isolation", "--outdir", place, cwd=ROOT)
        wheel = next(place.glob("*.whl"))
        for version, python in find_pythons().items():
            started = time.monotonic()
            environment = place / f"venv-{version}"
            run(python, "-m", "venv", environment, cwd=place)
            bin_folder = environment / ("Scripts" if os.name == "nt" else "bin")
            constraints = ROOT / "constraints.txt"
            run(
                bin_folder / "python", "-m", "pip", "install", "--quiet",
                "--disable-pip-version-check", "--constraint", constraints, f"{wheel}[testing]",
                cwd=place,
            )  # fmt: skip
            run(bin_folder / "pierre-mcp", "--version", cwd=place)
            smoke = shutil.copy(ROOT / "tools" / "smoke_test.py", place)
            run(bin_folder / "python", "-m", "pytest", "-q", "-W", "error", smoke, cwd=place)
            print(f"== wheel on Python {version}: {time.monotonic() - started:.0f} s", flush=True)  # noqa: T201


if __name__ == "__main__":
    try_wheel()
