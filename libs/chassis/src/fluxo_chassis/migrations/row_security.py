"""The role that works for one tenant at a time, and what the database holds it to (ADR 0039)."""

import asyncio
import time
from collections.abc import Sequence
from dataclasses import dataclass

import asyncpg
import structlog

from fluxo_chassis.migrations.lock_waits import LOCK_TIMEOUT_S, Blockers, MigrationBlockedError, is_lock_wait
from fluxo_chassis.postgres.session import connect
from fluxo_chassis.postgres.tenants import IS_NAMED

log = structlog.get_logger(__name__)

_RETRY_PAUSE_S = 0.5

# Tables with a tenant's rows that are not held yet, or not for these roles.
_UNHELD = """
SELECT attrelid::regclass::text FROM pg_attribute JOIN pg_class ON pg_class.oid = attrelid
WHERE relnamespace = 'public'::regnamespace AND relkind IN ('r', 'p') AND attname = $1 AND NOT attisdropped
    AND NOT (
        relrowsecurity
        AND EXISTS (SELECT FROM pg_policy WHERE polrelid = attrelid AND polname = 'of_tenants')
        AND ($2::text IS NULL OR EXISTS (
            SELECT FROM pg_policy JOIN pg_roles ON pg_roles.oid = ANY (polroles)
            WHERE polrelid = attrelid AND polname = 'of_all' AND rolname = $2
        ))
    )
ORDER BY 1
"""
_HOLD = """
ALTER TABLE {table} ENABLE ROW LEVEL SECURITY;
DROP POLICY IF EXISTS of_tenants ON {table};
CREATE POLICY of_tenants ON {table} USING ({column} = {is_named});
DROP POLICY IF EXISTS of_all ON {table};
"""
_LET = "CREATE POLICY of_all ON {table} TO {role} USING (true);"

# Where the database is somebody else's, they let the role in.
_OWN_DATABASE = """
SELECT quote_ident(datname) FROM pg_database WHERE datname = current_database() AND pg_has_role(datdba, 'USAGE')
"""


@dataclass(frozen=True, slots=True)
class TenantRole:
    """`rights` are all that the role may do; of tables with the `column`, in rows of the tenants named."""

    name: str
    column: str
    rights: Sequence[str]


async def hold(owner_url: str, tenant_role: TenantRole, app_role: str | None, patience_s: float, lock: int) -> None:
    """Grant the role its rights, and hold every table of tenants' rows that is not held yet. Repeatable.

    All roles are held to the tenants that they name, but the owner and `app_role`. As with revisions, a table is
    waited for in short tries, and nobody has to wait behind.

    Raises:
        MigrationBlockedError: somebody held a lock for all of `patience_s`. What was done stays.
    """
    settings = {"lock_timeout": f"{LOCK_TIMEOUT_S * 1000:.0f}"}
    connection = await connect(owner_url, settings, application_name="migrate")
    try:
        while not await connection.fetchval("SELECT pg_try_advisory_lock($1)", lock):  # noqa: ASYNC110 - see below
            await asyncio.sleep(_RETRY_PAUSE_S)  # it may be another process that has it
        async with Blockers(owner_url, await connection.fetchval("SELECT pg_backend_pid()")) as blockers:
            for (table,) in await connection.fetch(_UNHELD, tenant_role.column, app_role):
                await _hold_one(connection, table, tenant_role.column, app_role, patience_s, blockers)
        own = await connection.fetchval(_OWN_DATABASE)
        rights = [*tenant_role.rights, *([f"CONNECT ON DATABASE {own}"] if own else [])]
        await connection.execute("".join(f"GRANT {right} TO {_quoted(tenant_role.name)};" for right in rights))
    finally:
        await connection.close()


async def _hold_one(
    connection: asyncpg.Connection,
    table: str,
    column: str,
    app_role: str | None,
    patience_s: float,
    blockers: Blockers,
) -> None:
    statements = _HOLD.format(table=table, column=column, is_named=IS_NAMED)
    if app_role is not None:
        statements += _LET.format(table=table, role=_quoted(app_role))
    started, tries = time.monotonic(), 0
    while True:
        try:
            # One transaction, as several statements at once are.
            await connection.execute(statements)
        except asyncpg.PostgresError as error:
            if not is_lock_wait(error):
                raise
        else:
            return
        tries += 1
        waited_s = time.monotonic() - started
        if waited_s >= patience_s:
            raise MigrationBlockedError(f"row-level security of {table}", waited_s, tries, blockers.last_seen)
        log.warning("a lock is taken: trying again", table=table, tries=tries, by=blockers.last_seen)
        await asyncio.sleep(_RETRY_PAUSE_S)


def _quoted(role: str) -> str:
    return '"{}"'.format(role.replace('"', '""'))
