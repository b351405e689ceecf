"""Where the access tokens come from that the services ask for: never the browser."""

from typing import Protocol

from fluxo_dashboard.sign_in.session import Session


class AccessTokens(Protocol):
    """Knows a fresh access token for each session."""

    async def token_of(self, session: Session) -> str:
        """Return a token that is valid for some time yet, renewed when it has to be.

        Raises:
            SignedOutError: the provider does not renew it any more.
            ServiceUnavailableError: the provider does not answer.
        """
        ...

    async def end(self, session: Session) -> None:
        """Forget the session's tokens, and let the provider forget them."""
        ...
