"""Puts a backup in the place of both databases, each in one transaction; both are committed at the end, together.

Between the two, what Redis holds is removed: it may hold events of entries that the restored databases do not have.
"""

import subprocess
import sys
import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import ExitStack, contextmanager
from typing import Final

from fluxo_local.errors import CommandError

from fluxo_cli.operations.archive import SERVICES, Archive, Dump
from fluxo_cli.operations.postgres_client import Psql
from fluxo_cli.operations.service_databases import ServiceDatabase, service_database

_UNCHANGED: Final = "Both databases are as they were."
_VERSIONS_PER_MAJOR: Final = 10_000

# Everything of ours goes, also what a later schema added. Extensions stay. A routine may have gone with one that it
# calls.
_CLEAR: Final = """
SET client_min_messages = warning;
SET lock_timeout = '10s';
SET default_transaction_read_only = on;
BEGIN READ WRITE;
DO $$
DECLARE
    statement text;
BEGIN
    FOREACH statement IN ARRAY ARRAY(
        SELECT format('DROP SCHEMA %I CASCADE', nspname) FROM pg_namespace
        WHERE pg_get_userbyid(nspowner) = current_user AND nspname !~ '^(public$|pg_|information_schema$)'
        UNION ALL
        SELECT format('DROP TABLE %s CASCADE', oid::regclass) FROM pg_class
        WHERE relnamespace = 'public'::regnamespace AND relkind IN ('r', 'p') AND NOT relispartition
        UNION ALL
        SELECT format('DROP ROUTINE IF EXISTS %s CASCADE', oid::regprocedure) FROM pg_proc
        WHERE pronamespace = 'public'::regnamespace
            AND NOT EXISTS (SELECT FROM pg_depend WHERE objid = pg_proc.oid AND deptype = 'e')
    )
    LOOP
        EXECUTE statement;
    END LOOP;
END
$$;
"""
# A COMMIT in a dump fails, and with it the transaction; behind a ROLLBACK nothing can be written.
_HOLD: Final = """
CREATE FUNCTION public.refuse_early_commit() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF current_setting('fluxo.restored', true) IS DISTINCT FROM 'yes' THEN
        RAISE EXCEPTION 'the dump would end the transaction of the restore';
    END IF;
    RETURN NULL;
END
$$;
CREATE TABLE public.restore_under_way (is_it boolean);
CREATE CONSTRAINT TRIGGER is_not_committed AFTER INSERT ON public.restore_under_way
    DEFERRABLE INITIALLY DEFERRED FOR EACH ROW EXECUTE FUNCTION public.refuse_early_commit();
INSERT INTO public.restore_under_way VALUES (true);
"""
_RELEASE: Final = """
SET LOCAL fluxo.restored = 'yes';
SET CONSTRAINTS ALL IMMEDIATE;
DROP TABLE public.restore_under_way;
DROP FUNCTION public.refuse_early_commit();
"""

# The relay must publish the outbox from its oldest row, whatever the stream once held.
_FINISH: Final = {"entries": "SELECT public.raise_outbox_generation(); ANALYZE;", "balances": "ANALYZE;"}

_TABLES: Final = "SELECT count(*) FROM pg_tables WHERE schemaname = 'public';"
_VERSION: Final = "SHOW server_version_num;"
_OTHERS: Final = """
SELECT count(*) FROM pg_stat_activity
WHERE datname = current_database() AND usename IS NOT NULL AND pid <> pg_backend_pid();
"""
_OTHERS_LEAVE_WITHIN_S: Final = 3.0
"""A session that was just closed is on the server's list for a moment longer."""


class Target:
    """The databases to be replaced, by service, each in a session of its own."""

    def __init__(self, environment: Mapping[str, str], sessions: Mapping[str, Psql]) -> None:
        self._environment = environment
        self._sessions = sessions

    @property
    def is_empty(self) -> bool:
        return all(psql.run(_TABLES) == ["0"] for psql in self._sessions.values())

    def replace(self, archive: Archive, fed: Callable[[int], object]) -> None:
        """Replace both databases; `fed` is called with the number of bytes that went in.

        Raises:
            CommandError: it failed, with a sentence that says what state things are in.
        """
        with _telling(_UNCHANGED):
            for service, psql in self._sessions.items():
                psql.run(_CLEAR)
                psql.run(_HOLD)
                psql.run_dump(archive.dump(service), fed)
                psql.run(_RELEASE)
                psql.run(_FINISH[service])
        with _telling(f"{_UNCHANGED} Events in Redis may be gone: the relay publishes them again."):
            _empty_redis(self._environment)
        with _telling("It may be half done: run the restore again before you start the system."):
            for psql in self._sessions.values():
                psql.run("COMMIT;")


@contextmanager
def restore_target(archive: Archive, environment: Mapping[str, str]) -> Iterator[Target]:
    """Connect to both databases as their owners.

    Raises:
        CommandError: the backup does not fit there, or somebody is connected.
    """
    with ExitStack() as opened:
        sessions = {}
        for service in SERVICES:
            database = service_database(service, environment)
            sessions[service] = opened.enter_context(Psql(database.owner_url))
            _refuse_unfit(database, sessions[service], archive.manifest.dumps[service])
        yield Target(environment, sessions)


def _refuse_unfit(database: ServiceDatabase, psql: Psql, dump: Dump) -> None:
    if others := _others_that_stay(psql):
        raise CommandError(
            f"{others} others are connected to the {database.service} database: stop every process of Fluxo first."
        )
    ours, its = int(psql.run(_VERSION)[0]) // _VERSIONS_PER_MAJOR, dump.server_version // _VERSIONS_PER_MAJOR
    if ours < its:
        raise CommandError(f"The backup is of PostgreSQL {its}, and the server for the {database.service} is {ours}.")
    if dump.app_role != database.app_role:
        raise CommandError(
            f"The {database.service} service works as {database.app_role or 'the owner'}, and the backup grants its "
            f"rights to {dump.app_role or 'the owner only'}: give the role in its URL that name."
        )
    if dump.api_role not in ("", database.api_role):
        raise CommandError(
            f"The backup grants rights to {dump.api_role}, the role of the {database.service} API alone, and here that "
            f"is {database.api_role or 'not named'}: name it in FLUXO_{database.service.upper()}_API_DATABASE_URL."
        )


def _others_that_stay(psql: Psql) -> int:
    patience_ends = time.monotonic() + _OTHERS_LEAVE_WITHIN_S
    while (others := int(psql.run(_OTHERS)[0])) and time.monotonic() < patience_ends:
        time.sleep(0.1)
    return others


def _empty_redis(environment: Mapping[str, str]) -> None:
    emptied = subprocess.run(
        [sys.executable, "-m", "fluxo_balances", "empty-redis"],
        env=dict(environment),
        capture_output=True,
        text=True,
        check=False,
    )
    if emptied.returncode != 0:
        raise CommandError(emptied.stderr.strip())


@contextmanager
def _telling(state: str) -> Iterator[None]:
    try:
        yield
    except (CommandError, OSError) as error:
        raise CommandError(f"The restore failed: {error}\n{state}") from error
