from deploy.settings_page import PROCESSES, page


def test_every_setting_stands_there_once_with_what_it_is_for():
    rows = [line.split(" | ") for line in page().splitlines() if line.startswith("| `FLUXO_")]
    names = [row[0].strip("| `").removeprefix("FLUXO_").lower() for row in rows]
    assert sorted(names) == sorted({name for settings in PROCESSES for name in settings.model_fields})
    assert [row[0] for row in rows if not row[-1].strip(" |")] == []


def test_it_tells_what_is_required_and_what_each_process_takes_by_default():
    text = page()
    assert "| `FLUXO_STREAMS_URL` | entries-relay<br>balances-projector | URL | **required** |" in text
    assert "`8001` (entries-api)<br>`8011` (entries-relay)" in text
    assert "| `FLUXO_TRACES_SAMPLED` | number from 0 to 1 | `1.0` |" in text
