import pytest
from fluxo_contracts.signatures import KEY_LENGTH_MIN, EventKeys

NEW, OLD = "n" * KEY_LENGTH_MIN, "o" * KEY_LENGTH_MIN
EVENT = b'{"id":"1","type":"fluxo.entry.recorded.v1","data":{"amount_minor":1}}'


def test_a_signature_proves_these_bytes_and_no_others():
    keys = EventKeys(NEW)
    signature = keys.sign(EVENT)
    assert keys.prove(EVENT, signature)
    assert not keys.prove(EVENT.replace(b'minor":1', b'minor":9'), signature)
    assert not keys.prove(EVENT, signature[:-1])
    assert not keys.prove(EVENT, b"\xff" * 32)
    assert not EventKeys(OLD).prove(EVENT, signature)


def test_the_newest_key_signs_and_older_ones_prove_still():
    rotating = EventKeys.of(f"{NEW}, {OLD}")
    assert rotating.sign(EVENT) == EventKeys(NEW).sign(EVENT)
    assert rotating.prove(EVENT, EventKeys(OLD).sign(EVENT))
    assert not EventKeys(NEW).prove(EVENT, EventKeys(OLD).sign(EVENT))


def test_what_is_stored_in_streams_today_is_proved_tomorrow():
    assert EventKeys(NEW).sign(EVENT) == b"0c48d56b756c88955d8370761615a3e0"


@pytest.mark.parametrize("setting", ["", ",", "short", f"{NEW},", f"{NEW},short"])
def test_a_key_that_could_be_guessed_is_refused(setting):
    with pytest.raises(ValueError, match="32 characters"):
        EventKeys.of(setting)
