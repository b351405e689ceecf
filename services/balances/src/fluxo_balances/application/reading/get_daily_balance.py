from datetime import date

from fluxo_balances.application.reading.ports import DailyBalances
from fluxo_balances.domain.daily_balance import DailyBalance, MerchantState


class GetDailyBalance:
    """What a day opened and closed with.

    It opens with the sum of all earlier days, back-dated entries and reversals included. A day without entries carries
    the balance and has zero totals.
    """

    def __init__(self, balances: DailyBalances) -> None:
        self._balances = balances

    async def __call__(self, merchant_id: str, day: date) -> tuple[MerchantState, DailyBalance]:
        view = await self._balances.day(merchant_id, day)
        return view.merchant_state, DailyBalance(day, view.opening_minor, view.totals)
