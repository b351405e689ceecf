"""The files of deploy/elk. Filebeat, Elasticsearch and Kibana are not run here: docs/operating/observe.md says so."""

import ast
import json
import re
from pathlib import Path

import pytest
import yaml

from tests.deploy.elastic import PROPERTIES, TEMPLATE, RefusedError, field_type, parsed, store

ROOT = Path(__file__).parents[2]
ELK = ROOT / "deploy" / "elk"
LEVELS = {"debug", "info", "warning", "error", "exception", "critical"}
SAVED = [json.loads(line) for line in (ELK / "kibana" / "fluxo.ndjson").read_text(encoding="utf-8").splitlines()]
FILEBEAT = yaml.safe_load((ELK / "filebeat" / "filebeat.yml").read_text(encoding="utf-8"))


@pytest.mark.parametrize(
    ("line", "refusal"),
    [
        (b'{"message": "fine", "fluxo.stream_ids": ["1-1", "1-2"], "event.duration": 5}', None),
        (b'{"fluxo.unheard_of": 1}', "fluxo.unheard_of is not mapped."),
        (b'{"event.duration": 1.5}', "event.duration: 1.5 is no long."),
        (b'{"message": 7}', "message: 7 is no match_only_text."),
        (b'{"error": "x"}', "error is no object."),
        (b'{"error": "x", "error.type": "y"}', "error.type: error is a value already."),
        (b"[]", "The line is no JSON object."),
    ],
)
def test_what_is_stored_and_what_is_not(line, refusal):
    if refusal is None:
        store(parsed(line))
    else:
        with pytest.raises(RefusedError, match=re.escape(refusal)):
            store(parsed(line))


def logged_fields() -> set[str]:
    """Return the keywords of every call of a logger in the services and their libraries."""
    fields = set()
    for file in [*ROOT.glob("services/*/src/**/*.py"), *ROOT.glob("libs/*/src/**/*.py")]:
        for node in ast.walk(ast.parse(file.read_text(encoding="utf-8"))):
            if (
                isinstance(node, ast.Call)
                and isinstance(node.func, ast.Attribute)
                and node.func.attr in LEVELS
                and ast.unparse(node.func.value) in {"log", "self._log"}
            ):
                fields |= {keyword.arg for keyword in node.keywords if keyword.arg not in {None, "exc_info"}}
    return fields


def test_every_field_that_the_code_logs_is_mapped_and_none_that_it_does_not():
    assert {"reason", "applied", "stream_id"} <= logged_fields()
    assert set(PROPERTIES["fluxo"]["properties"]) == logged_fields()


def test_the_template_takes_what_filebeat_sends():
    index = FILEBEAT["output.elasticsearch"]["index"]
    (pattern,) = TEMPLATE["index_patterns"]
    assert re.fullmatch(pattern.replace("*", ".*"), index)
    added = [each["add_fields"] for each in FILEBEAT["processors"] if "add_fields" in each]
    document = {each["target"]: each["fields"] for each in added}
    store(document)
    assert index == "-".join(document["data_stream"][part] for part in ("type", "dataset", "namespace"))


def test_filebeat_reads_every_line_as_ecs():
    for read in FILEBEAT["filebeat.inputs"]:
        assert read["type"] == "filestream"
        assert read["parsers"][-1]["ndjson"] == {
            "target": "", "expand_keys": True, "overwrite_keys": True, "ignore_decoding_error": True
        }  # fmt: skip


def test_saved_objects_lead_to_each_other():
    there = {(each["type"], each["id"]) for each in SAVED}
    assert len(there) == len(SAVED)
    for each in SAVED:
        assert {(reference["type"], reference["id"]) for reference in each["references"]} <= there
        assert "indexRefName" not in json.dumps(each) or each["references"]
    (dashboard,) = [each for each in SAVED if each["type"] == "dashboard"]
    panels = json.loads(dashboard["attributes"]["panelsJSON"])
    assert {panel["panelRefName"] for panel in panels} == {each["name"] for each in dashboard["references"]}


def test_saved_objects_show_only_fields_that_are_mapped():
    (view,) = [each for each in SAVED if each["type"] == "index-pattern"]
    assert view["attributes"]["title"] == TEMPLATE["index_patterns"][0]
    fields = {view["attributes"]["timeFieldName"]}
    for each in SAVED:
        fields |= set(each["attributes"].get("columns", []))
        aggregations = json.loads(each["attributes"].get("visState", "{}")).get("aggs", [])
        grouped = {each["params"]["field"] for each in aggregations if each["type"] == "terms"}
        assert {field_type(field) for field in grouped} <= {"keyword", "long"}
        fields |= {each["params"]["field"] for each in aggregations if "field" in each["params"]}
        source = each["attributes"].get("kibanaSavedObjectMeta", {}).get("searchSourceJSON", "{}")
        fields |= set(re.findall(r"([a-z_.]+) :", json.loads(source).get("query", {}).get("query", "")))
    assert {field for field in fields if field_type(field) is None} == set()
    assert len(fields) > 8


def test_the_apm_server_takes_otlp_where_compose_says():
    server = yaml.safe_load((ELK / "apm-server" / "apm-server.yml").read_text(encoding="utf-8"))
    assert server["apm-server"]["host"].endswith(":8200")
