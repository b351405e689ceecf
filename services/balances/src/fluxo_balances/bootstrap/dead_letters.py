"""The process behind `fluxo dead-letters`: answers on standard output, log on standard error."""

import sys
from collections.abc import Sequence
from contextlib import AsyncExitStack
from typing import Final, Literal

import structlog
from fluxo_chassis.observability.logs import configure_logging
from fluxo_chassis.postgres import open_pool
from fluxo_chassis.process import SystemClock
from fluxo_chassis.redis import RedisClient, RedisError

from fluxo_balances.adapters.events import EventReader
from fluxo_balances.adapters.postgres.projection import PostgresProjection
from fluxo_balances.adapters.redis.balance_cache import RedisBalanceCache
from fluxo_balances.adapters.redis.dead_letters import RedisDeadLetters
from fluxo_balances.application.ports import CacheUnavailableError, ReadModelUnavailableError
from fluxo_balances.application.projecting.redrive_dead_letter import RedriveDeadLetter
from fluxo_balances.entrypoints.dead_letters import DeadLetterCommands
from fluxo_balances.settings import DeadLetterSettings

STATEMENT_TIMEOUT_S: Final = 10.0


async def run_dead_letters(
    settings: DeadLetterSettings, action: Literal["show", "redrive", "discard"], letter_ids: Sequence[str] | None
) -> None:
    """Show, redrive or discard the letters named, or all.

    Raises:
        SystemExit: a server is unavailable, with a sentence that says which.
    """
    to_standard_error = {"log_format": "json", "log_destinations": ("stdout",)}
    configure_logging(settings.model_copy(update=to_standard_error), "fluxo-balances")
    structlog.configure(logger_factory=structlog.BytesLoggerFactory(sys.stderr.buffer))
    async with AsyncExitStack() as opened:
        pool = await opened.enter_async_context(
            await open_pool(
                settings.balances_database_url,
                application_name=settings.instance,
                min_size=0,
                command_timeout_s=STATEMENT_TIMEOUT_S,
            )
        )
        streams = await opened.enter_async_context(RedisClient(settings.streams_url))
        cache = await opened.enter_async_context(RedisClient(settings.cache_url))

        letters = RedisDeadLetters(streams)
        projection, answers = PostgresProjection(pool), RedisBalanceCache(cache)
        reader = EventReader(settings.event_keys())
        redrive = RedriveDeadLetter(letters, projection, answers, SystemClock(), reader.told_by)
        commands = DeadLetterCommands(letters, redrive, sys.stdout.buffer)
        try:
            await {"show": commands.show, "redrive": commands.redrive, "discard": commands.discard}[action](letter_ids)
        except ReadModelUnavailableError as error:
            raise SystemExit("The balances database cannot be reached; the letter stays.") from error
        except CacheUnavailableError as error:
            raise SystemExit(
                "The cache cannot be reached: the event is applied, but old answers may be in the cache. "
                "The letter stays: redrive it again when the cache is back."
            ) from error
        except RedisError as error:
            raise SystemExit(f"The streams server cannot be reached: {error}") from error
