"""Amounts as the page writes and reads them. Inside they are the API's decimal strings; no float anywhere."""

import re
from decimal import ROUND_HALF_UP, Decimal
from functools import cache

from babel.numbers import NumberPattern, format_percent, parse_pattern
from fluxo_contracts.currencies import DECIMALS

from fluxo_dashboard.language.languages import PORTUGUESE, Language


def write_money(amount: str | Decimal, currency: str, language: Language) -> str:
    """Return "R$ 1.234,56" for "1234.56" and BRL; the space in it does not break."""
    pattern = _pattern(language, DECIMALS.get(currency, 2))
    return str(pattern.apply(Decimal(amount), language.locale, currency=currency, currency_digits=False))


def write_per_cent(share: Decimal, language: Language, *, is_change: bool = False) -> str:
    """Return "12,5%" for 0.1249, halves away from zero; a change has its sign, "+12,5%"."""
    rounded = share.quantize(Decimal("0.001"), ROUND_HALF_UP)
    pattern = "+#,##0.0%;-#,##0.0%" if is_change else "#,##0.0%"
    return str(format_percent(rounded, pattern, locale=language.locale))


def write_amount(amount: str, language: Language) -> str:
    """Return the amount as it may be typed, without a currency: "1234,56"."""
    return amount.replace(".", ",") if language is PORTUGUESE else amount


def read_amount(text: str, currency: str, language: Language) -> str:
    """Return the API's "1234.56" for what a person typed: "1234,56", "1.234,56" or "1234" in Portuguese.

    An English page takes "1234.56" and "1,234.56". What could be read in two ways is refused, never guessed.

    Raises:
        ValueError: a sentence in the person's language that says what to write.
    """
    decimals = DECIMALS.get(currency, 2)
    example = write_amount(f"1234.{'5678'[:decimals]}" if decimals else "1234", language)
    if not text.strip():
        raise ValueError(language.say("Write the amount, such as %(example)s.", example=example))
    if text.strip().startswith("-"):
        raise ValueError(language.say("Write the amount without a sign, and choose whether it came in or went out."))
    whole, cents = _writing(language is PORTUGUESE, decimals)
    found = whole.match(text) or (cents.match(text) if cents else None)
    if found is None:
        raise ValueError(
            language.say(
                "This is not an amount that can be read in one way only. Write digits and all decimals: %(example)s.",
                example=example,
            )
        )
    group, mark = (".", ",") if language is PORTUGUESE else (",", ".")
    plain = text.replace(group, "").replace(mark, ".")
    if not Decimal(plain):
        raise ValueError(language.say("The amount must be more than zero."))
    return plain


@cache
def _pattern(language: Language, decimals: int) -> NumberPattern:
    """Return the language's way to write money, with the decimals that amounts have (ISO 4217).

    Left to itself Babel takes CLDR's, and rounds the cents of COP, HUF and others away.
    """
    usual = language.locale.currency_formats["standard"].pattern
    return parse_pattern(usual.replace("0.00", f"0.{'0' * decimals}" if decimals else "0"))


@cache
def _writing(is_portuguese: bool, decimals: int) -> tuple[re.Pattern[str], re.Pattern[str] | None]:
    group, mark = (r"\.", ",") if is_portuguese else (",", r"\.")
    digits = rf"(?:[0-9]+|[1-9][0-9]{{0,2}}(?:{group}[0-9]{{3}})+)"
    # Grouped digits without decimals are left out: 1.234 may be meant as 1,234 by somebody else.
    plain = re.compile(rf"{digits}\Z" if decimals == 0 else r"[0-9]+\Z")
    return plain, re.compile(rf"{digits}{mark}[0-9]{{{decimals}}}\Z") if decimals else None
