import re
import subprocess
import sys

import jsonschema_rs
import msgspec
from fluxo_contracts.asyncapi import document
from fluxo_contracts.entry_recorded import EVENT, EXAMPLE, decode
from fluxo_contracts.event_type import EventType, Operation
from fluxo_contracts.events import EVENTS


def resolve(reference: str):
    node = document()
    for part in reference.removeprefix("#/").split("/"):
        node = node[part]
    return node


def test_the_example_is_an_event_that_really_decodes():
    example = document()["components"]["messages"]["entryRecorded"]["examples"][0]["payload"]
    assert decode(msgspec.json.encode(example)) == EXAMPLE


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
        "publishMerchant": "send",
        "projectMerchant": "receive",
        "publishApiKey": "send",
        "projectApiKey": "receive",
        "buryEvent": "send",
    }
    addresses = {resolve(operation["channel"]["$ref"])["address"] for operation in operations.values()}
    assert addresses == {"fluxo.entries", "fluxo.entries.dead"}


class MerchantClosed(msgspec.Struct, kw_only=True):
    type: str = "fluxo.merchant.closed.v1"
    name: str


def test_an_event_that_is_added_to_the_list_is_in_the_whole_document():
    added = EventType(
        name="fluxo.merchant.closed.v1",
        message="merchantClosed",
        title="Merchant closed",
        summary="A merchant has another name.",
        struct=MerchantClosed,
        example=MerchantClosed(name="Padaria"),
        channel="entries",
        sent=Operation(name="publishClosing", summary="It is published."),
        received=(Operation(name="noteMerchant", summary="It is noted."),),
    )
    grown = document([EVENT, added])
    assert list(grown["channels"]["entries"]["messages"]) == ["entryRecorded", "merchantClosed"]
    assert {name: operation["action"] for name, operation in grown["operations"].items()} == {
        "publishEntry": "send",
        "projectEntry": "receive",
        "publishClosing": "send",
        "noteMerchant": "receive",
        "buryEvent": "send",
    }
    message = grown["components"]["messages"]["merchantClosed"]
    assert message["name"] == "fluxo.merchant.closed.v1"
    assert message["examples"][0]["payload"] == {"type": "fluxo.merchant.closed.v1", "name": "Padaria"}
    assert grown["components"]["schemas"]["MerchantClosed"]["required"] == ["type", "name"]


def test_every_event_has_a_type_of_its_own_that_ends_in_its_version():
    types = [event.name for event in EVENTS]
    assert len(set(types)) == len(types)
    assert all(re.fullmatch(r"fluxo(\.[a-z-]+){2}\.v[0-9]+(\.[0-9]+)?", each) for each in types)


def test_the_command_prints_the_document():
    printed = subprocess.run([sys.executable, "-m", "fluxo_contracts", "asyncapi"], capture_output=True, check=True)
    assert msgspec.json.decode(printed.stdout) == document()
