import msgspec
import pytest
from fluxo_contracts.api_key_changed import EXAMPLE, decode
from fluxo_contracts.envelope import OtherEventError, UndecodableEventError, encode

EVENT = msgspec.json.decode(encode(EXAMPLE))
DATA = EVENT["data"]


def test_an_event_decodes_to_what_was_encoded_and_what_a_newer_producer_adds_is_ignored():
    assert decode(encode(EXAMPLE)) == EXAMPLE
    assert decode(msgspec.json.encode(EVENT | {"more": 1, "data": DATA | {"made_by": "ana"}})) == EXAMPLE


@pytest.mark.parametrize(
    "changes",
    [
        {"subject": "m 1"},
        {"time": "yesterday"},
        {"data": {}},
        {"data": DATA | {"hash": DATA["hash"][:-1]}},
        {"data": DATA | {"revoked": 0}},
        {"data": DATA | {"expires_at": "2027-11-22T03:00:00"}},
    ],
)
def test_a_malformed_event_is_refused(changes):
    with pytest.raises(UndecodableEventError):
        decode(msgspec.json.encode(EVENT | changes))


def test_another_type_is_told_from_a_newer_version():
    for event_type, is_newer in (("fluxo.api-key.changed.v2", True), ("fluxo.merchant.changed.v1", False)):
        with pytest.raises(OtherEventError) as other:
            decode(msgspec.json.encode(EVENT | {"type": event_type}))
        assert other.value.is_newer_version == is_newer
