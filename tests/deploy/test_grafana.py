import json
import shutil
import subprocess
from pathlib import Path

import pytest
import yaml

from tests.deploy.expressions import DASHBOARDS, ROOT, in_dashboards

PROVISIONING = ROOT / "deploy" / "grafana" / "provisioning"
BOARDS = {file.stem: json.loads(file.read_text(encoding="utf-8")) for file in DASHBOARDS}

each_board = pytest.mark.parametrize("board", BOARDS.values(), ids=BOARDS)


def test_there_are_three_dashboards_each_with_an_address_of_its_own():
    assert sorted(BOARDS) == ["business", "pipeline", "services"]
    assert {name: board["uid"] for name, board in BOARDS.items()} == {name: f"fluxo-{name}" for name in BOARDS}


@each_board
def test_panels_have_ids_and_places_of_their_own(board):
    panels = board["panels"]
    assert len({panel["id"] for panel in panels}) == len(panels)
    taken = set()
    for place in (panel["gridPos"] for panel in panels):
        assert place["x"] + place["w"] <= 24
        cells = {
            (x, y)
            for x in range(place["x"], place["x"] + place["w"])
            for y in range(place["y"], place["y"] + place["h"])
        }
        assert not cells & taken
        taken |= cells


@each_board
def test_every_query_goes_to_the_datasource_that_the_reader_chose(board):
    variable = board["templating"]["list"][0]
    assert (variable["name"], variable["type"], variable["query"]) == ("datasource", "datasource", "prometheus")
    asking = [panel for panel in board["panels"] if panel["type"] != "row"]
    asking += [target for panel in asking for target in panel["targets"]] + board["annotations"]["list"]
    assert {json.dumps(each["datasource"]) for each in asking} == {'{"type": "prometheus", "uid": "${datasource}"}'}


def test_the_datasource_that_is_set_up_is_the_one_that_dashboards_begin_with():
    (datasource,) = yaml.safe_load((PROVISIONING / "datasources" / "prometheus.yaml").read_text())["datasources"]
    assert {board["templating"]["list"][0]["current"]["value"] for board in BOARDS.values()} == {datasource["uid"]}


@pytest.mark.skipif(shutil.which("promtool") is None, reason="promtool is missing: apt install prometheus")
def test_every_expression_is_promql(tmp_path: Path):
    records = [{"record": f"panel:{number}", "expr": each.text} for number, each in enumerate(in_dashboards())]
    rules = tmp_path / "panels.yaml"
    rules.write_text(yaml.safe_dump({"groups": [{"name": "panels", "rules": records}]}))
    ended = subprocess.run(["promtool", "check", "rules", rules], capture_output=True, text=True, check=False)
    assert ended.returncode == 0, ended.stdout + ended.stderr


def test_no_dashboard_names_a_merchant_or_an_amount():
    for each in in_dashboards():
        assert "merchant" not in each.text
        assert "amount" not in each.text
