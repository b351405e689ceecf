"""An owner makes a key for a machine, which uses it on both services until it is revoked."""

import time

import httpx2

from tests.harness.system import SCOPES

REVOKED_WITHIN_S = 8
"""Five seconds that a key is remembered for, and what the event takes."""


def test_a_key_works_on_both_services_until_it_is_revoked(system, merchant):
    owner = {"Authorization": f"Bearer {system.token(merchant.merchant_id, (*SCOPES, 'api-keys:manage'))}"}
    keys = f"{system.entries_url}/v1/api-keys"
    with httpx2.Client() as http:
        new = {"name": "caixa 3", "scopes": ["balances:read", "entries:read"]}
        created = http.post(keys, headers=owner, json=new)
        assert created.status_code == 201
        key = {"Authorization": f"Bearer {created.json()['key']}"}

        def answers():
            """Reading, writing and managing on the one service, and reading on the other."""
            return [
                http.get(f"{system.entries_url}/v1/merchant", headers=key).status_code,
                http.patch(f"{system.entries_url}/v1/merchant", headers=key, json={"name": "X"}).status_code,
                http.post(keys, headers=key, json=new | {"name": "another"}).status_code,
                http.get(f"{system.balances_url}/v1/daily-balances/2026-03-10", headers=key).status_code,
            ]

        system.until(lambda: answers()[-1] == 200, 10)
        for _ in range(2):  # the second answer comes past the framework
            assert answers() == [200, 403, 403, 200]
        uses = {f"{system.balances_url}/v1/api-key-uses", keys}

        def are_noted():
            listed = [http.get(url, headers=owner).json()["items"] for url in uses]
            return all(item["last_used_at"] for items in listed for item in items)

        system.until(are_noted, 10)
        assert http.delete(f"{keys}/{created.json()['id']}", headers=owner).status_code == 204
        revoked_at = time.monotonic()
        system.until(lambda: answers() == [401] * 4, 30)
        assert time.monotonic() - revoked_at < REVOKED_WITHIN_S
        assert [http.get(url, headers=owner).json() for url in uses] == [{"items": []}] * 2
