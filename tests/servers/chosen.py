"""A plugin of pytest: the servers that this process starts are of the programs that these variables name.

`FLUXO_SERVERS_POSTGRES` is a folder of PostgreSQL's programs, `FLUXO_SERVERS_REDIS` a Redis or Valkey server.
"""

import os
from pathlib import Path

from fluxo_local.embedded import postgres, valkey
from fluxo_local.embedded.binaries import PostgresBinaries, ValkeyBinary

if programs := os.environ.get("FLUXO_SERVERS_POSTGRES"):
    postgres.find_postgres = lambda: PostgresBinaries(Path(programs), "chosen")
if program := os.environ.get("FLUXO_SERVERS_REDIS"):
    valkey.find_valkey = lambda: ValkeyBinary(Path(program), "chosen")
