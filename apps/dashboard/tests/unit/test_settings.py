import pytest
from fluxo_dashboard.settings import DashboardSettings
from pydantic import ValidationError

KEY = {"dashboard_session_key": "k" * 32}
PROVIDER = {"oidc_issuer": "https://id.example", "oidc_client_id": "fluxo-dashboard"}
PRODUCTION = {**KEY, **PROVIDER, "environment": "production", "dashboard_url": "https://fluxo.example"}


@pytest.fixture(autouse=True)
def nothing_from_outside(monkeypatch):
    for name in ("OIDC_ISSUER", "OIDC_CLIENT_ID", "OIDC_SCOPES", "DASHBOARD_DEVELOPMENT_ISSUER", "ENVIRONMENT"):
        monkeypatch.delenv(f"FLUXO_{name}", raising=False)


@pytest.mark.parametrize(
    ("given", "sentence"),
    [
        (KEY, "FLUXO_OIDC_ISSUER is not set: nobody could sign in."),
        ({**KEY, **PROVIDER, "dashboard_development_issuer": "issuer"}, "exclude each other"),
        ({**KEY, "oidc_issuer": "https://id.example"}, "FLUXO_OIDC_CLIENT_ID is not set"),
        ({**KEY, **PROVIDER, "oidc_scopes": "profile"}, "must have openid in it"),
        (PRODUCTION | {"oidc_issuer": "http://id.example"}, "FLUXO_OIDC_ISSUER must be an https:// address"),
        (PRODUCTION | {"dashboard_url": "http://fluxo.example"}, "FLUXO_DASHBOARD_URL must be an https:// address"),
        (PRODUCTION | {"oidc_issuer": None, "dashboard_development_issuer": "issuer"}, "must not be set in production"),
        ({**KEY, **PROVIDER, "dashboard_url": "https://Fluxo.example"}, "dashboard_url"),
        ({**KEY, **PROVIDER, "dashboard_url": "https://fluxo.example:443"}, "dashboard_url"),
    ],
)
def test_a_way_to_sign_in_that_cannot_be_right_is_refused_in_a_sentence(given, sentence):
    with pytest.raises(ValidationError) as refused:
        DashboardSettings(**given)
    assert sentence in str(refused.value)


@pytest.mark.parametrize("given", [PRODUCTION, {**KEY, **PROVIDER}, {**KEY, "dashboard_development_issuer": "issuer"}])
def test_one_way_to_sign_in_is_right(given):
    assert DashboardSettings(**given).oidc_scopes == "openid profile offline_access"
