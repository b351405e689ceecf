"""Where the access tokens come from that the services ask for: never the browser."""

from typing import Protocol

from fluxo_dashboard.sign_in.session import Session


class AccessTokens(Protocol):
    """Knows a fresh access token for each session."""

    async def token_of(self, session: Session) -> str:
        """Return a token that is valid for some time yet, renewed when it has to be.

        Raises:
            SignedOutError: the session ended, or the provider does not renew it any more.
            ServiceUnavailableError: the provider does not answer.
        """
        ...

    def renewed(self, session: Session) -> Session | None:
        """Return the session as the browser should keep it from now on; None when that is how it came."""
        ...

    async def end(self, session: Session) -> str | None:
        """Refuse the session from now on, and let the provider forget its tokens.

        Returns:
            The provider's address where a browser signs out there too, if it has one.
        """
        ...
