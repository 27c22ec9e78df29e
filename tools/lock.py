"""Write constraints.txt anew: one version of everything for every Python and platform we support.

The file holds names and versions only, no addresses, so that it works with any registry.
"""

import subprocess
import sys
import tempfile
import tomllib
from pathlib import Path

ROOT = Path(__file__).parents[1]
HEADING = "# Versions that are known to work together. Written by `make lock`.\n"


def main() -> None:
    """Resolve everything in pyproject.toml and write the result."""
    project = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))
    wanted = [
        "pip>=25.1",
        *project["build-system"]["requires"],
        *project["project"]["dependencies"],
        *project["dependency-groups"]["dev"],
    ]
    for extra in project["project"]["optional-dependencies"].values():
        wanted += extra
    with tempfile.TemporaryDirectory() as folder:
        listed = Path(folder) / "wanted.in"
        listed.write_text("\n".join(wanted), encoding="utf-8")
        resolved = subprocess.run(
            [
                sys.executable, "-m", "uv", "pip", "compile", "--quiet", "--universal",
                "--python-version", "3.11", "--no-annotate", "--no-header", "--no-emit-index-url",
                "--no-emit-find-links", "--upgrade", "--unsafe-package", "pip", str(listed),
            ],
            check=True,
            capture_output=True,
            text=True,
        ).stdout  # fmt: skip
    lines = [line for line in resolved.splitlines() if not line.startswith("#")]
    (ROOT / "constraints.txt").write_text(HEADING + "\n".join(lines) + "\n", encoding="utf-8")


if __name__ == "__main__":
    main()
