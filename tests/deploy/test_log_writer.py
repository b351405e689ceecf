"""How PostgreSQL writes its log beside commits: the same wherever it is started, and as scale.md tells others."""

import re
from pathlib import Path

from fluxo_local.embedded.postgres import SETTINGS

from tests.deploy.dockerfile import ROOT

FILES = (
    "deploy/compose/compose.yaml",
    "deploy/helm/fluxo/templates/databases.yaml",
    "docs/operating/scale.md",
)


def told(file: Path) -> dict[str, str]:
    return dict(re.findall(r"(wal_writer_\w+|min_wal_size)(?: ?= ?|: )(\w+)", file.read_text()))


def test_every_server_writes_its_log_as_the_embedded_one():
    own = {name: SETTINGS[name] for name in ("wal_writer_delay", "wal_writer_flush_after", "min_wal_size")}
    assert {file: told(ROOT / file) for file in FILES} == dict.fromkeys(FILES, own)
