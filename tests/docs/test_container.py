"""The Dockerfile, which is not built here: what reading it tells, and trying its parts."""

import json
import os
import shlex
import shutil
import subprocess
import sys
import zipfile
from fnmatch import fnmatch
from pathlib import Path

import pytest
from markdown_pages import ROOT, read

Instruction = tuple[str, str]


@pytest.fixture(scope="module")
def stages() -> list[list[Instruction]]:
    """The instructions of each stage, continued lines joined."""
    lines = [line for line in read("Dockerfile").splitlines() if not line.lstrip().startswith("#")]
    joined = "\n".join(lines).replace("\\\n", " ")
    found: list[list[Instruction]] = []
    for line in filter(str.strip, joined.splitlines()):
        word, _, rest = line.partition(" ")
        if word == "FROM":
            found.append([])
        found[-1].append((word, rest.strip()))
    return found


def values(stage: list[Instruction], word: str) -> list[str]:
    return [rest for instruction, rest in stage if instruction == word]


def sources(stage: list[Instruction]) -> list[str]:
    """What is copied from the checkout."""
    copies = [shlex.split(rest) for rest in values(stage, "COPY")]
    return [name for words in copies if "--from" not in words[0] for name in words[:-1]]


def sent_to_the_builder(name: str) -> bool:
    """Whether .dockerignore lets a file at the root through; the last rule that fits decides."""
    sent = True
    for rule in read(".dockerignore").splitlines():
        if rule and not rule.startswith("#") and fnmatch(name, rule.removeprefix("!")):
            sent = rule.startswith("!")
    return sent


def test_what_it_copies_is_there_and_is_sent_to_the_builder(stages):
    assert sources(stages[0])
    for name in sources(stages[0]):
        assert (ROOT / name).exists(), name
        assert sent_to_the_builder(name.removeprefix("./")), name


@pytest.mark.parametrize("name", [".git", ".venv", "tests", ".env", "docs"])
def test_nothing_else_is_sent_to_the_builder(name: str):
    assert not sent_to_the_builder(name)


def test_what_it_copies_is_enough_for_a_whole_wheel(stages, tmp_path: Path):
    for name in sources(stages[0]):
        if (ROOT / name).is_dir():
            shutil.copytree(
                ROOT / name, tmp_path / name, ignore=shutil.ignore_patterns("__pycache__")
            )
        else:
            shutil.copy(ROOT / name, tmp_path)
    subprocess.run(
        [sys.executable, "-m", "build", "--wheel", "--no-isolation", "--outdir", "wheels"],
        cwd=tmp_path, check=True, capture_output=True,
    )  # fmt: skip
    (wheel,) = (tmp_path / "wheels").glob("*.whl")
    with zipfile.ZipFile(wheel) as packed:
        inside = set(packed.namelist())
    modules = [path for top in ("pierre_mcp", "providers") for path in (ROOT / top).rglob("*.py")]
    assert {path.relative_to(ROOT).as_posix() for path in modules} <= inside


def test_both_stages_begin_with_the_same_python_that_we_support(stages):
    images = {values(stage, "FROM")[0].split(" ")[0] for stage in stages}
    assert images == {"python:3.13-slim"}


def test_versions_are_those_of_the_constraints_and_no_cache_stays(stages):
    installs = [
        command
        for rest in values(stages[0], "RUN")
        for command in rest.split("&&")
        if "pip install" in command
    ]
    assert installs
    for command in installs:
        assert "--constraint constraints.txt" in command
        assert "--no-cache-dir" in command


def test_it_runs_as_a_user_without_rights_by_a_fixed_number(stages):
    (user,) = values(stages[-1], "USER")
    uid, gid = user.split(":")
    (made,) = values(stages[-1], "RUN")
    assert int(uid) >= 1000
    assert f"--uid {uid} " in made
    assert f"--gid {gid} " in made


def test_the_home_is_a_volume_of_that_user(stages):
    last = stages[-1]
    (volume,) = json.loads(values(last, "VOLUME")[0])
    assert f"PIERRE_HOME={volume}" in values(last, "ENV")[0].split()
    assert f"--owner=pierre --group=pierre --mode=0700 {volume}" in values(last, "RUN")[0]
    words = [word for word, _ in last]
    assert words.index("RUN") < words.index("VOLUME") < words.index("USER")


def test_it_serves_by_a_command_in_exec_form(stages):
    assert json.loads(values(stages[-1], "ENTRYPOINT")[0]) == ["pierre-mcp"]
    assert json.loads(values(stages[-1], "CMD")[0]) == ["serve"]


@pytest.mark.parametrize(("settings", "healthy"), [({}, True), ({"PIERRE_PROVIDERS": "x"}, False)])
def test_its_health_check_fails_where_the_server_would_not_start(
    stages, tmp_path: Path, settings: dict[str, str], healthy: bool
):
    (check,) = values(stages[-1], "HEALTHCHECK")
    command = json.loads(check.partition("CMD")[2])
    assert command[0] == "pierre-mcp"
    clean = {name: v for name, v in os.environ.items() if not name.startswith("PIERRE_")}
    done = subprocess.run(  # noqa: S603 - our own interpreter
        [sys.executable, "-m", "pierre_mcp", *command[1:]],
        capture_output=True, check=False, env=clean | {"PIERRE_HOME": str(tmp_path)} | settings,
    )  # fmt: skip
    assert (done.returncode == 0) == healthy
