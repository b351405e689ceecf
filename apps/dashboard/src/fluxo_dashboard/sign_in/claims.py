"""What the provider's tokens say, once their signature is checked."""

from typing import Final

import structlog
from authlib.oidc.core import CodeIDToken
from fluxo_chassis.auth.jwks import KEY_TYPES
from fluxo_chassis.problems import Problem
from joserfc import jws, jwt
from joserfc.errors import JoseError
from joserfc.jws import JWSRegistry

from fluxo_dashboard.services.client import ServiceUnavailableError
from fluxo_dashboard.sign_in.person import Claims
from fluxo_dashboard.sign_in.provider import Provider, Tokens
from fluxo_dashboard.sign_in.refusals import SignInRefusedError

log = structlog.get_logger(__name__)

LEEWAY_S: Final = 30
"""How far the provider's clock may be from ours."""

_REGISTRY: Final = JWSRegistry(algorithms=list(KEY_TYPES), strict_check_header=False)
_NO_CLAIMS: Final[Claims] = {}


async def id_claims_of(tokens: Tokens, provider: Provider, *, nonce: str | None) -> Claims:
    """Return the ID token's claims (OpenID Connect Core 1.0, 3.1.3.7); `nonce` is None where tokens were renewed.

    Raises:
        SignInRefusedError: it is missing, not for this sign-in, or not to be trusted; why stands in the log.
        ServiceUnavailableError: the keys cannot be fetched.
    """
    try:
        if tokens.id_token is None:
            raise ValueError("There is no ID token")  # noqa: TRY301 - refused like a bad one
        signed = await _verified(tokens.id_token, provider)
        expected = {
            "iss": {"essential": True, "value": provider.issuer},
            "aud": {"essential": True, "value": provider.client_id},
        }
        known = {"nonce": nonce, "client_id": provider.client_id, "access_token": tokens.access_token}
        claims = CodeIDToken(signed.claims, signed.header, expected, known)
        claims.validate(leeway=LEEWAY_S)
    except (JoseError, ValueError, TypeError) as error:
        log.warning("an ID token is refused", reason=str(error))
        raise SignInRefusedError("provider") from error
    return dict(claims)


async def access_claims_of(tokens: Tokens, provider: Provider) -> Claims:
    """Return the access token's claims; none where it is no JWT of the provider: it is the services' to judge."""
    try:
        claims = (await _verified(tokens.access_token, provider)).claims
    except (JoseError, ValueError, TypeError):
        return _NO_CLAIMS
    return claims if claims.get("iss") == provider.issuer else _NO_CLAIMS


async def _verified(token: str, provider: Provider) -> jwt.Token:
    header = jws.extract_compact(token.encode("ascii"), registry=_REGISTRY).headers()
    algorithm = str(header.get("alg"))
    if algorithm not in KEY_TYPES:
        raise ValueError(f"The algorithm {algorithm[:20]} is not accepted")
    try:
        key = await (await provider.keys()).find(header.get("kid"), algorithm)
    except Problem as problem:
        raise ServiceUnavailableError("identity-provider") from problem
    if key is None:
        raise ValueError("It is signed with an unknown key")
    return jwt.decode(token, key, registry=_REGISTRY)
