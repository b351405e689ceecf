"""What must be true once everything has come to rest: each acknowledged entry exists once and counts once."""

from collections import Counter, defaultdict
from collections.abc import Iterable
from collections.abc import Set as AbstractSet
from datetime import timedelta
from decimal import Decimal
from typing import Final

from arithmetic import range_errors, without_items
from ledger import Json, Ledger, Order
from merchant import Merchant
from orders import DAYS_BACK, newest_day

PATIENCE_S: Final = 20.0
WINDOW: Final = (newest_day() - timedelta(days=DAYS_BACK + 1), newest_day() + timedelta(days=40))


async def entry_errors(merchant: Merchant) -> list[str]:
    """Compare the list of entries with what the clients know, then find out what became of the unknown ones."""
    ledger = merchant.ledger
    before = _by_key(await merchant.entries())
    if any(_torn(order, before.keys()) for order in ledger.unknown):
        # It may have been committed between two pages of the list: the server went on after its client gave up.
        before = _by_key(await merchant.entries())
    errors = [error for order in ledger.unknown for error in _torn(order, before.keys())]
    unknown, ledger.unknown = ledger.unknown, []
    for order in unknown:
        await merchant.send(order, PATIENCE_S)
    errors += [f"no answer to {order} although everything is well again" for order in ledger.unknown]
    errors += [
        f"key {key} is entry {before[key][0]['id']}, its retry says {ledger.acknowledged[key]}"
        for key in before.keys() & ledger.acknowledged.keys()
        if before[key][0]["id"] != ledger.acknowledged[key]["id"]
    ]
    return errors + _list_errors(ledger, _by_key(await merchant.entries()))


def _torn(order: Order, listed: AbstractSet[str]) -> list[str]:
    keys = {draft.key for draft in order.drafts}
    found = keys & listed
    if order.body.get("mode") == "atomic" and found and found != keys:
        return [f"of an atomic bulk of {len(keys)} only {sorted(found)} exist"]
    return []


def _list_errors(ledger: Ledger, found: dict[str, list[Json]]) -> list[str]:
    errors = [f"key {key} exists {len(entries)} times" for key, entries in found.items() if len(entries) > 1]
    errors += [
        f"acknowledged and gone: {ledger.acknowledged[key]}" for key in ledger.acknowledged.keys() - found.keys()
    ]
    errors += [f"refused and yet recorded: {found[key]}" for key in ledger.refused & found.keys()]
    errors += [f"nobody knows of {found[key]}" for key in found.keys() - ledger.acknowledged.keys() - ledger.refused]
    for key in found.keys() & ledger.acknowledged.keys():
        told, listed = ledger.acknowledged[key], found[key][0]
        if told | {"reversed_by": None} != listed | {"reversed_by": None}:
            errors.append(f"acknowledged as {told}, listed as {listed}")
    ids = Counter(entry["id"] for entries in found.values() for entry in entries)
    return errors + [f"entry {entry_id} is listed {count} times" for entry_id, count in ids.items() if count > 1]


async def balance_errors(merchant: Merchant) -> list[str]:
    """Compare every day, as the API answers it from cache and database, with the sum of the acknowledged entries."""
    entries = list(merchant.ledger.acknowledged.values())
    span = {"from": WINDOW[0].isoformat(), "to": WINDOW[1].isoformat()}
    answer = await merchant.balance(**span)
    if answer is None:
        return [f"{merchant.merchant_id}: the balances cannot be read"]
    whole = answer.json()
    expected = expected_days(entries)
    errors = range_errors(whole)
    if Decimal(whole["opening_balance"]) != 0:
        errors.append(f"a balance before the first entry: {without_items(whole)}")
    for day in whole["items"]:
        figures = (Decimal(day["total_credits"]), Decimal(day["total_debits"]), day["entry_count"])
        if figures != expected[day["date"]]:
            errors.append(f"{merchant.merchant_id} {day['date']}: {figures}, its entries make {expected[day['date']]}")
    if not errors and entries:
        errors += await _cache_errors(merchant, entries, whole, span)
    return errors


async def _cache_errors(merchant: Merchant, entries: list[Json], whole: Json, span: dict[str, str]) -> list[str]:
    """Compare cached answers with what the database says past the cache."""
    newest = max(entries, key=lambda entry: str(entry["id"]))["id"]
    by_date = {day["date"]: day for day in whole["items"]}
    # All of them before anything is read past the cache: who waits for an entry removes what is cached.
    dates = sorted(set(merchant.rng.sample(sorted(by_date), 20)) | {newest_day().isoformat()})
    all_cached = {date: await merchant.balance(date) for date in dates}
    errors = [
        f"{merchant.merchant_id} {date}: the day {cached and cached.text} differs from the range's {by_date[date]}"
        for date, cached in all_cached.items()
        if cached is None or any(cached.json()[figure] != value for figure, value in by_date[date].items())
    ]
    if errors:
        return errors
    past_cache = await merchant.balance(after_entry=newest, **span)
    if past_cache is None or past_cache.json() != whole:
        errors.append(f"{merchant.merchant_id}: the range read past the cache differs from the cached one")
    for date, cached in all_cached.items():
        past = await merchant.balance(date, after_entry=newest)
        if cached is None or past is None or cached.json() != past.json():
            errors.append(
                f"{merchant.merchant_id} {date}: cached {cached and cached.text}, past the cache {past and past.text}"
            )
    return errors


def expected_days(entries: Iterable[Json]) -> dict[str, tuple[Decimal, Decimal, int]]:
    """Return credits, debits and number of entries of each date, zero where there are none."""
    days: dict[str, tuple[Decimal, Decimal, int]] = defaultdict(lambda: (Decimal(0), Decimal(0), 0))
    for entry in entries:
        credits_, debits, count = days[entry["business_date"]]
        amount = Decimal(entry["amount"])
        is_credit = entry["direction"] == "credit"
        days[entry["business_date"]] = (
            credits_ + (amount if is_credit else 0),
            debits + (0 if is_credit else amount),
            count + 1,
        )
    return days


def _by_key(entries: Iterable[Json]) -> dict[str, list[Json]]:
    found: dict[str, list[Json]] = defaultdict(list)
    for entry in entries:
        found[entry["description"].rpartition(" ")[2]].append(entry)
    return found
