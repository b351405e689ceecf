"""What an operator fills in before anything starts."""

from pathlib import Path

DEPLOY = Path(__file__).resolve().parents[2] / "deploy"
COMPOSE = DEPLOY / "compose"
SECRET = "s3cret"


def filled(**values: str) -> dict[str, str]:
    """`.env` as an operator would fill in the example: every password set, then `values`."""
    lines = [line for line in (COMPOSE / ".env.example").read_text().splitlines() if line and not line.startswith("#")]
    given = dict(line.split("=", 1) for line in lines)
    passwords = {name: SECRET for name in given if name.endswith("_PASSWORD")}
    issuer = {"AUTH_JWKS_URL": "https://id.example/keys", "AUTH_ISSUER": "https://id.example/"}
    page = {"DASHBOARD_URL": "https://fluxo.example", "DASHBOARD_SESSION_KEY": SECRET * 6, "OIDC_CLIENT_ID": "fluxo"}
    return given | passwords | issuer | page | values
