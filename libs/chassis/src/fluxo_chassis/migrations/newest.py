import asyncio
from concurrent.futures import ThreadPoolExecutor
from importlib.resources import files
from urllib.parse import unquote, urlsplit

import asyncpg
import structlog

from fluxo_chassis.migrations.row_security import TenantRole, hold

log = structlog.get_logger(__name__)

PATIENCE_S = 30.0

# Any constant will do, as long as every version of the program locks the same.
LOCK = 7_381_204_117


def migrate(
    scripts: str,
    *,
    owner_url: str,
    app_role: str | None,
    tenant_role: TenantRole | None = None,
    patience_s: float = PATIENCE_S,
) -> None:
    """Brings a database to the newest revision of `scripts` (`"package:folder"`, revisions in its `versions/`).

    Each revision is one transaction. Processes that migrate at the same time wait for each other. A revision grants
    `app_role` what it needs (`grants.grant`). The files of revisions begin with their number. After them comes what
    `tenant_role` may do and is held to, which may be named long after the revisions have run.

    Every statement on a table queues behind a revision that waits for its lock. So a revision waits for a moment only,
    lets everybody pass, and tries again, for `patience_s` at most.

    Raises:
        MigrationBlockedError: somebody held a lock for all of that time. What was done before stays.
    """
    with ThreadPoolExecutor(1, "migrate") as thread:
        # In a thread of its own, because the caller's may already run an event loop.
        is_newest = thread.submit(asyncio.run, _is_newest(scripts, owner_url)).result()
    if not is_newest:
        # Alembic takes a second to load, and at most starts there is nothing for it to do.
        from fluxo_chassis.migrations.runner import upgrade  # noqa: PLC0415 - see above

        upgrade(scripts, owner_url=owner_url, app_role=app_role, patience_s=patience_s)
    if tenant_role is not None:
        with ThreadPoolExecutor(1, "migrate") as thread:
            thread.submit(asyncio.run, hold(owner_url, tenant_role, app_role, patience_s, LOCK)).result()
    log.info("migrated", scripts=scripts)


async def _is_newest(scripts: str, owner_url: str) -> bool:
    package, _, folder = scripts.partition(":")
    names = (each.name for each in files(package).joinpath(folder, "versions").iterdir())
    newest = max((name.partition("_")[0] for name in names if name.endswith(".py")), default=None)
    connection = await asyncpg.connect(owner_url)
    try:
        # A revision and its number are committed together.
        return bool(await connection.fetchval("SELECT version_num FROM alembic_version") == newest)
    except asyncpg.UndefinedTableError:
        return False
    finally:
        await connection.close()


def app_role_of(app_url: str, owner_url: str) -> str | None:
    """The role in the application's URL; None when the application connects as the owner and needs no grants."""
    role = _user_of(app_url)
    return None if role == _user_of(owner_url) else role


def api_role_of(api_url: str | None, owner_url: str, app_role: str | None) -> str | None:
    """The role in the API's URL; None, which is warned of, when the API has none of its own."""
    role = None if api_url is None else app_role_of(api_url, owner_url)
    if role is not None and role != app_role:
        return role
    log.warning("the API has no role of its own: row-level security is off")
    return None


def _user_of(url: str) -> str | None:
    user = urlsplit(url).username
    return None if user is None else unquote(user)
