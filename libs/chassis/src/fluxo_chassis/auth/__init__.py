"""Who asks: bearer tokens checked against an issuer's keys, and what each may do."""

from fluxo_chassis.auth.bearer import Principal, TokenVerifier, recognised, refused
from fluxo_chassis.auth.jwks import JwksKeys

__all__ = ["JwksKeys", "Principal", "TokenVerifier", "recognised", "refused"]
