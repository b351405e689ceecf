from fluxo_balances.application.reading.ports import DailyBalances
from fluxo_balances.domain.daily_balance import DateRange, MerchantState, RangeBalance, carry_forward


class GetDailyBalances:
    """Every day of the range, ascending, each opening with what the day before closed with, and their sum."""

    def __init__(self, balances: DailyBalances) -> None:
        self._balances = balances

    async def __call__(self, merchant_id: str, days: DateRange) -> tuple[MerchantState, RangeBalance]:
        view = await self._balances.range(merchant_id, days)
        return view.merchant_state, carry_forward(view.opening_minor, days, view.totals)
