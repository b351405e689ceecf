"""What a token's role takes away from its scopes."""

from typing import Final

READ_ONLY_ROLE: Final = "accountant"
