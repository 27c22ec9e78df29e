"""Plug-ins that somebody else installed: found through their metadata on PYTHONPATH."""

import os
from collections.abc import Mapping
from pathlib import Path

FACTORY = """
from datetime import date
from pierre_mcp.errors import NotFound
from pierre_mcp.models import Activity, Page
from pierre_mcp.spi import *

DESCRIPTOR = ProviderDescriptor(
    name={name!r},
    display_name="Somebody's own",
    capabilities=ProviderCapabilities.ACTIVITIES,
    verified=Verification(against="not_applicable", date=date(2026, 1, 1)),
    settings=(ProviderSetting(name="pin", description="the locker's pin", secret=True),),
)


class Provider(FitnessProvider):
    async def get_activities(self, query):
        {answer}
        return Page(items=())

    async def __aexit__(self, *exc_info):
        {on_close}

    async def get_activity(self, activity_id, include=frozenset()):
        raise NotFound({name!r}, "It holds no such activity.")


class Factory(ProviderFactory):
    @property
    def descriptors(self):
        return (DESCRIPTOR,)

    def create(self, config, context):
        return Provider(DESCRIPTOR, config, context)


factory = Factory()
{on_import}
"""


def install(
    site: Path, name: str, *, on_import: str = "", answer: str = "pass", on_close: str = "pass"
) -> dict[str, str]:
    """Put a plug-in into ``site``; returns the environment that finds it there.

    ``on_import`` is a statement that runs with its import, ``answer`` one in get_activities,
    ``on_close`` one when the provider is closed.
    """
    module = f"strange_{name}"
    source = FACTORY.format(name=name, on_import=on_import, answer=answer, on_close=on_close)
    environ = installed(site, module, {name: f"{module}:factory"})
    (site / f"{module}.py").write_text(source, encoding="utf-8")
    return environ


def installed(
    site: Path, distribution: str, entry_points: Mapping[str, str], *more_paths: Path
) -> dict[str, str]:
    """Put a distribution's metadata into ``site``; returns the environment that finds it there."""
    info = site / f"{distribution}-1.0.dist-info"
    info.mkdir(parents=True)
    metadata = f"Metadata-Version: 2.1\nName: {distribution}\nVersion: 1.0\n"
    (info / "METADATA").write_text(metadata, encoding="utf-8")
    lines = [f"{name} = {value}\n" for name, value in entry_points.items()]
    text = f"[pierre_mcp.providers]\n{''.join(lines)}"
    (info / "entry_points.txt").write_text(text, encoding="utf-8")
    path = [*map(str, (site, *more_paths)), *filter(None, [os.environ.get("PYTHONPATH")])]
    return {"PYTHONPATH": os.pathsep.join(path)}
