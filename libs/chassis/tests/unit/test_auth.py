import base64
import hmac
import json
import time

import pytest
import time_machine
from fluxo_chassis.auth import JwksKeys, TokenVerifier, bearer
from fluxo_chassis.auth.jwks import KEY_TYPES
from fluxo_chassis.problems import Problem
from joserfc import jws, jwt
from joserfc.jwk import ECKey, KeySet, OKPKey, RSAKey
from joserfc.jws import JWSRegistry
from structlog.testing import capture_logs

pytestmark = [pytest.mark.anyio, pytest.mark.filterwarnings("ignore:EdDSA is deprecated")]

RSA = RSAKey.generate_key(2048, {"kid": "rsa-1"})
EC = ECKey.generate_key("P-256", {"kid": "ec-1"})
OKP = OKPKey.generate_key("Ed25519", {"kid": "okp-1"})
STRANGER = RSAKey.generate_key(2048, {"kid": "rsa-1"})


def claims(**changes):
    usual = {
        "iss": "https://issuer.example",
        "aud": "fluxo",
        "sub": "ana",
        "exp": int(time.time()) + 3600,
        "tenant": "t-1",
        "scope": "notes:read notes:write",
        "role": "owner",
    }
    return {name: value for name, value in {**usual, **changes}.items() if value is not None}


def signed(key=RSA, algorithm="RS256", header=None, **changes):
    registry = JWSRegistry(algorithms=list(KEY_TYPES), strict_check_header=False)
    return jwt.encode({"alg": algorithm, "kid": key.kid, **(header or {})}, claims(**changes), key, registry=registry)


def publish(path, *keys):
    path.write_text(json.dumps(KeySet(list(keys)).as_dict(private=False)))


@pytest.fixture
def key_file(tmp_path):
    path = tmp_path / "jwks.json"
    publish(path, RSA, EC, OKP)
    return path


@pytest.fixture
def verifier(key_file):
    return verifier_of(key_file.as_uri())


def verifier_of(url):
    return TokenVerifier(JwksKeys(url), issuer="https://issuer.example", audience="fluxo", tenant_claim="tenant")


async def refusal(verifier, token):
    with pytest.raises(Problem) as refused:
        await verifier.verify(token)
    assert (refused.value.status, refused.value.slug) == (401, "unauthenticated")
    assert refused.value.headers["WWW-Authenticate"].startswith('Bearer error="invalid_token"')
    return refused.value.detail


@pytest.mark.parametrize(("key", "algorithm"), [(RSA, "RS256"), (EC, "ES256"), (OKP, "EdDSA")])
async def test_a_good_token_tells_who_calls(verifier, key, algorithm):
    principal = await verifier.verify(signed(key, algorithm, nbf=int(time.time()), aud=["other", "fluxo"]))
    assert (principal.tenant, principal.subject, principal.role) == ("t-1", "ana", "owner")
    assert principal.scopes == {"notes:read", "notes:write"}


async def test_scopes_may_come_as_a_list(verifier):
    assert (await verifier.verify(signed(scope=["a:read", 3]))).scopes == {"a:read"}


@pytest.mark.parametrize(
    "changes",
    [
        {"exp": int(time.time()) - 6},
        {"exp": None},
        {"exp": "tomorrow"},
        {"exp": True},
        {"nbf": int(time.time()) + 3600},
        {"nbf": "now"},
        {"iat": int(time.time()) + 3600},
        {"iat": "now"},
        {"exp": int(time.time()) + 7 * 86_400 + 3600},
        {"exp": 1e300},
        {"exp": 10**400},
        {"exp": int(time.time()) + 3600, "iat": int(time.time()) - 7 * 86_400},
        {"iss": "https://issuer.example.evil"},
        {"iss": None},
        {"aud": "other"},
        {"aud": None},
        {"aud": {"fluxo": 1}},
        {"tenant": None},
        {"tenant": ""},
        {"tenant": 7},
        {"tenant": "t 1"},
        {"tenant": "t-1\n"},
        {"tenant": "t-é"},
        {"tenant": "x" * 65},
    ],
)
async def test_a_token_with_a_wrong_claim_is_refused(verifier, changes):
    await refusal(verifier, signed(**changes))


async def test_clocks_may_differ_by_five_seconds(verifier):
    await verifier.verify(signed(exp=int(time.time()) - 3, nbf=int(time.time()) + 3))


