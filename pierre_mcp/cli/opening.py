"""The server's parts for a command that reports: made from the settings, with a quiet log."""

from pierre_mcp.composition import Composition
from pierre_mcp.logs import configure_logging
from pierre_mcp.settings import Configuration, load_settings


def open_composition() -> Composition:
    """What the settings describe; raises ``ConfigurationError``."""
    return Composition(quiet_configuration())


def quiet_configuration() -> Configuration:
    """The settings; raises ``ConfigurationError``.

    What goes wrong is part of what a command says, and the log would say it twice: it is heard only
    by those who ask for debug.
    """
    configuration = load_settings()
    level = configuration.settings.log_level
    configure_logging(level if level == "debug" else "critical")
    return configuration
