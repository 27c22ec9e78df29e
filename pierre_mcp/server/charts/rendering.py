"""A drawing as PNG, for clients that show pictures and no pages of ours.

The renderer and its font are an extra: most people never ask for a picture.
"""

from pierre_mcp.errors import ConfigurationError
from pierre_mcp.server.charts.drawing import Drawing

ZOOM = 1.5
"""So many px of the picture for one of the drawing, for sharp text."""


def as_png(drawing: Drawing) -> bytes:
    """The picture; raises ``ConfigurationError`` where the extra is not installed."""
    try:
        import font_roboto  # noqa: PLC0415 - an extra
        import resvg_py  # noqa: PLC0415 - an extra
    except ModuleNotFoundError:
        raise ConfigurationError(
            "Pictures need 'pip install pierre-mcp[charts]'. Without it, unset PIERRE_CHARTS."
        ) from None
    return bytes(
        resvg_py.svg_to_bytes(
            svg_string=drawing.svg(),
            font_files=[font_roboto.Roboto, font_roboto.RobotoMedium],
            font_family="Roboto",
            sans_serif_family="Roboto",
            skip_system_fonts=True,
            zoom=ZOOM,
        )
    )
