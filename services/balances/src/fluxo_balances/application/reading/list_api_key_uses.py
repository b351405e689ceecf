from collections.abc import Sequence

from fluxo_balances.application.reading.ports import ApiKeyUse, ApiKeyUses


class ListApiKeyUses:
    """When each of the merchant's API keys was used last to read balances, to a minute.

    The entries service says what they are called and may, and when they were used there. A key is in this list some
    moments after it was made, and until it is revoked.
    """

    def __init__(self, uses: ApiKeyUses) -> None:
        self._uses = uses

    async def __call__(self, merchant_id: str) -> Sequence[ApiKeyUse]:
        return await self._uses.of(merchant_id)
