"""How people come to have it: clients that are configured by our words, the bundle, uvx and pipx.

The clients are real and run offline; what they are told is what ``client-config`` prints.
"""

import json
import os
import shlex
import subprocess
import sys
from collections.abc import Mapping, Sequence
from pathlib import Path

import node
from servers import Workplace
from steps import StepFailed, expect, run_command

ROOT = Path(__file__).parents[2]
LONGEST_ANSWER_SECONDS = 300

_DISCOVER = {
    "jsonrpc": "2.0",
    "id": 1,
    "method": "initialize",
    "params": {
        "protocolVersion": "2025-11-25",
        "capabilities": {},
        "clientInfo": {"name": "bundle", "version": "1"},
    },
}
_LIST = {"jsonrpc": "2.0", "id": 2, "method": "tools/list"}


def claude_code(place: Workplace) -> str:
    """Run the line that is printed for it, and let it look whether the server is well."""
    words = shlex.split(_configuration(place, "claude-code"))
    claude = [node.MODULES / ".bin" / "claude"]
    run_command([*claude, *words[1:]], cwd=place.folder, env=place.environment)
    told = run_command([*claude, "mcp", "list"], cwd=place.folder, env=place.environment)
    line = next((line for line in told.splitlines() if line.startswith("pierre:")), "")
    expect("Connected" in line, f"it does not say that the server is connected: {told}")
    return line.rpartition(" - ")[2]


def codex(place: Workplace) -> str:
    """Paste what is printed for it into its file, and let it list its servers."""
    folder = place.folder / ".codex"
    folder.mkdir(exist_ok=True)
    (folder / "config.toml").write_text(_configuration(place, "codex"), encoding="utf-8")
    command = [node.MODULES / ".bin" / "codex", "mcp", "list", "--json"]
    told = json.loads(run_command(command, cwd=place.folder, env=place.environment))
    (server,) = [one for one in told if one["name"] == "pierre"]
    expect(server["enabled"], f"it does not enable the server: {server}")
    return f"enabled, {server['transport']['type']}"


def bundle(place: Workplace) -> str:
    """Validate it, pack it, and start what was packed as a desktop host would."""
    laid_out = run_command(
        [sys.executable, ROOT / "tools" / "distribution.py", "bundle"], cwd=ROOT, env=os.environ
    )
    mcpb, folder = node.MODULES / ".bin" / "mcpb", Path(laid_out.strip())
    run_command([mcpb, "validate", folder / "manifest.json"], cwd=folder, env=place.environment)
    packed, unpacked = place.folder / "pierre.mcpb", place.folder / "unpacked"
    run_command([mcpb, "pack", folder, packed], cwd=folder, env=place.environment)
    run_command([mcpb, "unpack", packed, unpacked], cwd=place.folder, env=place.environment)
    manifest = json.loads((unpacked / "manifest.json").read_text(encoding="utf-8"))
    started = manifest["server"]["mcp_config"]
    words = [word.replace("${__dirname}", str(unpacked)) for word in started["args"]]
    # A person who fills in nothing leaves every setting empty.
    settings = dict.fromkeys(started["env"], "")
    tools = _tools_of([str(_program(place, "uv")), *words], {**_own(place), **settings})
    expect(
        {tool["name"] for tool in manifest["tools"]} <= set(tools),
        f"it lists other tools than its manifest: {tools}",
    )
    return f"{packed.stat().st_size / 1e6:.1f} MB, {len(tools)} tools"


def uvx(place: Workplace) -> str:
    """Run the wheel without installing it."""
    command = [_program(place, "uvx"), "--from", _wheel(place), "pierre-mcp", "demo", "--json"]
    told = json.loads(run_command(command, cwd=place.folder, env=_own(place)))
    return f"{len(told['tools'])} tools in the demo"


def pipx(place: Workplace) -> str:
    """Install the wheel as a program of its own, and run it."""
    homes = {
        "PIPX_HOME": str(place.folder / "pipx"),
        "PIPX_BIN_DIR": str(place.folder / "programs"),
    }
    environment = {**_own(place), **homes}
    command = [_program(place, "pipx"), "install", _wheel(place)]
    run_command(command, cwd=place.folder, env=environment)
    program = place.folder / "programs" / "pierre-mcp"
    return run_command([program, "--version"], cwd=place.folder, env=environment).strip()


def _configuration(place: Workplace, client: str) -> str:
    command = [sys.executable, "-m", "pierre_mcp", "client-config", client, "--json"]
    return str(json.loads(run_command(command, cwd=place.folder, env=place.environment))["text"])


def _own(place: Workplace) -> dict[str, str]:
    """The environment with this person's own home, where package managers have their settings."""
    return {**os.environ, **place.settings}


def _program(place: Workplace, name: str) -> Path:
    """A package manager, installed beside everything else of this run."""
    folder = place.folder / "managers"
    programs = folder / ("Scripts" if os.name == "nt" else "bin")
    if not folder.exists():
        run_command([sys.executable, "-m", "venv", folder], cwd=place.folder, env=os.environ)
        pip = [programs / "python", "-m", "pip", "install", "--quiet", "uv>=0.9,<1", "pipx>=1.7,<2"]
        run_command(pip, cwd=place.folder, env=os.environ)
    return programs / name


def _wheel(place: Workplace) -> Path:
    folder = place.folder / "wheel"
    if not folder.exists():
        build = ["-m", "build", "--wheel", "--no-isolation", "--outdir", folder]
        run_command([sys.executable, *build], cwd=ROOT, env=os.environ)
    return next(folder.glob("*.whl"))


def _tools_of(command: Sequence[str], environment: Mapping[str, str]) -> list[str]:
    """The tools that a server lists on its standard output."""
    said = "".join(json.dumps(message) + "\n" for message in (_DISCOVER, _LIST))
    with subprocess.Popen(  # noqa: S603 - what the manifest of our own bundle says
        command,
        env=dict(environment),
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        encoding="utf-8",
    ) as server:
        assert server.stdin is not None
        assert server.stdout is not None
        server.stdin.write(said)
        server.stdin.flush()
        for line in server.stdout:
            answer = json.loads(line)
            if answer.get("id") == _LIST["id"]:
                server.stdin.close()
                server.wait(LONGEST_ANSWER_SECONDS)
                return [tool["name"] for tool in answer["result"]["tools"]]
        assert server.stderr is not None
        raise StepFailed(f"it ended without an answer:\n{server.stderr.read()}")
