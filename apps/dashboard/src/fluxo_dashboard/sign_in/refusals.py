"""Why nobody was signed in; each becomes a sentence on the page."""

from typing import Literal

Reason = Literal["used", "denied", "provider", "merchant", "too-large", "unavailable"]


class SignInRefusedError(Exception):
    """Nobody is signed in, for one of these reasons.

    `used` - the answer came late, twice or to another browser; `denied` - the provider's own no; `provider` - an answer
    that must not be trusted, or an error of its own; `merchant` - no merchant in the tokens; `too-large` - more than a
    cookie holds; `unavailable` - the provider does not answer.
    """

    def __init__(self, reason: Reason) -> None:
        super().__init__(reason)
        self.reason: Reason = reason
