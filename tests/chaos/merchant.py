"""A merchant's client: sends an order until it is answered or patience ends, and reads days."""

import asyncio
import contextlib
import time
from random import Random
from typing import Any, Final

import httpx2
from ledger import Json, Ledger, Order

TIMEOUT_S: Final = 5.0
LIST_PATIENCE_S: Final = 60.0
NOT_NOW: Final = {429, 503}


class Merchant:
    def __init__(self, merchant_id: str, token: str, urls: dict[str, str], rng: Random) -> None:
        self.merchant_id = merchant_id
        self.rng = rng
        self.ledger = Ledger()
        self._urls = urls
        self._http = httpx2.AsyncClient(headers={"Authorization": f"Bearer {token}"}, timeout=TIMEOUT_S)

    async def close(self) -> None:
        await self._http.aclose()

    async def send(self, order: Order, patience_s: float) -> bool:
        """Send until it is answered or moot, with the same keys; False, and noted as unknown, when patience ends."""
        self.ledger.ask(order)
        deadline = time.monotonic() + patience_s
        headers = {} if order.key is None else {"Idempotency-Key": order.key}
        while not self.ledger.is_moot(order):
            try:
                answer = await self._http.post(f"{self._urls['entries']}{order.path}", json=order.body, headers=headers)
            except httpx2.TransportError:
                answer = None
            if answer is not None and not self._is_put_off(answer):
                self._note(order, answer)
                return True
            if time.monotonic() >= deadline:
                self.ledger.unknown.append(order)
                return False
            await asyncio.sleep(self.rng.uniform(0.05, 0.3))
        return True

    async def entries(self) -> list[Json]:
        """Return every entry of the merchant, as the list tells it."""
        items: list[Json] = []
        cursor: str | None = None
        while True:
            parameters: dict[str, Any] = {"limit": 500} | ({"cursor": cursor} if cursor else {})
            page = await self._page(parameters)
            items += page["items"]
            cursor = page["next"]
            if cursor is None:
                return items

    async def _page(self, parameters: dict[str, Any]) -> Json:
        deadline = time.monotonic() + LIST_PATIENCE_S
        while True:
            with contextlib.suppress(httpx2.TransportError):
                answer = await self._http.get(f"{self._urls['entries']}/v1/entries", params=parameters)
                if not self._is_put_off(answer):
                    page: Json = answer.raise_for_status().json()
                    return page
            if time.monotonic() > deadline:
                raise httpx2.TransportError(f"the entries cannot be listed within {LIST_PATIENCE_S:g} s")
            await asyncio.sleep(self.rng.uniform(0.05, 0.3))

    async def balance(
        self, day: str | None = None, *, etag: str | None = None, **parameters: str
    ) -> httpx2.Response | None:
        """Return a day's balance, or a range's without a day; None when it cannot be had now."""
        path = "/v1/daily-balances" + (f"/{day}" if day else "")
        headers = {} if etag is None else {"If-None-Match": etag}
        try:
            answer = await self._http.get(f"{self._urls['balances']}{path}", params=parameters, headers=headers)
        except httpx2.TransportError:
            return None
        if self._is_put_off(answer):
            return None
        if answer.status_code not in {200, 304}:
            self.ledger.complaints.append(f"GET {path} was answered {answer.status_code}: {answer.text[:300]}")
            return None
        return answer

    def _is_put_off(self, answer: httpx2.Response) -> bool:
        if answer.status_code not in NOT_NOW:
            return False
        if "Retry-After" not in answer.headers:
            self.ledger.complaints.append(f"{answer.status_code} without Retry-After: {answer.text[:300]}")
        return True

    def _note(self, order: Order, answer: httpx2.Response) -> None:
        match answer.status_code:
            case 201 if not order.drafts:
                self.ledger.complaints.append(f"key {order.key} was taken, and another request got 201: {answer.text}")
            case 201 if order.key is not None:
                self.ledger.acknowledge(order.drafts[0], answer.json())
            case 201:
                for draft, entry in zip(order.drafts, answer.json()["items"], strict=True):
                    self.ledger.acknowledge(draft, entry)
            case 207:
                for draft, item in zip(order.drafts, answer.json()["items"], strict=True):
                    self._note_item(order, draft.key, item)
            case status:
                self.ledger.refuse(order, status, answer.text)

    def _note_item(self, order: Order, key: str, item: Json) -> None:
        draft = self.ledger.drafts[key]
        if item["status"] == 201:
            self.ledger.acknowledge(draft, item["entry"])
        elif item["status"] in self.ledger.refusals(order):
            self.ledger.refused.add(key)
        else:
            self.ledger.complaints.append(f"an item of POST {order.path} was refused: {item}")
