"""``doctor``: what is wrong with this installation, each finding with its remedy.

It looks and changes nothing but a file it makes and removes to see whether the home is writable.
"""

import difflib
import os
import sys
import tempfile
from collections.abc import AsyncIterator, Iterator, Mapping
from dataclasses import dataclass
from importlib.metadata import version
from typing import Any, Literal

import anyio
from rich.console import Console

from pierre_mcp.composition import Composition
from pierre_mcp.errors import ConfigurationError, PierreError, ProviderUnavailable
from pierre_mcp.logs import configure_logging
from pierre_mcp.models.text import clean_text
from pierre_mcp.server.listening import listen
from pierre_mcp.settings import (
    Configuration,
    Settings,
    environment_name,
    load_settings,
)

_PROVIDER_VARIABLES = (
    "CLIENT_ID", "CLIENT_SECRET", "AUTH_URL", "TOKEN_URL", "API_BASE_URL", "REVOKE_URL", "SCOPES",
    "REDIRECT_URI", "API_KEY",
)  # fmt: skip
_MARKS = {"ok": "[green]ok  [/green]", "warn": "[yellow]warn[/yellow]", "fail": "[red]FAIL[/red]"}
_CALLBACK_PORT = 8081


@dataclass(frozen=True, slots=True, kw_only=True)
class Finding:
    """One thing that was looked at."""

    check: str
    level: Literal["ok", "warn", "fail"]
    detail: str
    remedy: str = ""

    @property
    def failed(self) -> bool:
        """Whether the server cannot do its work because of it."""
        return self.level == "fail"

    def as_json(self) -> dict[str, Any]:
        """The finding as a value."""
        return {
            "check": self.check,
            "level": self.level,
            "detail": self.detail,
            "remedy": self.remedy,
        }


def examine(environ: Mapping[str, str] | None = None) -> list[Finding]:
    """All findings, in the order in which one would mend them."""
    env = os.environ if environ is None else environ
    findings = [_versions()]
    try:
        configuration = load_settings(env)
        configure_logging("critical")
        composition = Composition(configuration)
    except PierreError as wrong:
        return [*findings, Finding(check="settings", level="fail", detail=wrong.message)]
    findings.append(
        Finding(
            check="settings",
            level="ok",
            detail=f"default provider: {composition.default_provider()}",
        )
    )
    findings += _home(configuration)
    findings.append(_callback_port())
    findings += anyio.run(_providers, composition)
    findings += _unknown_variables(env, composition)
    findings += _unknown_tables(configuration, composition)
    return findings


def show_findings(findings: list[Finding]) -> None:
    """The findings for a person."""
    console = Console()
    for finding in findings:
        console.print(_MARKS[finding.level], end=" ")
        console.print(f"{finding.check}: {finding.detail}", markup=False, highlight=False)
        if finding.remedy:
            console.print(f"     {finding.remedy}", markup=False, highlight=False)


def _versions() -> Finding:
    python = ".".join(map(str, sys.version_info[:3]))
    return Finding(
        check="versions",
        level="ok",
        detail=f"pierre-mcp {version('pierre-mcp')}, mcp {version('mcp')}, Python {python}",
    )


def _home(configuration: Configuration) -> Iterator[Finding]:
    home = configuration.settings.home
    try:
        home.mkdir(parents=True, exist_ok=True)
        with tempfile.TemporaryFile(dir=home):
            pass
    except OSError as refused:
        yield Finding(
            check="home",
            level="fail",
            detail=f"{home} cannot be written: {refused.strerror}.",
            remedy="Make it writable, or set PIERRE_HOME to another folder.",
        )
        return
    yield Finding(check="home", level="ok", detail=f"{home} is writable")


def _callback_port() -> Finding:
    try:
        listen("127.0.0.1", _CALLBACK_PORT).close()
    except ConfigurationError:
        return Finding(
            check="port",
            level="warn",
            detail=f"port {_CALLBACK_PORT} is in use.",
            remedy="Nothing to do if a server of ours is running; else serve with --port.",
        )
    return Finding(check="port", level="ok", detail=f"port {_CALLBACK_PORT} is free")


async def _providers(composition: Composition) -> list[Finding]:
    findings: list[Finding] = []
    async with composition:
        for name in composition.registry.supported_providers():
            findings += [finding async for finding in _provider(composition, name)]
    findings += [
        Finding(
            check=f"provider {problem.provider}",
            level="warn",
            detail=f"refused from {problem.distribution}: {_shown(problem.reason)}",
            remedy="Uninstall that distribution, or ask its author to mend it.",
        )
        for problem in composition.registry.problems()
    ]
    return findings


async def _provider(composition: Composition, name: str) -> AsyncIterator[Finding]:
    check = f"provider {name}"
    try:
        missing = composition.missing_settings(name)
        if missing:
            yield Finding(
                check=check,
                level="ok",
                detail="not set up, and not needed for the others",
                remedy=f"To use it set {'; '.join(missing)}.",
            )
            return
        provider = await composition.provider(name)
        await provider.health_check()
    except ProviderUnavailable:
        return  # the registry knows the reason, and it is listed with the other problems
    except PierreError as problem:
        yield Finding(check=check, level="fail", detail=_shown(problem.message))
        return
    troubles = await provider.diagnose()
    for trouble in troubles:
        yield Finding(check=check, level="warn", detail=_shown(trouble.detail))
    if not troubles:
        yield Finding(check=check, level="ok", detail="works")


def _unknown_variables(env: Mapping[str, str], composition: Composition) -> Iterator[Finding]:
    known = {f"PIERRE_{name.upper()}" for name in Settings.model_fields} | {"PIERRE_CONFIG"}
    for name in composition.registry.supported_providers():
        prefix = f"PIERRE_{environment_name(name)}_"
        known |= {prefix + variable for variable in _PROVIDER_VARIABLES}
        try:
            settings = composition.registry.get_descriptor(name).settings
        except PierreError:
            continue
        known |= {prefix + setting.name.upper() for setting in settings}
    for variable in sorted(env):
        if variable.startswith("PIERRE_") and variable not in known:
            yield _meaningless(variable, known)


def _unknown_tables(configuration: Configuration, composition: Composition) -> Iterator[Finding]:
    known = {f"[providers.{name}]" for name in composition.registry.supported_providers()}
    for name in sorted(configuration.provider_tables):
        if f"[providers.{name}]" not in known:
            yield _meaningless(f"[providers.{name}]", known)


def _meaningless(setting: str, known: set[str]) -> Finding:
    close = difflib.get_close_matches(setting, sorted(known), n=1)
    return Finding(
        check="settings",
        level="warn",
        detail=f"{_shown(setting)} means nothing here.",
        remedy=f"Did you mean {close[0]}?" if close else "",
    )


def _shown(text: str) -> str:
    return clean_text(text, 400) or ""
