import os
import uuid

from balances_client import AuthenticatedClient as BalancesClient
from balances_client.api.daily_balances import get_daily_balance
from entries_client import AuthenticatedClient as EntriesClient
from entries_client.api.default import record_entries_in_bulk, record_entry
from entries_client.models import Bulk, BulkEntry, BulkMode, Direction, NewEntry

entries = EntriesClient(base_url=os.environ["ENTRIES_URL"], token=os.environ["TOKEN"])
balances = BalancesClient(base_url=os.environ["BALANCES_URL"], token=os.environ["TOKEN"])

sale = NewEntry(direction=Direction.CREDIT, amount="150.00", description="Venda")
first = record_entry.sync(client=entries, body=sale, idempotency_key=str(uuid.uuid4()))
one = BulkEntry(direction=Direction.DEBIT, amount="50.00", description="Troco", idempotency_key=str(uuid.uuid4()))
bulk = record_entries_in_bulk.sync(client=entries, body=Bulk(mode=BulkMode.ATOMIC, entries=[one]))
last = bulk.items[0]
day = get_daily_balance.sync_detailed(last.business_date, client=balances, after_entry=last.id)
again = get_daily_balance.sync_detailed(
    last.business_date, client=balances, after_entry=last.id, if_none_match=day.headers["ETag"]
)
print(first.amount, day.parsed.closing_balance, int(again.status_code))  # noqa: T201 - its answer
