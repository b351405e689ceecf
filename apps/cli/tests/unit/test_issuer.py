import json
import stat
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from fluxo_cli.__main__ import app_for
from fluxo_local.issuer import DevelopmentIssuer
from joserfc import jwt
from joserfc.errors import JoseError
from joserfc.jwk import KeySet
from typer.testing import CliRunner


def _claims(token: str, data_dir: Path) -> dict:
    keys = KeySet.import_key_set(json.loads((data_dir / "issuer" / "jwks.json").read_text()))
    decoded = jwt.decode(token, keys, algorithms=["RS256"])
    assert decoded.header["kid"] == keys.keys[0].kid
    return decoded.claims


def _run(*arguments: str, data_dir: Path) -> str:
    result = CliRunner().invoke(app_for(), ["token", *arguments, "--data-dir", str(data_dir)])
    assert result.exit_code == 0, result.output
    return result.stdout.strip()


def test_a_token_says_who_may_do_what_and_until_when(tmp_path: Path):
    token = DevelopmentIssuer(tmp_path).token(
        "padaria",
        scopes=["entries:read"],
        role="operator",
        subject="maria",
        lifetime=timedelta(hours=1),
        now=datetime(2026, 11, 22, 12, tzinfo=UTC),
    )
    claims = _claims(token, tmp_path)
    assert claims.pop("jti")
    assert claims == {
        "iss": "fluxo-development",
        "aud": "fluxo",
        "sub": "maria",
        "merchant_id": "padaria",
        "scope": "entries:read",
        "role": "operator",
        "iat": 1795348800,
        "exp": 1795352400,
    }


def test_an_owner_may_do_everything_unless_told_otherwise(tmp_path: Path):
    claims = _claims(_run("--merchant", "padaria", data_dir=tmp_path), tmp_path)
    assert set(claims["scope"].split()) == {
        "entries:read", "entries:write", "balances:read", "api-keys:manage", "days:close", "days:manage"
    }  # fmt: skip
    assert claims["exp"] - claims["iat"] == 12 * 3600


def test_an_operator_manages_no_keys(tmp_path: Path):
    claims = _claims(_run("--merchant", "padaria", "--role", "operator", data_dir=tmp_path), tmp_path)
    assert set(claims["scope"].split()) == {"entries:read", "entries:write", "balances:read"}


def test_an_accountant_reads_and_closes_days(tmp_path: Path):
    claims = _claims(_run("--merchant", "padaria", "--role", "accountant", "--ttl", "30m", data_dir=tmp_path), tmp_path)
    assert set(claims["scope"].split()) == {"entries:read", "balances:read", "days:close"}
    assert claims["exp"] - claims["iat"] == 1800


def test_scopes_are_taken_as_given(tmp_path: Path):
    token = _run("--merchant", "padaria", "--scope", "balances:read entries:write", data_dir=tmp_path)
    assert _claims(token, tmp_path)["scope"] == "balances:read entries:write"


@pytest.mark.parametrize("ttl", ["12", "h", "-1h", "0m", "1w", "8d", "169h", "100000d"])
def test_a_lifetime_without_number_and_unit_is_refused(tmp_path: Path, ttl: str):
    result = CliRunner().invoke(app_for(), ["token", "--merchant", "m", f"--ttl={ttl}", "--data-dir", str(tmp_path)])
    assert result.exit_code == 2


@pytest.mark.parametrize("merchant", ["a b", "", "padaria,banca", "é", "x" * 65, "a/b"])
def test_a_merchant_that_the_services_refuse_gets_no_token(tmp_path: Path, merchant: str):
    result = CliRunner().invoke(app_for(), ["token", f"--merchant={merchant}", "--data-dir", str(tmp_path)])
    assert result.exit_code == 2


def test_the_published_key_is_the_public_half_only(tmp_path: Path):
    issuer = DevelopmentIssuer(tmp_path)
    (key,) = json.loads(issuer.jwks.read_text())["keys"]
    assert set(key) == {"kty", "n", "e", "kid", "use", "alg"}
    assert stat.S_IMODE(issuer.private_key.stat().st_mode) == 0o600


def test_tokens_outlive_a_restart_but_not_another_issuer(tmp_path: Path):
    token = _run("--merchant", "padaria", data_dir=tmp_path)
    DevelopmentIssuer(tmp_path)
    assert _claims(token, tmp_path)
    other = DevelopmentIssuer(tmp_path / "other")
    with pytest.raises(JoseError):
        jwt.decode(token, KeySet.import_key_set(json.loads(other.jwks.read_text())), algorithms=["RS256"])


def test_two_at_once_agree_on_one_key(tmp_path: Path):
    with ThreadPoolExecutor(4) as pool:
        published = set(pool.map(lambda _: DevelopmentIssuer(tmp_path).jwks.read_text(), range(4)))
    assert len(published) == 1
