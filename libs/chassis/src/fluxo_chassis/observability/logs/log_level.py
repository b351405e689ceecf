"""From which level on a process logs: as configured, and from DEBUG on for as long as an operator wants it."""

import logging
from typing import Any

import structlog

log = structlog.get_logger(__name__)

# Their INFO lines repeat every request and every migration step.
_TALKATIVE = ("httpx2", "httpcore2", "alembic", "asyncio", "urllib3")


class ProcessLogger(structlog.make_filtering_bound_logger(logging.INFO)):  # type: ignore[misc]
    """What every logger is, those kept since their first line too: what this class lets through, all let through.

    Its base has a method that does nothing for each level below, so a line that is left out costs a call.
    """


_configured = logging.INFO


def configure_level(level: int) -> None:
    global _configured  # noqa: PLW0603 - there is one level in a process, as there is one standard output
    _configured = level
    _let_through(level)


def is_always_written(level: int) -> bool:
    """Whether such lines are written now and whatever an operator says: he may ask for more, never for less."""
    return level >= _configured


def say_debug() -> None:
    """Log from DEBUG on, and say so."""
    _let_through(logging.DEBUG)
    log.info("the log level is debug now", configured=_name(_configured))


def say_as_configured() -> None:
    """Log from the configured level on again, and say so whatever that is."""
    _let_through(logging.DEBUG)
    log.info("the log level is as configured again", configured=_name(_configured))
    _let_through(_configured)


def _let_through(level: int) -> None:
    base: Any = structlog.make_filtering_bound_logger(level)
    ProcessLogger.__bases__ = (base,)
    logging.getLogger().setLevel(max(level, logging.INFO))
    for name in _TALKATIVE:
        logging.getLogger(name).setLevel(max(level, logging.WARNING))


def _name(level: int) -> str:
    return logging.getLevelName(level).lower()
