"""The API process."""

import asyncio
from contextlib import AsyncExitStack
from typing import Final

import asyncpg
from fluxo_chassis.auth import TokenVerifier
from fluxo_chassis.auth.jwks import JwksKeys
from fluxo_chassis.health import Health
from fluxo_chassis.http.server import serve
from fluxo_chassis.observability.logs import configure_logging
from fluxo_chassis.observability.traces.spans import exported_as_configured
from fluxo_chassis.postgres import Notifications, breaker_for, open_pool, ping, refuse_transaction_pooling
from fluxo_chassis.postgres.api_keys import PostgresApiKeys
from fluxo_chassis.process import SystemClock
from fluxo_chassis.redis import ping_redis
from fluxo_chassis.resilience import Bulkhead
from fluxo_chassis.resilience.rate_limits import RateLimits

from fluxo_balances.adapters.postgres.api_key_uses import PostgresApiKeyUses
from fluxo_balances.adapters.postgres.consolidation import PROJECTION_CHANNEL, PostgresConsolidation
from fluxo_balances.adapters.postgres.daily_balances import DAY_STATEMENTS_MAX, PostgresDailyBalances
from fluxo_balances.adapters.postgres.merchant_positions import PostgresMerchantPositions, merchants_of
from fluxo_balances.adapters.redis.near_cache import NearBalanceCache
from fluxo_balances.application.reading.await_entry import AwaitEntry
from fluxo_balances.application.reading.follow_changes import FollowChanges
from fluxo_balances.application.reading.get_category_totals import GetCategoryTotals
from fluxo_balances.application.reading.get_daily_balance import GetDailyBalance
from fluxo_balances.application.reading.get_daily_balances import GetDailyBalances
from fluxo_balances.application.reading.list_api_key_uses import ListApiKeyUses
from fluxo_balances.application.reading.ports import Consolidation
from fluxo_balances.application.use_cases import ApiUseCases
from fluxo_balances.entrypoints.http.answer_cache import AnswerCache
from fluxo_balances.entrypoints.http.app import create_balances_app
from fluxo_balances.entrypoints.http.conditional_response import CachedResponses
from fluxo_balances.entrypoints.http.fast_reading import FastReading
from fluxo_balances.entrypoints.http.local_fast_path import LocalFastPath
from fluxo_balances.settings import ApiSettings

TENANT_CLAIM: Final = "merchant_id"

DAYS_RUNNING_MAX: Final = 32
"""They share statements: many at once are less work than one after the other."""

RANGES_RUNNING_MAX: Final = 6
READS_WAITING_MAX: Final = 1_000
READ_WAIT_MAX_S: Final = 1.0

READ_TIMEOUT_S: Final = 1.0
"""A read takes a millisecond; a database that has not answered by then is unavailable."""

# Beside the readers: the health check and the look-ups (of awaited entries, of changes) must never queue behind them.
CONNECTIONS_MAX: Final = RANGES_RUNNING_MAX + DAY_STATEMENTS_MAX + 2

CACHE_TIMEOUT_S: Final = 0.25
"""A cache slower than that is no help: the database answers in a millisecond."""


async def run_api(settings: ApiSettings, stop: asyncio.Event) -> None:
    """Serve the balances until asked to stop."""
    configure_logging(settings, "fluxo-balances")
    breaker = breaker_for("balances-database")
    async with AsyncExitStack() as opened:
        opened.enter_context(exported_as_configured(settings, "fluxo-balances"))
        await refuse_transaction_pooling(settings.balances_database_url, "FLUXO_BALANCES_DATABASE_URL")
        pool = await opened.enter_async_context(
            await open_pool(
                settings.balances_database_url,
                application_name=settings.instance,
                max_size=CONNECTIONS_MAX,
                command_timeout_s=READ_TIMEOUT_S,
                breaker=breaker,
            )
        )
        notifications = await opened.enter_async_context(
            Notifications(settings.balances_database_url, PROJECTION_CHANNEL)
        )
        consolidation = await opened.enter_async_context(PostgresConsolidation(pool, notifications))
        verifier = TokenVerifier(
            JwksKeys(settings.auth_jwks_url),
            issuer=settings.auth_issuer,
            audience=settings.auth_audience,
            tenant_claim=TENANT_CLAIM,
            api_keys=PostgresApiKeys(pool),
        )
        cache = await opened.enter_async_context(
            NearBalanceCache(settings.cache_url, CACHE_TIMEOUT_S, prepare=CachedResponses)
        )
        for_days, for_ranges = (
            Bulkhead(name, running_max=running_max, waiting_max=READS_WAITING_MAX, wait_max_s=READ_WAIT_MAX_S)
            for name, running_max in (("balances-days", DAYS_RUNNING_MAX), ("balances-ranges", RANGES_RUNNING_MAX))
        )
        health = Health()
        health.add("database", lambda: ping(pool), required=False)
        health.add("database-circuit", breaker.observe, required=False)
        health.add("days-bulkhead", for_days.observe, required=False)
        health.add("ranges-bulkhead", for_ranges.observe, required=False)
        health.add("token-issuer", verifier.observe, required=False)
        health.add("cache", lambda: ping_redis(cache.redis), required=False)
        health.add("cache-circuit", cache.behind.breaker.observe, required=False)
        health.require_any("database", "cache")
        answers = AnswerCache(cache, for_days, for_ranges, lambda: health.status("database") == "fail")
        changes = FollowChanges(PostgresMerchantPositions(pool), answers)
        notifications.hearers.append(lambda payload: changes.hear(merchants_of(payload)))
        use_cases = assemble(pool, consolidation, changes, answers)
        app = create_balances_app(
            use_cases, answers, health=health, verifier=verifier, cors_origins=settings.cors_origins
        )
        limits = None if settings.rate_limit_per_s is None else RateLimits(settings.rate_limit_per_s)
        app.state.rate_limits = limits
        ready = LocalFastPath(answers, verifier, limits)
        fast = FastReading(use_cases.get_daily_balance, answers, verifier, limits)
        async with asyncio.TaskGroup() as tasks:
            tasks.create_task(changes.watch(stop))
            await serve(app, settings, stop, fast_path=ready, fast_route=fast)


def assemble(
    pool: asyncpg.Pool,
    consolidation: Consolidation,
    changes: FollowChanges,
    answers: AnswerCache,
) -> ApiUseCases:
    """Return the use cases on top of what was opened for them."""
    balances = PostgresDailyBalances(pool)
    return ApiUseCases(
        get_daily_balance=GetDailyBalance(balances),
        get_daily_balances=GetDailyBalances(balances),
        get_category_totals=GetCategoryTotals(balances),
        await_entry=AwaitEntry(consolidation, answers, SystemClock()),
        follow_changes=changes,
        list_api_key_uses=ListApiKeyUses(PostgresApiKeyUses(pool)),
    )
