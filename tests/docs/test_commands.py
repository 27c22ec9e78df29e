"""Every command that a page shows is run as it stands, or is excused here by name, with a reason.

A page is followed from top to bottom, as a reader would, and what it exports stays. An address that
is only an example is replaced by one that is there.
"""

import json
import os
import shlex
import signal
import subprocess
import sys
import tomllib
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager, suppress
from dataclasses import dataclass, field
from pathlib import Path

import pytest
import yaml
from databases import postgres_server
from harbour import free_port
from markdown_pages import PAGES, ROOT, Block, blocks
from processes import LONG_ENOUGH_SECONDS

SHELL = ("console", "bash", "sh", "shell", "powershell")
EXCUSED = {
    "make test": "it is what runs this test",
    "pip install": "needs the registries: tools/wheel.py and make conformance do so",
    "ssh ": "leads to another machine",
    "docker ": "needs an engine: test_compose reads the file",
    "cd rivertown-provider": "goes with the two below it",
    "pytest": "tests/outside/test_new_provider.py runs the tests of a package that was just made",
}
DATABASE = "postgresql+asyncpg://pierre@db.example.org/pierre"

pytestmark = pytest.mark.skipif(os.name == "nt", reason="the pages show commands of POSIX shells")


def commands(block: Block) -> list[str]:
    """The lines of a block; a continued one is one."""
    joined = block.text.replace("\\\n", " ")
    return [line.strip() for line in joined.splitlines() if line.strip() and line[0] != "#"]


SHOWN = {
    page: [line for block in blocks(text) if block.language in SHELL for line in commands(block)]
    for page in PAGES
    if (text := page.read_text(encoding="utf-8"))
}
FOLLOWED = [page for page, lines in SHOWN.items() if lines]


def excuse(line: str) -> str | None:
    return next((start for start in EXCUSED if line.startswith(start)), None)


@dataclass
class Reader:
    """Somebody who follows a page in a folder of their own."""

    folder: Path
    environ: dict[str, str]
    port: int
    stack: ExitStack
    before: list[str] = field(default_factory=list)

    def follow(self, line: str) -> None:
        """Do what the line says, after all that was said before it."""
        line = line.replace("http://127.0.0.1:8081", f"http://127.0.0.1:{self.port}")
        if line.startswith("export "):
            self.before.append(line)
            return
        if " serve " in line:
            self.stack.enter_context(self._served(f"{line} --port {self.port}"))
            return
        where = self.folder
        if line.startswith("make "):
            line, where = f"{line.partition('#')[0]} READY= VENV={sys.prefix}", ROOT
        done = subprocess.run(  # noqa: S603 - what our own pages say
            ["bash", "-c", "\n".join(["set -eu -o pipefail", *self.before, line])],  # noqa: S607
            cwd=where,
            env=self.environ,
            capture_output=True,
            text=True,
            timeout=LONG_ENOUGH_SECONDS,
            check=False,
        )
        assert done.returncode == 0, f"{line}\n{done.stdout}\n{done.stderr}"

    @contextmanager
    def _served(self, line: str) -> Iterator[None]:
        process = subprocess.Popen(  # noqa: S603 - what our own pages say
            ["bash", "-c", "\n".join([*self.before, f"exec env {line}"])],  # noqa: S607
            cwd=self.folder,
            env=self.environ,
            stderr=subprocess.PIPE,
            text=True,
        )
        assert process.stderr is not None
        said = ""
        try:
            while "Serving MCP at" not in said:
                said += (heard := process.stderr.readline())
                assert heard, f"{line} ended: {said}"
            yield
        finally:
            with suppress(ProcessLookupError):
                process.send_signal(signal.SIGINT)
            process.communicate(timeout=LONG_ENOUGH_SECONDS)


@pytest.fixture
def reader(tmp_path: Path) -> Iterator[Reader]:
    (tmp_path / "checkout").mkdir()
    (tmp_path / "home" / "my-export").mkdir(parents=True)
    (tmp_path / "checkout" / ".venv").symlink_to(sys.prefix)
    clean = {name: value for name, value in os.environ.items() if not name.startswith("PIERRE_")}
    programs = f"{sys.prefix}/bin{os.pathsep}{clean['PATH']}"
    own = {"HOME": str(tmp_path / "home"), "PIERRE_HOME": str(tmp_path / "pierre")}
    with ExitStack() as stack:
        yield Reader(
            folder=tmp_path / "checkout",
            environ=clean | own | {"PATH": programs},
            port=free_port(),
            stack=stack,
        )


@pytest.mark.parametrize("page", FOLLOWED, ids=lambda page: page.relative_to(ROOT).as_posix())
def test_a_page_can_be_followed_from_top_to_bottom(page: Path, reader: Reader):
    wanted = [line for line in SHOWN[page] if excuse(line) is None]
    if any(DATABASE in line or "$PGURL" in line for line in wanted):
        server = reader.stack.enter_context(postgres_server())
        database = server.emptied()
        reader.environ["PGURL"] = database.replace("postgresql+asyncpg", "postgresql")
        reader.environ["PATH"] = f"{server.programs}{os.pathsep}{reader.environ['PATH']}"
        wanted = [line.replace(DATABASE, database) for line in wanted]
    if any("pierre.db" in line for line in wanted):
        reader.follow("pierre-mcp token create --tenant club --user ada")
    for line in wanted:
        reader.follow(line)
    for block in blocks(page.read_text(encoding="utf-8")):
        if block.language == "python" and "127.0.0.1:8081" in block.text:
            script = reader.folder / "script.py"
            script.write_text(block.text.replace(":8081", f":{reader.port}"), encoding="utf-8")
            reader.follow(f"python {shlex.quote(str(script))}")


def test_no_excuse_is_kept_that_nobody_needs():
    used = {excuse(line) for lines in SHOWN.values() for line in lines}
    assert set(EXCUSED) <= used


@pytest.mark.parametrize("page", PAGES, ids=lambda page: page.relative_to(ROOT).as_posix())
def test_every_block_of_a_format_can_be_read_as_such(page: Path):
    read = {
        "json": json.loads,
        "toml": tomllib.loads,
        "yaml": yaml.safe_load,
        "python": lambda text: compile(text, str(page), "exec"),
    }
    for block in blocks(page.read_text(encoding="utf-8")):
        if block.language in read:
            read[block.language](block.text)


def test_the_languages_of_blocks_are_those_that_are_looked_at():
    used = {b.language for page in PAGES for b in blocks(page.read_text(encoding="utf-8"))}
    assert used <= {*SHELL, "json", "toml", "yaml", "python", "text", "nginx", ""}
