"""The README's lines work as printed."""

import os
import re
import subprocess
from pathlib import Path

import httpx2
import pytest

ROOT = Path(__file__).resolve().parents[2]
READMES = ["README.md", "README.pt-BR.md"]


def block(readme, name):
    """Return the bash block that follows the comment `<!-- name: … -->`."""
    found = re.search(rf"<!-- {name}:[^\n]*-->\n```bash\n(.*?)```", (ROOT / readme).read_text(), re.DOTALL)
    assert found, f"{readme} has no {name} block"
    return found[1]


def run(system, lines, merchant_id):
    """Run the lines with the ports, the data directory and the merchant of this test's system."""
    lines = lines.replace(":8001", f":{system.port_base + 1}").replace(":8002", f":{system.port_base + 2}")
    lines = lines.replace("padaria", merchant_id)
    return subprocess.run(
        ["bash", "-euo", "pipefail", "-c", lines],
        cwd=ROOT,
        env=os.environ | {"FLUXO_DATA_DIR": str(system.data_dir)},
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )


@pytest.mark.parametrize("readme", READMES)
def test_the_curl_lines_record_entries_and_read_days(system, merchant, readme):
    ran = run(system, block(readme, "curl"), merchant.merchant_id)

    assert ran.returncode == 0, ran.stderr
    entries = merchant.entries()
    assert sorted((entry["direction"], entry["amount"]) for entry in entries) == [
        ("credit", "150.00"),
        ("debit", "20.00"),
    ]
    assert '"closing_balance"' in ran.stdout
    assert "/problems/" not in ran.stdout
    newest = max(entries, key=lambda entry: entry["id"])
    assert merchant.day("2026-11-15", after=newest["id"])["closing_balance"] == "-20.00"


@pytest.mark.parametrize("readme", READMES)
def test_the_shell_lines_record_entries_and_read_days(system, merchant, readme):
    ran = run(system, block(readme, "cli"), merchant.merchant_id)

    assert ran.returncode == 0, ran.stderr + ran.stdout
    assert sorted(entry["amount"] for entry in merchant.entries()) == ["1234.56", "150.00"]
    assert "-1234.56" in ran.stdout


def test_the_link_opens_the_page_once_and_an_entry_is_recorded_there_without_a_script(system, merchant):
    link = system.cli("open", "--print", "--merchant", merchant.merchant_id).stdout.strip()
    with httpx2.Client(base_url=system.page_url, follow_redirects=True, timeout=30) as browser:
        page = browser.get(link)
        assert (page.status_code, page.url.path) == (200, "/")
        carried = dict(re.findall(r'name="(form_token|key|business_date)"[^>]*value="([^"]*)"', page.text))
        typed = {"amount": "150,00", "direction": "credit", "description": "Venda balcão", "category": ""}
        browser.post("/entries", data=carried | typed, headers={"Sec-Fetch-Site": "same-origin"})
    assert [(entry["amount"], entry["description"]) for entry in merchant.entries()] == [("150.00", "Venda balcão")]
    assert httpx2.get(link).status_code == 403


def test_both_readmes_print_the_same_lines():
    without_comments = [re.sub(r"^#.*\n", "", block(readme, "curl"), flags=re.MULTILINE) for readme in READMES]
    assert without_comments[0] == without_comments[1]
    assert block(READMES[0], "cli") == block(READMES[1], "cli")
