import sys

from fluxo_chassis.postgres import open_pool

from fluxo_entries.adapters.postgres.chain import PostgresChains
from fluxo_entries.adapters.seal_keys import SealKeys
from fluxo_entries.application.sealing.verify_chain import VerifyChain
from fluxo_entries.entrypoints.chain import write_chain
from fluxo_entries.settings import ChainSettings


async def print_chain(settings: ChainSettings, merchant_id: str | None, seal: bytes | None) -> None:
    """Print what is wrong, one JSON object a line, and in between and at the end how far that is.

    Raises:
        ValueError: there is no key to prove signatures with.
    """
    keys = settings.seal_keys()
    if not keys:
        raise ValueError("FLUXO_SEALS_KEY is not set, without which nothing is sealed.")
    async with await open_pool(settings.entries_database_url, application_name=settings.instance, max_size=1) as pool:
        await write_chain(VerifyChain(PostgresChains(pool), SealKeys(*keys)), sys.stdout, merchant_id, seal)
