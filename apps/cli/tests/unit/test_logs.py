from pathlib import Path

from fluxo_local.supervision import log_rotation as logs


def test_a_log_that_grew_is_emptied_in_place_and_its_past_is_kept(tmp_path: Path, monkeypatch):
    monkeypatch.setattr(logs, "_SIZE_BYTES_MAX", 10)
    log = tmp_path / "entries-api-1.log"
    with log.open("ab", buffering=0) as writer:
        writer.write(b"the first lines\n")
        logs.rotate(log)
        writer.write(b"later\n")
        logs.rotate(log)
    assert log.read_text() == "later\n"
    assert (tmp_path / "entries-api-1.log.1").read_text() == "the first lines\n"
