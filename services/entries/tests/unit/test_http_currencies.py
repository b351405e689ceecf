"""Amounts have the decimals of their currency, as many as ISO 4217 gives it."""

import pytest

pytestmark = pytest.mark.anyio


@pytest.mark.parametrize(
    ("currency", "sent", "shown"),
    [("JPY", "1500", "1500"), ("CLP", "1500", "1500"), ("KWD", "1.5", "1.500"), ("BHD", "0.001", "0.001")],
)
async def test_an_amount_has_its_currencys_decimals(api, service, sale, currency, sent, shown):
    assert (await api._send("PATCH", "/v1/merchant", json={"currency": currency})).status_code == 200
    answer = await api.post("/v1/entries", sale | {"amount": sent})
    assert (answer.status_code, answer.json()["amount"], answer.json()["currency"]) == (201, shown, currency)
    assert (await api.get("/v1/entries")).json()["items"] == [answer.json()]


@pytest.mark.parametrize(("currency", "sent"), [("JPY", "15.0"), ("PYG", "0.5"), ("KWD", "1.2345"), ("BRL", "1.005")])
@pytest.mark.parametrize("path", ["/v1/entries", "/v1/entries/bulk"])
async def test_more_decimals_are_named_with_all_else_that_is_wrong(api, service, sale, currency, sent, path):
    await api._send("PATCH", "/v1/merchant", json={"currency": currency})
    wrong = sale | {"amount": sent, "description": ""}
    if path.endswith("bulk"):
        wrong = {"mode": "atomic", "entries": [wrong | {"idempotency_key": "a"}]}
    answer = await api.post(path, wrong)
    assert answer.status_code == 422
    pointers = [error["pointer"].rpartition("/")[2] for error in answer.json()["errors"]]
    assert pointers == ["amount", "description"]


@pytest.mark.parametrize("path", ["/v1/entries", "/v1/entries/bulk"])
async def test_another_currency_is_named_and_not_its_decimals(api, service, sale, path):
    await api._send("PATCH", "/v1/merchant", json={"currency": "JPY"})
    foreign = sale | {"amount": "15.00", "currency": "BRL"}
    if path.endswith("bulk"):
        foreign = {"mode": "atomic", "entries": [foreign | {"idempotency_key": "a"}]}
    answer = await api.post(path, foreign)
    assert answer.status_code == 422
    (error,) = answer.json()["errors"]
    assert error["pointer"].endswith("/currency")
    assert error["detail"] == "Your entries are in JPY."
