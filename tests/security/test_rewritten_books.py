"""Who may change everything in the database, but does not have the key, cannot rewrite a merchant's books unnoticed."""

import pytest
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PublicKey
from fluxo_entries.adapters.seal_keys import SealKeys
from fluxo_entries.application.sealing.seal_entries import SealEntries
from fluxo_entries.application.sealing.verify_chain import Fault, Verified, VerifyChain

from services.entries.tests.fakes import FakeSeals
from tests.security.in_memory import OWN, OWN_ENTRY, SEALS_KEY, ask

pytestmark = pytest.mark.anyio


@pytest.fixture
async def kept(system):
    """The seal that the merchant asked for and kept."""
    answer = await ask(system.apps["entries"], "GET", "/v1/seals/latest", token=system.issuer.token("owner"))
    return answer.json


async def faults(seals, kept, key=SEALS_KEY):
    verify_chain = VerifyChain(seals, SealKeys(key))
    found = [each async for each in verify_chain(Verified(), OWN, bytes.fromhex(kept["seal"]))]
    return {(each.fault, each.entry_id) for each in found}


async def test_a_merchant_can_check_the_seal_alone(kept):
    names = ("merchant_id", "number", "entry_count", "up_to", "seal")
    statement = "".join(f"{line}\n" for line in ("fluxo.seal.1", *(kept[name] for name in names)))
    public_key = Ed25519PublicKey.from_public_bytes(bytes.fromhex(kept["public_key"]))
    public_key.verify(bytes.fromhex(kept["signature"]), statement.encode())
    assert (kept["merchant_id"], kept["entry_count"]) == (OWN, 1)


async def test_books_that_nobody_rewrote_agree(system, kept):
    assert await faults(system.seals, kept) == set()


async def test_an_entry_that_was_rewritten_is_named(system, kept):
    system.memory.entries[OWN_ENTRY] = system.memory.entries[OWN_ENTRY]._replace(amount_minor=1)
    assert await faults(system.seals, kept) == {(Fault.CHANGED, OWN_ENTRY)}


@pytest.mark.parametrize("key", ["somebody-else-made-this-key-of-32-characters", SEALS_KEY])
async def test_books_that_were_sealed_anew_are_told_by_key_and_by_the_seal_that_was_kept(system, kept, key):
    system.memory.entries[OWN_ENTRY] = system.memory.entries[OWN_ENTRY]._replace(amount_minor=1)
    anew = FakeSeals(system.memory)
    await SealEntries(anew, SealKeys(key))()
    by_key = set() if key == SEALS_KEY else {(Fault.SIGNATURE, None)}
    assert await faults(anew, kept) == by_key | {(Fault.SEAL_UNKNOWN, None)}