def segment(value):
    return base64.urlsafe_b64encode(json.dumps(value).encode()).rstrip(b"=").decode()


async def test_an_unsigned_token_is_refused(verifier):
    for algorithm in ("none", "None", "NONE", None):
        await refusal(verifier, f"{segment({'alg': algorithm, 'kid': 'rsa-1'})}.{segment(claims())}.")


async def test_a_public_key_does_not_pass_for_a_shared_secret(verifier):
    unsigned = f"{segment({'alg': 'HS256', 'kid': 'rsa-1'})}.{segment(claims())}"
    digest = hmac.digest(RSA.as_pem(private=False), unsigned.encode(), "sha256")
    await refusal(verifier, f"{unsigned}.{base64.urlsafe_b64encode(digest).rstrip(b'=').decode()}")


async def test_a_key_of_somebody_else_is_refused_under_the_same_name(verifier):
    await refusal(verifier, signed(STRANGER))


async def test_a_key_carried_in_the_token_itself_is_not_believed(verifier):
    await refusal(verifier, signed(STRANGER, header={"jwk": STRANGER.as_dict(private=False)}))


async def test_an_algorithm_that_does_not_fit_the_named_key_is_refused(verifier):
    await refusal(verifier, signed(EC, "ES256", header={"kid": "rsa-1"}))


async def test_a_critical_extension_nobody_knows_is_refused(verifier):
    token = f"{segment({'alg': 'RS256', 'kid': 'rsa-1', 'crit': ['x'], 'x': 1})}.{segment(claims())}.c2ln"
    await refusal(verifier, token)


async def test_a_header_that_carries_more_than_we_know_is_fine(verifier):
    await verifier.verify(signed(header={"nonce": "x", "x5t": "y"}))


async def test_a_changed_claim_breaks_the_signature(verifier):
    header, _, signature = signed().split(".")
    await refusal(verifier, f"{header}.{segment(claims(tenant='t-2'))}.{signature}")


@pytest.mark.parametrize("token", ["x", "a.b", "a.b.c", "a.b.c.d.e", "é.é.é", "..", "\ud800", f"{segment([])}.e30.eA"])
async def test_what_is_no_token_is_refused(verifier, token):
    await refusal(verifier, token)


async def test_an_oversized_token_is_refused(verifier):
    await refusal(verifier, signed(padding="x" * 8192))


async def test_claims_that_are_no_object_are_refused(verifier):
    await refusal(verifier, jws.serialize_compact({"alg": "RS256", "kid": "rsa-1"}, b"[1]", RSA))


@pytest.mark.parametrize("stepped_s", [0, -7200], ids=["a right clock", "a clock that is put back"])
async def test_a_verified_token_is_remembered_for_half_a_minute_at_most(verifier, key_file, monkeypatch, stepped_s):
    token = signed()
    began = time.monotonic()
    await verifier.verify(token)
    publish(key_file, EC)
    with time_machine.travel(time.time() + stepped_s):
        monkeypatch.setattr(time, "monotonic", lambda: began + 29)
        await verifier.verify(token)
        monkeypatch.setattr(time, "monotonic", lambda: began + 31)
        await refusal(verifier, token)


async def test_whoever_is_answered_for_longer_knows_when_the_token_expires(verifier):
    expires_at = int(time.time()) + 20
    token = signed(exp=expires_at)
    assert [(await verifier.verify(token)).expires_at for _ in range(2)] == [expires_at] * 2


async def test_a_remembered_token_still_expires(verifier):
    with time_machine.travel(time.time(), tick=False) as clock:
        token = signed(exp=int(time.time()) + 20)
        await verifier.verify(token)
        clock.shift(26)
        assert await refusal(verifier, token) == "The token has expired."


async def test_what_is_remembered_is_bounded(verifier, monkeypatch):
    monkeypatch.setattr(bearer, "CACHE_SIZE_MAX", 3)
    for number in range(10):
        await verifier.verify(signed(OKP, "EdDSA", jti=number))
    assert len(verifier._verified) == 3


async def test_a_rotated_key_file_is_read_again(verifier, key_file):
    await verifier.verify(signed())
    fresh = RSAKey.generate_key(2048, {"kid": "rsa-2"})
    publish(key_file, fresh)
    await verifier.verify(signed(fresh))


