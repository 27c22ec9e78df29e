"""Node 22 and the JavaScript clients, installed by npm into this folder and nowhere else.

What is installed stands in package.json, exact, and in package-lock.json; a second run finds the
stamp of the first and installs nothing.
"""

import hashlib
import json
import os
import shutil
import subprocess
from pathlib import Path

from servers import HERE
from steps import StepFailed, run_command

MODULES = HERE / "node_modules"
NODE = MODULES / "node" / "bin" / ("node.exe" if os.name == "nt" else "node")
PINNED = ("package.json", "package-lock.json", ".npmrc")

_STAMP = MODULES / ".pierre-installed"


def install() -> str:
    """Make Node and the clients available; says which Node it is."""
    npm = shutil.which("npm")
    if npm is None:
        raise StepFailed("npm is not here: install Node.js 20 or newer, which brings it.")
    wanted = hashlib.sha256(b"".join((HERE / name).read_bytes() for name in PINNED)).hexdigest()
    if _STAMP.is_file() and _STAMP.read_text() == wanted and (version := _version()):
        return f"Node {version}, installed before"
    run_command([npm, "ci", "--loglevel=error"], cwd=HERE, env=os.environ)
    version = _version()
    if version is None:
        raise StepFailed(f"npm installed no working Node at {NODE}")
    _STAMP.write_text(wanted)
    return f"Node {version}, now installed"


def script_of(package: str, command: str) -> Path:
    """The file behind a package's command, for Node to run on every platform alike."""
    folder = MODULES / package
    manifest = json.loads((folder / "package.json").read_text(encoding="utf-8"))
    return folder / manifest["bin"][command]


def _version() -> str | None:
    try:
        done = subprocess.run(  # noqa: S603 - what npm installed here
            [NODE, "--version"], capture_output=True, text=True, check=True
        )
    except (OSError, subprocess.CalledProcessError):
        return None
    return done.stdout.strip()
