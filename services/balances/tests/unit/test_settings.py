import pytest
from fluxo_balances.settings import ApiSettings, DeadLetterSettings, ProjectorSettings, RebuildSettings
from fluxo_chassis.settings import load


@pytest.fixture
def environment(monkeypatch):
    monkeypatch.setenv("FLUXO_BALANCES_DATABASE_URL", "postgresql://app@127.0.0.1/balances")
    monkeypatch.setenv("FLUXO_BALANCES_MIGRATION_DATABASE_URL", "postgresql://owner@127.0.0.1/balances")
    monkeypatch.setenv("FLUXO_STREAMS_URL", "redis://127.0.0.1")
    monkeypatch.setenv("FLUXO_CACHE_URL", "redis://127.0.0.1")
    monkeypatch.setenv("FLUXO_AUTH_JWKS_URL", "file:///keys")
    return monkeypatch


@pytest.mark.parametrize(
    ("settings", "variables"),
    [
        (ApiSettings, ["BALANCES_DATABASE_URL", "CACHE_URL"]),
        (ProjectorSettings, ["BALANCES_DATABASE_URL", "STREAMS_URL", "CACHE_URL"]),
        (DeadLetterSettings, ["BALANCES_DATABASE_URL", "STREAMS_URL", "CACHE_URL"]),
        (RebuildSettings, ["BALANCES_DATABASE_URL", "BALANCES_MIGRATION_DATABASE_URL", "CACHE_URL"]),
    ],
)
def test_a_url_without_its_scheme_is_refused_in_a_sentence(environment, capsys, settings, variables):
    load(settings)
    for variable in variables:
        environment.setenv(f"FLUXO_{variable}", "foo")
    with pytest.raises(SystemExit):
        load(settings)
    told = capsys.readouterr().err.splitlines()
    assert sorted(line.partition(" is not valid: ")[0] for line in told) == sorted(
        f"FLUXO_{name}" for name in variables
    )
