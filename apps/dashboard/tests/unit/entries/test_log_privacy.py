"""No line of the log holds what is in a form, a cookie or a link; whose request it was is hashed there."""

import orjson
import pytest
from fluxo_chassis.observability.logs import configure_logging
from fluxo_chassis.observability.logs.pseudonym import organization_id
from fluxo_chassis.settings import ProcessSettings

pytestmark = pytest.mark.anyio

AMOUNT, DESCRIPTION, CATEGORY = "98765,43", "Venda secreta ao vizinho", "categoria-x"
LINK = "link-of-the-one-time-kind"


@pytest.fixture
def log_lines(browser, logging_restored, capfdbinary):
    """All lines so far, from debug on."""
    configure_logging(ProcessSettings(log_format="json", log_level="debug"), "fluxo-dashboard")

    async def read() -> list[bytes]:
        await browser.get("/metrics")  # writes the lines of all requests that are answered
        return capfdbinary.readouterr().out.splitlines()

    return read


async def test_no_line_holds_what_was_typed_or_who_typed_it(browser, merchant_id, log_lines):
    form = {"key": "k" * 32, "direction": "credit", "amount": AMOUNT, "description": DESCRIPTION, "category": CATEGORY}
    for amount in (AMOUNT, "98765.4.3"):
        await browser.post("/entries", form | {"business_date": "22/11/2026", "amount": amount})
    for path in ("/", "/entries", f"/entries?q={DESCRIPTION}&category={CATEGORY}", f"/sign-in/link/{LINK}", f"/{LINK}"):
        await browser.get(path)

    lines = await log_lines()

    cookie = browser.client.headers["cookie"].partition("=")[2]
    secrets = (AMOUNT, "98765.4", "9876543", DESCRIPTION, CATEGORY, LINK, merchant_id, cookie, browser.form_token)
    assert [secret for secret in secrets if any(secret.encode() in line for line in lines)] == []
    told = [orjson.loads(line) for line in lines]
    of_the_merchant = {
        each["http.route"] for each in told if each.get("organization.id") == organization_id(merchant_id)
    }
    assert of_the_merchant >= {"/", "/entries"}
