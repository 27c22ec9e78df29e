"""Charts: what our page in a client asks for by itself, and the same as a picture for a model."""

from base64 import b64encode
from typing import TYPE_CHECKING, Annotated, Any, Literal

import anyio.to_thread
from mcp.server.mcpserver import Context
from mcp.types import CallToolResult, ImageContent
from pydantic import Field

from pierre_mcp.composition import Composition
from pierre_mcp.server import schemas
from pierre_mcp.server.asking import Asker
from pierre_mcp.server.envelope import Answer, success
from pierre_mcp.server.tools.parameters import EndDate, ProviderParameter, StartDate, asker

if TYPE_CHECKING:
    from pierre_mcp.server.charts.showing import Shown

View = Annotated[
    Literal["training", "activity", "recovery"],
    Field(
        description="training: calendar and weekly hours. activity: heart rate, pace or speed, "
        "power, elevation, laps, route. recovery: sleep, HRV, resting heart rate."
    ),
]
ActivityId = Annotated[
    str | None, Field(description="For the view activity: an id from get_activities.")
]
Over = Annotated[
    Literal["time", "distance"], Field(description="Along which axis an activity is drawn.")
]
_PICTURE_PX = 720
_ROWS = 60


async def chart_drawing(
    ctx: Context[Composition],
    *,
    view: View,
    provider: ProviderParameter = None,
    activity_id: ActivityId = None,
    start_date: StartDate = None,
    end_date: EndDate = None,
    over: Over = "time",
    width_px: Annotated[int, Field(ge=280, le=1200, description="280 to 1200.")] = _PICTURE_PX,
) -> Annotated[CallToolResult, schemas.DrawingAnswer]:
    """Use it from this server's own pages only: the drawing that they show."""
    from pierre_mcp.server.charts.drawing import IN_PAGE  # noqa: PLC0415 - seldom needed

    found = await _shown(ctx, view, provider, (start_date, end_date), activity_id, over)
    drawing = found.draw(width_px, IN_PAGE)
    numbers = found.numbers.first(_ROWS)
    result = {"title": drawing.title, "svg": drawing.svg(), **numbers.as_json()}
    return success(await _answer(asker(ctx), found, result, drawing.description))


async def chart(
    ctx: Context[Composition],
    *,
    view: View,
    provider: ProviderParameter = None,
    activity_id: ActivityId = None,
    start_date: StartDate = None,
    end_date: EndDate = None,
    over: Over = "time",
    theme: Annotated[
        Literal["light", "dark"], Field(description="Colors of the picture. Default light.")
    ] = "light",
) -> Annotated[CallToolResult, schemas.ChartAnswer]:
    """A picture for the person, as PNG, with its numbers as a table.

    Use it when the person asks to see training, an activity or recovery. Default: the last twelve
    weeks of training, the last 30 days of recovery.
    """
    from pierre_mcp.server.charts.drawing import DARK, LIGHT  # noqa: PLC0415 - seldom needed
    from pierre_mcp.server.charts.rendering import as_png  # noqa: PLC0415 - an extra

    found = await _shown(ctx, view, provider, (start_date, end_date), activity_id, over)
    drawing = found.draw(_PICTURE_PX, LIGHT if theme == "light" else DARK)
    numbers = found.numbers.first(_ROWS)
    result = {"title": drawing.title, **numbers.as_json()}
    text = f"{drawing.title}\n{numbers.as_text()}"
    answer = success(await _answer(asker(ctx), found, result, text))
    picture = await anyio.to_thread.run_sync(as_png, drawing)
    image = ImageContent(data=b64encode(picture).decode("ascii"), mime_type="image/png")
    return answer.model_copy(update={"content": [image, *answer.content]})


async def _shown(  # noqa: PLR0917 - the arguments of both tools
    ctx: Context[Composition],
    view: Literal["training", "activity", "recovery"],
    provider: str | None,
    dates: tuple[str | None, str | None],
    activity_id: str | None,
    over: Literal["time", "distance"],
) -> "Shown":
    from pierre_mcp.server.charts.showing import Wanted, shown  # noqa: PLC0415 - seldom needed

    settings = ctx.request_context.lifespan_context.configuration.settings
    start_date, end_date = dates
    wanted = Wanted(
        view=view,
        provider=provider,
        activity_id=activity_id,
        start_date=start_date,
        end_date=end_date,
        over_distance=over == "distance",
        units=settings.units,
        week_start=settings.week_start,
    )
    return await shown(asker(ctx), wanted)


async def _answer(asking: Asker, found: "Shown", result: dict[str, Any], text: str) -> Answer:
    return await asking.answer(
        found.answered, result, text, complete=found.complete, warnings=found.warnings
    )
