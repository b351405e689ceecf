from dataclasses import dataclass, field
from datetime import date
from typing import TYPE_CHECKING, Any
from uuid import uuid4

import httpx2

if TYPE_CHECKING:
    from tests.harness.system import System


@dataclass
class MerchantClient:
    """A merchant at its shell: records, reverses, reads; knows what it recorded."""

    system: "System"
    merchant_id: str
    token: str
    http: httpx2.Client = field(init=False)

    def __post_init__(self) -> None:
        self.http = httpx2.Client(headers={"Authorization": f"Bearer {self.token}"}, timeout=20)

    def post(self, path: str, body: object, key: str | None = None) -> httpx2.Response:
        headers = {} if key is None else {"Idempotency-Key": key}
        return self.http.post(f"{self.system.entries_url}{path}", json=body, headers=headers)

    def record(
        self, direction: str, amount: str, day: date | None = None, key: str | None = None, description: str = "Venda"
    ) -> Any:
        body = {"direction": direction, "amount": amount, "description": description}
        if day is not None:
            body["business_date"] = day.isoformat()
        response = self.post("/v1/entries", body, key or str(uuid4()))
        assert response.status_code == 201, response.text
        return response.json()

    def reverse(self, entry_id: str, key: str | None = None) -> Any:
        response = self.post(f"/v1/entries/{entry_id}/reversal", {"reason": "Engano"}, key or str(uuid4()))
        assert response.status_code == 201, response.text
        return response.json()

    def has_day_with(self, entry_id: str) -> bool:
        """Whether the entry is part of the balances; waits for it for two seconds."""
        url = f"{self.system.balances_url}/v1/daily-balances/2026-01-01"
        return self.http.get(url, params={"after_entry": entry_id}).status_code == 200

    def day(self, day: date | str, after: str | None = None) -> Any:
        parameters = {} if after is None else {"after_entry": after}
        response = self.http.get(f"{self.system.balances_url}/v1/daily-balances/{day}", params=parameters)
        assert response.status_code == 200, response.text
        return response.json()

    def days(self, first: date, last: date, after: str | None = None) -> Any:
        parameters = {"from": first.isoformat(), "to": last.isoformat()}
        if after is not None:
            parameters["after_entry"] = after
        response = self.http.get(f"{self.system.balances_url}/v1/daily-balances", params=parameters)
        assert response.status_code == 200, response.text
        return response.json()

    def entries(self, **parameters: str | int) -> list[dict[str, Any]]:
        items: list[dict[str, Any]] = []
        cursor: str | None = None
        while True:
            page = self.http.get(
                f"{self.system.entries_url}/v1/entries",
                params=parameters | ({"cursor": cursor} if cursor else {}),
            ).json()
            items += page["items"]
            cursor = page["next"]
            if cursor is None:
                return items
