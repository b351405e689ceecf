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


OF_THE_LOG = r"wal_writer_\w+|min_wal_size"


def told(file: Path) -> dict[str, str]:
    return dict(re.findall(rf"({OF_THE_LOG})(?: ?= ?|: )(\w+)", file.read_text()))


def test_every_server_writes_its_log_as_the_embedded_one():
    own = {name: value for name, value in SETTINGS.items() if re.fullmatch(OF_THE_LOG, name)}
    assert len(own) == 3
    assert {file: told(ROOT / file) for file in FILES} == dict.fromkeys(FILES, own)
