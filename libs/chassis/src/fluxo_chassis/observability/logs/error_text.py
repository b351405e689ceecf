"""What a log line says about an exception: what happened and where, and no data.

PostgreSQL repeats whole rows in its DETAIL, Pydantic the input in its further lines; the first says what happened.
"""

import sys
import textwrap
import traceback


def error_message(error: BaseException) -> str:
    """The first line of what it says; nothing of one about a value, which would stand in it."""
    # Not imported here: a process that has not loaded it has none of its errors, nor the room to spare.
    asyncpg = sys.modules.get("asyncpg")
    if asyncpg is not None and isinstance(error, asyncpg.DataError):
        return ""
    return str(error).partition("\n")[0]


def stack_trace(error: BaseException) -> str:
    """As Python shows it, oldest cause first, with the first line of each message only."""
    cause = error.__cause__ or (None if error.__suppress_context__ else error.__context__)
    text = f"{stack_trace(cause)}\nThat led to:\n" if cause is not None else ""
    text += (
        f"Traceback (most recent call last):\n{''.join(traceback.format_tb(error.__traceback__))}{_headline(error)}\n"
    )
    if isinstance(error, BaseExceptionGroup):
        text += "".join(textwrap.indent(stack_trace(each), "  | ") for each in error.exceptions)
    return text


def _headline(error: BaseException) -> str:
    name = f"{type(error).__module__}.{type(error).__qualname__}".removeprefix("builtins.")
    message = error_message(error)
    return f"{name}: {message}" if message else name
