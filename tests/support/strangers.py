"""Plug-ins that somebody else installed: found through their metadata on PYTHONPATH."""

import os
from pathlib import Path

FACTORY = """
from datetime import date
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
        raise NotImplementedError


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
    site.mkdir(parents=True, exist_ok=True)
    module = f"strange_{name}"
    source = FACTORY.format(name=name, on_import=on_import, answer=answer, on_close=on_close)
    (site / f"{module}.py").write_text(source, encoding="utf-8")
    info = site / f"{module}-1.0.dist-info"
    info.mkdir()
    metadata = f"Metadata-Version: 2.1\nName: {module}\nVersion: 1.0\n"
    (info / "METADATA").write_text(metadata, encoding="utf-8")
    entry_points = f"[pierre_mcp.providers]\n{name} = {module}:factory\n"
    (info / "entry_points.txt").write_text(entry_points, encoding="utf-8")
    path = [str(site), *filter(None, [os.environ.get("PYTHONPATH")])]
    return {"PYTHONPATH": os.pathsep.join(path)}
