"""What to paste into an MCP client so that it starts this server.

Graphical clients have another PATH than a terminal, so the command is absolute. Settings that are
in the environment now go along; secrets are named and left for the person to fill in.
"""

import json
import os
import shlex
import shutil
import sys
from collections.abc import Collection, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from pierre_mcp.composition import Composition
from pierre_mcp.errors import ProviderUnavailable
from pierre_mcp.logs import configure_logging
from pierre_mcp.settings import environment_name, load_settings

SERVER_NAME = "pierre"

_SECRET_WORDS = ("SECRET", "KEY", "TOKEN", "PASSWORD", "DATABASE_URL")
_PATH_ENDINGS = ("_HOME", "_CONFIG", "_DIR", "_FILE", "_PATH")
_RELATIVE = ("./", "../", ".\\", "..\\", "~/", "~\\")


@dataclass(frozen=True, slots=True, kw_only=True)
class Entry:
    """A client's configuration: the text to paste and where it goes."""

    client: str
    where: str
    text: str
    note: str = ""

    @property
    def instructions(self) -> str:
        """Where the text goes, for a person."""
        return "\n".join(line for line in (self.where, self.note) if line)

    def as_json(self) -> dict[str, Any]:
        """The entry as a value."""
        return {
            "client": self.client,
            "where": self.where,
            "text": self.text,
            "note": self.note,
        }


def server_command() -> list[str]:
    """The command that starts this installation, whatever the PATH of who runs it."""
    script = Path(sys.argv[0])
    if any(part.startswith("archive-v") for part in script.parts):
        # uvx runs from its cache, which it clears: the client has to run uvx too.
        return [shutil.which("uvx") or "uvx", "pierre-mcp", "serve"]
    if script.stem == "pierre-mcp" and script.is_absolute() and script.exists():
        return [str(script), "serve"]
    return [sys.executable, "-m", "pierre_mcp", "serve"]


def passed_on(
    environ: Mapping[str, str], also_secret: Collection[str] = ()
) -> tuple[dict[str, str], list[str]]:
    """The settings to hand to the server, and the names of secrets that are left out.

    A relative path becomes absolute, for a client starts the server in another folder.
    """
    ours = {name: value for name, value in sorted(environ.items()) if name.startswith("PIERRE_")}
    secret = [
        name for name in ours if name in also_secret or any(word in name for word in _SECRET_WORDS)
    ]
    open_ones = {name: _anchored(name, ours[name]) for name in ours if name not in secret}
    return open_ones, secret


def _anchored(name: str, value: str) -> str:
    is_path = name.endswith(_PATH_ENDINGS) and value.strip()
    if is_path or value.startswith(_RELATIVE):
        return str(Path(value).expanduser().absolute())
    return value


def _declared_secrets(environ: Mapping[str, str]) -> set[str]:
    """The variables that providers declare secret, whatever they are called.

    Raises ``ConfigurationError`` for settings with which the server would not start.
    """
    configuration = load_settings(environ)
    configure_logging("critical")
    registry = Composition(configuration).registry
    declared: set[str] = set()
    for provider in registry.supported_providers():
        try:
            settings = registry.get_descriptor(provider).settings
        except ProviderUnavailable:
            continue
        prefix = f"PIERRE_{environment_name(provider)}_"
        declared |= {prefix + setting.name.upper() for setting in settings if setting.secret}
    return declared


def configuration_for(client: str, environ: Mapping[str, str] | None = None) -> Entry:
    """The entry for one of the clients we know.

    Raises ``ConfigurationError`` for settings with which the server would not start.
    """
    env = os.environ if environ is None else environ
    settings, secrets = passed_on(env, _declared_secrets(env))
    settings |= dict.fromkeys(secrets, "FILL-IN")
    note = f"Fill in by hand: {', '.join(secrets)}." if secrets else ""
    command, *arguments = server_command()
    server: dict[str, Any] = {"command": command, "args": arguments}
    if settings:
        server["env"] = settings
    match client:
        case "claude-desktop":
            where = f"Add to {_claude_desktop_file()} and restart Claude Desktop."
            text = _json({"mcpServers": {SERVER_NAME: server}})
        case "cursor":
            where = "Add to .cursor/mcp.json in your project, or to ~/.cursor/mcp.json."
            text = _json({"mcpServers": {SERVER_NAME: server}})
        case "vscode":
            where = "Add to .vscode/mcp.json in your workspace."
            text = _json({"servers": {SERVER_NAME: {"type": "stdio", **server}}})
        case "claude-code":
            where = "Run in a terminal."
            environment = [f"--env={name}={value}" for name, value in settings.items()]
            words = ["claude", "mcp", "add", SERVER_NAME, *environment, "--", command, *arguments]
            text = _shell(words)
        case "codex":
            where = "Add to ~/.codex/config.toml."
            text = _toml(server)
        case _:
            raise ValueError(f"unknown client {client}")
    return Entry(client=client, where=where, text=text, note=note)


def _claude_desktop_file() -> str:
    match sys.platform:
        case "win32":
            return r"%APPDATA%\Claude\claude_desktop_config.json"
        case "darwin":
            return "~/Library/Application Support/Claude/claude_desktop_config.json"
        case _:
            return "~/.config/Claude/claude_desktop_config.json"


def _json(value: object) -> str:
    return json.dumps(value, indent=2, ensure_ascii=False)


def _shell(words: list[str]) -> str:
    if sys.platform == "win32":
        return " ".join(f'"{word}"' if " " in word else word for word in words)
    return shlex.join(words)


def _toml(server: Mapping[str, Any]) -> str:
    lines = [
        f"[mcp_servers.{SERVER_NAME}]",
        f"command = {_toml_string(server['command'])}",
        f"args = [{', '.join(map(_toml_string, server['args']))}]",
    ]
    if "env" in server:
        lines.append(f"[mcp_servers.{SERVER_NAME}.env]")
        lines += [f"{name} = {_toml_string(value)}" for name, value in server["env"].items()]
    return "\n".join(lines)


def _toml_string(text: str) -> str:
    # A JSON string is a TOML basic string, escapes included; TOML wants one control escaped more.
    return json.dumps(text, ensure_ascii=False).replace("\x7f", "\\u007f")
