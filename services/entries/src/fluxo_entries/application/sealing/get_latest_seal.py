from fluxo_entries.application.sealing.ports import LatestSeals
from fluxo_entries.domain.errors import NothingSealedError
from fluxo_entries.domain.seal import Seal, Signature


class GetLatestSeal:
    """The seal of the merchant's books as they are now, some seconds ago at most: keep it.

    Who has it can prove later that the entries up to there are the same: `fluxo verify --chain --seal` finds it again,
    or says that the books were rewritten. The signature is Ed25519, of six lines that each end in a line feed:
    `fluxo.seal.1`, `merchant_id`, `number`, `entry_count`, `up_to` and `seal`.
    """

    def __init__(self, seals: LatestSeals) -> None:
        self._seals = seals

    async def __call__(self, merchant_id: str) -> tuple[Seal, Signature]:
        """Return the seal of the merchant's last block.

        Raises:
            NothingSealedError: there is no block yet.
        """
        found = await self._seals.latest_signed(merchant_id)
        if found is None:
            raise NothingSealedError
        return found
