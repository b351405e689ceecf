"""ISO 4217's currencies with the decimals of each, and how minor units are written.

The list is that of 1 January 2026, "list one" of the maintenance agency (https://www.six-group.com, list-one.xml),
without the codes that have no minor unit: metals, bond market units, XDR, XSU, XUA, XTS and XXX.
"""

from collections.abc import Callable, Mapping
from functools import cache
from typing import Final

_CODES: Final = {
    0: "BIF CLP DJF GNF ISK JPY KMF KRW PYG RWF UGX UYI VND VUV XAF XOF XPF",
    2: """
        AED AFN ALL AMD AOA ARS AUD AWG AZN BAM BBD BDT BMD BND BOB BOV BRL BSD BTN BWP BYN BZD CAD CDF CHE CHF CHW CNY
        COP COU CRC CUP CVE CZK DKK DOP DZD EGP ERN ETB EUR FJD FKP GBP GEL GHS GIP GMD GTQ GYD HKD HNL HTG HUF IDR ILS
        INR IRR JMD KES KGS KHR KPW KYD KZT LAK LBP LKR LRD LSL MAD MDL MGA MKD MMK MNT MOP MRU MUR MVR MWK MXN MXV MYR
        MZN NAD NGN NIO NOK NPR NZD PAB PEN PGK PHP PKR PLN QAR RON RSD RUB SAR SBD SCR SDG SEK SGD SHP SLE SOS SRD SSP
        STN SVC SYP SZL THB TJS TMT TOP TRY TTD TWD TZS UAH USD USN UYU UZS VED VES WST XAD XCD XCG YER ZAR ZMW ZWG
    """,
    3: "BHD IQD JOD KWD LYD OMR TND",
    4: "CLF UYW",
}

DECIMALS: Final[Mapping[str, int]] = {code: decimals for decimals, codes in _CODES.items() for code in codes.split()}
"""A code that goes out of use keeps its line: there are amounts in it."""


@cache
def money_in(currency: str) -> Callable[[int], str]:
    """Return what writes minor units of the currency: -15000 is "-150.00" in BRL, "-15000" in JPY, "-15.000" in KWD.

    A code that the table does not have, of another's event, counts as one of two decimals.
    """
    decimals = DECIMALS.get(currency, 2)
    units = 10**decimals
    tails = tuple(f".{minor:0{decimals}d}" for minor in range(units)) if decimals else ("",)

    def write(amount_minor: int) -> str:
        if amount_minor < 0:
            return f"-{-amount_minor // units}{tails[-amount_minor % units]}"
        return f"{amount_minor // units}{tails[amount_minor % units]}"

    return write
