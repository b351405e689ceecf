from datetime import UTC, datetime, timedelta, timezone

import msgspec
import pytest
from fluxo_contracts.entry_recorded import EXAMPLE, FIRST_DATE, EntryRecorded, EntryRecordedData, decode
from fluxo_contracts.envelope import OtherEventError, UndecodableEventError, encode, utc
from hypothesis import given
from hypothesis import strategies as st


@st.composite
def events(draw):
    amount_minor = draw(st.integers(1, 99_999_999_999_999))
    recorded_at = draw(st.datetimes(min_value=datetime(1970, 1, 1), timezones=st.just(UTC)))
    entry_id = draw(st.uuids())
    return EntryRecorded(
        id=entry_id,
        time=recorded_at,
        subject=draw(st.from_regex(r"\A[A-Za-z0-9._:-]{1,64}\Z")),
        traceparent=draw(st.none() | st.text()),
        data=EntryRecordedData(
            id=entry_id,
            direction=draw(st.sampled_from(["credit", "debit"])),
            amount=f"{amount_minor // 100}.{amount_minor % 100:02d}",
            amount_minor=amount_minor,
            currency=draw(st.from_regex(r"\A[A-Z]{3}\Z")),
            business_date=draw(st.dates(min_value=FIRST_DATE)),
            description=draw(st.text()),
            category=draw(st.none() | st.text()),
            reverses=draw(st.none() | st.uuids()),
            recorded_at=recorded_at,
        ),
    )


@given(events())
def test_an_event_survives_the_wire(event):
    assert decode(encode(event)) == event


def test_instants_travel_in_utc_and_end_in_z():
    assert msgspec.json.decode(encode(EXAMPLE))["time"] == "2026-11-22T14:32:10.123456Z"
    in_brazil = datetime(2026, 11, 22, 11, 32, tzinfo=timezone(timedelta(hours=-3)))
    assert utc(in_brazil).isoformat() == "2026-11-22T14:32:00+00:00"


def test_a_field_that_a_newer_producer_added_is_ignored():
    wire = msgspec.json.decode(encode(EXAMPLE))
    wire["dataschema"] = "https://example.org/later"
    wire["data"]["attachment"] = {"pages": 3}
    assert decode(msgspec.json.encode(wire)) == EXAMPLE


def changed(**changes) -> bytes:
    """The example with other values; a name with an underscore in front stands in the envelope."""
    wire = msgspec.json.decode(encode(EXAMPLE))
    for name, value in changes.items():
        (wire if name.startswith("_") else wire["data"])[name.lstrip("_")] = value
    return msgspec.json.encode(wire)


@pytest.mark.parametrize(
    ("payload", "says"),
    [
        (b"", "truncated"),
        (b"\xff\xfe", "malformed"),
        (b"null", "object"),
        (b"[1]", "object"),
        (b"{}", "missing required field"),
        (b'{"a":' * 100_000, "recursion"),
        (changed(_id="7c9e6679-7425-40de-944b-e07fc1f90ae7"), "id"),
        (changed(_time="2026-11-22T14:32:11Z"), "time"),
        (changed(_type=7), "$.type"),
        (changed(_type=None), "$.type"),
        (changed(_specversion="0.3"), "$.specversion"),
        (changed(_source="/elsewhere"), "$.source"),
        (changed(_subject=""), "$.subject"),
        (changed(_subject="m 1"), "$.subject"),
        (changed(_subject="m1\n"), "$.subject"),
        (changed(amount_minor=15_001), "different money"),
        (changed(business_date="0001-01-01"), "before 1900"),
        (changed(business_date="1899-12-31"), "before 1900"),
        (changed(amount_minor="15000"), "$.data.amount_minor"),
        (changed(amount_minor=0, amount="0.00"), "$.data.amount_minor"),
        (changed(amount_minor=-15_000, amount="-150.00"), "$.data.amount"),
        (changed(amount=150.0), "$.data.amount"),
        (changed(amount="150.00\n"), "$.data.amount"),
        (changed(amount="1_50.00"), "$.data.amount"),
        (changed(direction="in"), "$.data.direction"),
        (changed(currency="brl"), "$.data.currency"),
        (changed(business_date="2026-02-30"), "$.data.business_date"),
        (changed(recorded_at="2026-11-22T14:32:10"), "$.data.recorded_at"),
    ],
)
def test_what_is_no_event_is_refused_with_the_place_and_the_reason(payload, says):
    with pytest.raises(UndecodableEventError) as refused:
        decode(payload)
    assert says in str(refused.value).lower() or says in str(refused.value)


@pytest.mark.parametrize(
    ("event_type", "is_newer_version"),
    [
        ("fluxo.entry.recorded.v2", True),
        ("fluxo.entry.recorded.v1.1", True),
        ("fluxo.entry.recorded.v10", True),
        ("fluxo.entry.recorded.v0", False),
        ("fluxo.entry.recorded.v0.9", False),
        ("fluxo.entry.recorded.v1.0", False),
        ("fluxo.entry.recorded", False),
        ("fluxo.entry.recorded.v" + "9" * 5_000, False),
        ("fluxo.merchant.changed.v2", False),
        ("", False),
    ],
)
def test_an_event_of_another_type_is_told_from_one_that_is_malformed(event_type, is_newer_version):
    for payload in (changed(_type=event_type), msgspec.json.encode({"type": event_type, "data": []})):
        with pytest.raises(OtherEventError) as other:
            decode(payload)
        assert (other.value.event_type, other.value.is_newer_version) == (event_type, is_newer_version)


def test_an_event_of_another_type_that_is_no_json_is_malformed():
    with pytest.raises(UndecodableEventError):
        decode(changed(_type="fluxo.merchant.changed.v1")[:-1])
