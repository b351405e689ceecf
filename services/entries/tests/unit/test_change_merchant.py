import pytest
from fluxo_entries.application.recording.merchant_settings import MerchantChange
from fluxo_entries.domain.direction import Direction
from fluxo_entries.domain.draft import Draft
from fluxo_entries.domain.errors import CurrencyFixedError
from fluxo_entries.domain.merchant import Merchant

pytestmark = pytest.mark.anyio


async def test_a_merchant_that_never_set_anything_has_the_defaults(service):
    assert await service.use_cases.get_merchant("padaria") == Merchant("padaria", "padaria", "BRL", "America/Sao_Paulo")


async def test_what_is_not_named_stays(service):
    change = service.use_cases.change_merchant
    await change("padaria", MerchantChange(name="Padaria Sol"))
    changed = await change("padaria", MerchantChange(time_zone="America/Manaus"))
    assert changed == Merchant("padaria", "Padaria Sol", "BRL", "America/Manaus")
    assert await service.use_cases.get_merchant("padaria") == changed


async def test_the_currency_is_fixed_once_there_are_entries(service):
    change = service.use_cases.change_merchant
    await change("padaria", MerchantChange(currency="USD"))
    draft = Draft(Direction.CREDIT, 100, "Sale")
    await service.use_cases.record_entry("padaria", draft, idempotency_key="k", traceparent="")
    with pytest.raises(CurrencyFixedError, match="USD"):
        await change("padaria", MerchantChange(currency="EUR"))
    await change("padaria", MerchantChange(name="Bakery", currency="USD"))
