"""Draw the pictures of docs/charts.md anew, of the synthetic athlete, by the serving code."""

import os
import tempfile
from base64 import b64decode
from pathlib import Path

import anyio
from mcp import Client
from mcp.types import ImageContent

from pierre_mcp.composition import Composition
from pierre_mcp.server.app import build_server
from pierre_mcp.settings import load_settings

IMAGES = Path(__file__).parents[1] / "docs" / "images"
TODAY = "2026-11-24"


async def draw(home: str) -> None:
    """Ask for each, as a client would."""
    configuration = load_settings(
        {"PIERRE_HOME": home, "PIERRE_SYNTHETIC_TODAY": TODAY, "PIERRE_CHARTS": "true"}
    )
    composition = Composition(configuration)
    async with composition, Client(build_server(composition)) as client:
        asked = {"sport_type": "run", "limit": 1}
        listed = (await client.call_tool("get_activities", asked)).structured_content or {}
        run = listed["result"]["rows"][0][0]
        for name, arguments in {
            "chart-training": {"view": "training"},
            "chart-training-dark": {"view": "training", "theme": "dark"},
            "chart-activity": {"view": "activity", "activity_id": run},
            "chart-recovery": {"view": "recovery"},
        }.items():
            result = await client.call_tool("chart", arguments)
            assert not result.is_error, result.content
            (image,) = [block for block in result.content if isinstance(block, ImageContent)]
            (IMAGES / f"{name}.png").write_bytes(b64decode(image.data))


if __name__ == "__main__":
    os.environ.pop("PIERRE_CONFIG", None)
    with tempfile.TemporaryDirectory() as folder:
        anyio.run(draw, folder)
