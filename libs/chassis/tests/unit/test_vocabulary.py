import re
from pathlib import Path

import fluxo_chassis

BUSINESS_WORDS = re.compile(
    r"\b(entry|entries|merchants?|balances?)\b|_(entry|entries|merchants?|balances?)(?![a-z])", re.IGNORECASE
)


def test_no_business_word_appears_in_the_chassis():
    package = Path(fluxo_chassis.__file__).parent
    found = [
        f"{source.relative_to(package)}:{number}: {line.strip()}"
        for source in package.rglob("*.py")
        for number, line in enumerate(source.read_text().splitlines(), start=1)
        if BUSINESS_WORDS.search(line)
    ]
    assert found == []


def test_the_check_would_notice_one():
    assert BUSINESS_WORDS.search("the merchant's day")
    assert BUSINESS_WORDS.search("def record_entry():")
    assert not BUSINESS_WORDS.search("a load balancer, carried by a telemetry exporter")
