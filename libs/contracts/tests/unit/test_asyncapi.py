import subprocess
import sys

import jsonschema_rs
import msgspec
from fluxo_contracts.asyncapi import document
from fluxo_contracts.entry_recorded import decode
from fluxo_contracts.example import ENTRY_RECORDED


def resolve(reference: str):
    node = document()
    for part in reference.removeprefix("#/").split("/"):
        node = node[part]
    return node


def test_the_example_is_an_event_that_really_decodes():
    example = document()["components"]["messages"]["entryRecorded"]["examples"][0]["payload"]
    assert decode(msgspec.json.encode(example)) == ENTRY_RECORDED


def test_the_schema_accepts_the_example_and_refuses_what_the_decoder_refuses():
    schema = {"$ref": "#/components/schemas/EntryRecorded", "components": document()["components"]}
    validator = jsonschema_rs.validator_for(schema)
    example = document()["components"]["messages"]["entryRecorded"]["examples"][0]["payload"]
    assert validator.is_valid(example)
    assert not validator.is_valid(example | {"subject": "m 1"})
    assert not validator.is_valid(example | {"data": example["data"] | {"amount_minor": 0}})
    assert not validator.is_valid({name: value for name, value in example.items() if name != "type"})


def test_every_reference_leads_somewhere():
    references = []

    def walk(node):
        for key, value in node.items() if isinstance(node, dict) else enumerate(node):
            if key == "$ref":
                references.append(value)
            elif isinstance(value, dict | list):
                walk(value)

    walk(document())
    assert references
    assert all(resolve(reference) for reference in references)


def test_both_services_find_themselves_in_it():
    operations = document()["operations"]
    assert {name: operation["action"] for name, operation in operations.items()} == {
        "publishEntry": "send",
        "projectEntry": "receive",
        "buryEvent": "send",
    }
    addresses = {resolve(operation["channel"]["$ref"])["address"] for operation in operations.values()}
    assert addresses == {"fluxo.entries", "fluxo.entries.dead"}


def test_the_command_prints_the_document():
    printed = subprocess.run([sys.executable, "-m", "fluxo_contracts", "asyncapi"], capture_output=True, check=True)
    assert msgspec.json.decode(printed.stdout) == document()
