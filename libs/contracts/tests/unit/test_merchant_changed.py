import msgspec
import pytest
from fluxo_contracts.envelope import OtherEventError, UndecodableEventError, encode
from fluxo_contracts.merchant_changed import EXAMPLE, decode

EVENT = msgspec.json.decode(encode(EXAMPLE))


def test_an_event_decodes_to_what_was_encoded_and_what_a_newer_producer_adds_is_ignored():
    assert decode(encode(EXAMPLE)) == EXAMPLE
    assert decode(msgspec.json.encode(EVENT | {"more": 1, "data": EVENT["data"] | {"country": "BR"}})) == EXAMPLE


@pytest.mark.parametrize(
    "changes", [{"subject": "m 1"}, {"time": "yesterday"}, {"data": {}}, {"data": EVENT["data"] | {"currency": "eur"}}]
)
def test_a_malformed_event_is_refused(changes):
    with pytest.raises(UndecodableEventError):
        decode(msgspec.json.encode(EVENT | changes))


@pytest.mark.parametrize(("event_type", "is_newer"), [("fluxo.merchant.changed.v2", True), ("fluxo.entry.x.v1", False)])
def test_another_type_is_told_from_a_newer_version(event_type, is_newer):
    with pytest.raises(OtherEventError) as other:
        decode(msgspec.json.encode(EVENT | {"type": event_type}))
    assert other.value.is_newer_version == is_newer
