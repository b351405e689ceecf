"""pgbench with Fluxo's own statement: what PostgreSQL and its disk allow."""

from functools import partial

from fluxo_local.embedded.binaries import find_postgres

from benchmarks.bound_database import BoundDatabase
from benchmarks.peers.peer import Peer
from benchmarks.system import System


def bound(system: System) -> Peer:
    database = BoundDatabase(system)
    return Peer(
        name="pgbench",
        version=find_postgres().version(),
        differs="No ledger: Fluxo's own statement (entry, key, event) from a client in C, without HTTP or a balance.",
        entries=0,
        asks={"entry": partial(database.pgbench, percentiles=True)},
        settle=lambda: None,
    )
