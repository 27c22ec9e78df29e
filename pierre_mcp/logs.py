"""Logging: to stderr always, for people on a terminal and as JSON otherwise.

stdout belongs to the protocol. Values of local variables never enter a traceback, because they may
hold tokens or health data. What looks like a secret is taken out of every line, whoever wrote it.
"""

import logging
import sys

import structlog
from structlog.types import Processor

from pierre_mcp.client.redaction import redact

_TELL_TOO_MUCH = ("aiosqlite", "alembic", "asyncpg", "sqlalchemy")
"""Below WARNING they quote statements with their values: sealed tokens, hashes, names."""


def configure_logging(level: str) -> None:
    """Send our logs and those of libraries to stderr, from ``level`` on."""
    threshold = logging.getLevelNamesMapping()[level.upper()]
    on_terminal = sys.stderr.isatty()
    plain = structlog.dev.plain_traceback
    shared: list[Processor] = [
        structlog.contextvars.merge_contextvars,
        structlog.stdlib.add_log_level,
        structlog.processors.TimeStamper(fmt="iso", utc=True),
    ]
    renderer: Processor = (
        structlog.dev.ConsoleRenderer(exception_formatter=plain)
        if on_terminal
        else structlog.processors.JSONRenderer()
    )
    # Exceptions become text first, so that they too are without secrets.
    last: list[Processor] = [structlog.processors.format_exc_info, redact, renderer]
    structlog.configure(
        processors=[*shared, *last],
        wrapper_class=structlog.make_filtering_bound_logger(threshold),
        logger_factory=structlog.PrintLoggerFactory(sys.stderr),
        cache_logger_on_first_use=False,
    )
    handler = logging.StreamHandler(sys.stderr)
    handler.setFormatter(
        structlog.stdlib.ProcessorFormatter(
            processors=[structlog.stdlib.ProcessorFormatter.remove_processors_meta, *last],
            foreign_pre_chain=shared,
        )
    )
    # The SDK tells of every request at INFO; that is for those who ask for debug.
    logging.basicConfig(
        level=max(threshold, logging.WARNING) if threshold > logging.DEBUG else threshold,
        handlers=[handler],
        force=True,
    )
    for library in _TELL_TOO_MUCH:
        logging.getLogger(library).setLevel(logging.WARNING)