async def test_a_broken_key_file_leaves_the_old_keys_in_force(verifier, key_file):
    await verifier.verify(signed())
    key_file.write_text("{")
    await verifier.verify(signed(jti="another"))
    key_file.unlink()
    await verifier.verify(signed(jti="a third"))


async def test_without_keys_the_answer_is_to_come_back(tmp_path):
    with pytest.raises(Problem) as problem:
        await verifier_of((tmp_path / "absent.json").as_uri()).verify(signed())
    assert (problem.value.status, problem.value.headers["Retry-After"]) == (503, "1")


async def test_a_key_file_that_is_missing_is_told_once_until_it_is_back(verifier, key_file):
    content = key_file.read_bytes()
    await verifier.verify(signed())
    with capture_logs() as lines:
        for absence in range(2):
            key_file.unlink()
            for number in range(3):
                await verifier.verify(signed(jti=f"{absence}-{number}"))
            key_file.write_bytes(content)
            await verifier.verify(signed(jti=f"{absence}-back"))
    assert [line["event"] for line in lines] == ["the key set could not be read"] * 2


async def test_keys_for_encryption_and_of_unknown_kinds_are_passed_over(tmp_path):
    path = tmp_path / "jwks.json"
    agreement = OKPKey.generate_key("X25519", {"kid": "okp-1"}).as_dict(private=False)
    odd = [agreement, {"kty": "AKP", "kid": "pq"}, {**RSA.as_dict(private=False), "use": "enc"}, {"kty": "RSA"}, "text"]
    path.write_text(json.dumps({"keys": [*odd, EC.as_dict(private=False)]}))
    verifier = verifier_of(path.as_uri())
    await verifier.verify(signed(EC, "ES256"))
    await refusal(verifier, signed())
    await refusal(verifier, signed(OKP, "EdDSA"))


async def test_a_token_that_names_no_key_is_checked_with_the_only_one_that_fits(verifier):
    token = jwt.encode({"alg": "RS256"}, claims(), RSA)
    assert (await verifier.verify(token)).tenant == "t-1"


@pytest.mark.parametrize("typ", ["logout+jwt", "JWE", ""])
async def test_a_token_of_another_type_is_refused(verifier, typ):
    assert "type" in await refusal(verifier, signed(header={"typ": typ}))


@pytest.mark.parametrize("typ", ["JWT", "jwt", "at+jwt", "application/at+jwt"])
async def test_an_access_token_may_say_that_it_is_one(verifier, typ):
    await verifier.verify(signed(header={"typ": typ}))


@pytest.mark.parametrize("nested", [b'{"alg":' + b"[" * 2_900, b'{"a":' * 600, b"[" * 2_900 + b"]" * 100])
async def test_a_header_or_claims_nested_too_deeply_are_a_malformed_token(verifier, nested):
    text = base64.urlsafe_b64encode(nested).rstrip(b"=").decode()
    await refusal(verifier, f"{text}.{segment(claims())}.c2ln")
    await refusal(verifier, f"{segment({'alg': 'RS256', 'kid': 'rsa-1'})}.{text}.c2ln")


@pytest.mark.parametrize("role", ["intern", "Accountant", " owner", ["owner"], 7, {}])
async def test_a_role_that_nobody_knows_has_no_right(verifier, role):
    principal = await verifier.verify(signed(role=role))
    assert not principal.may("notes:read")
    assert not principal.may("notes:write")


@pytest.mark.parametrize(("role", "writes"), [("owner", True), ("operator", True), ("accountant", False), (None, True)])
async def test_a_role_that_is_known_has_the_rights_of_its_scopes(verifier, role, writes):
    principal = await verifier.verify(signed(role=role))
    assert (principal.may("notes:read"), principal.may("notes:write")) == (True, writes)


async def test_a_forged_token_is_verified_once(verifier, monkeypatch):
    verified = []
    validate = jws.validate_compact
    monkeypatch.setattr(bearer.jws, "validate_compact", lambda *args, **kw: verified.append(1) or validate(*args, **kw))
    forged = signed(STRANGER)
    for _ in range(3):
        assert "signature" in await refusal(verifier, forged)
    assert len(verified) == 1
    monkeypatch.setattr(bearer, "REFUSED_SIZE_MAX", 3)
    for number in range(5):
        await refusal(verifier, signed(STRANGER, jti=number))
    assert len(verifier._refused) == 3
