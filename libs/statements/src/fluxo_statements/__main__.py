"""`python -m fluxo_statements FILE`: one line of JSON for each item, for who looks or reads it in another process."""

import argparse
import sys
from pathlib import Path
from typing import Final

import msgspec

from fluxo_statements.checks import BalanceChecks
from fluxo_statements.columns import ColumnsError, read_as
from fluxo_statements.complaints import code_of
from fluxo_statements.errors import UnreadableFileError
from fluxo_statements.fees import BothWays, in_both_ways
from fluxo_statements.model import Terms, UnreadableLine
from fluxo_statements.sheets.mapping import Meaning

OTHER: Final = ("amount_minor", "description", "bank_id")
"""Said of a row's line in the other way, with fees apart or not: of gross and fee it is the net, of a net the gross."""


def main() -> int:
    parser = argparse.ArgumentParser(prog="python -m fluxo_statements", description=__doc__)
    parser.add_argument("file", type=Path)
    parser.add_argument("--currency", default="BRL")
    parser.add_argument("--decimals", type=int, default=2)
    parser.add_argument(
        "--name-format",
        action="store_true",
        help="say first which format it is and what its columns mean, and last where balances do not agree",
    )
    parser.add_argument("--columns", default="", help="what a sheet's columns mean: date=Data,amount=#3")
    parser.add_argument("--known", default="{}", help="the same by fingerprints of headers, as JSON")
    parser.add_argument("--fees-apart", action="store_true", help="of card sales the gross and the fee as two lines")
    parser.add_argument("--columns-only", action="store_true", help="say nothing of the lines")
    options = parser.parse_args()
    encode = msgspec.json.Encoder().encode
    try:
        # Who records wants to know of both ways; gross and fee are put together again where they are not wanted apart.
        terms = Terms(options.currency, options.decimals, fees_apart=options.name_format or options.fees_apart)
        name, columns, items = read_as(options.file, terms, options.columns, msgspec.json.decode(options.known))
        if options.name_format:
            sys.stdout.buffer.write(encode({"Format": {"name": name}}) + b"\n")
            if columns is not None:
                sys.stdout.buffer.write(encode({"Columns": columns._asdict()}) + b"\n")
        if options.columns_only:
            return 0
        checks = BalanceChecks()
        has_fees = options.name_format and columns is not None and Meaning.GROSS in columns.meanings
        for item, apart in in_both_ways(items) if has_fees else map(BothWays, items):
            checks.add(item)
            for line in apart if options.fees_apart and apart else (item,):
                said = line._asdict()
                if isinstance(line, UnreadableLine) and options.name_format:
                    said["code"] = code_of(line.reason)
                if apart:
                    other = item if options.fees_apart else apart[0]
                    said["other"] = [getattr(other, name) for name in OTHER]
                sys.stdout.buffer.write(encode({type(line).__name__: said}) + b"\n")
        for each in checks.differences if options.name_format else ():
            sys.stdout.buffer.write(encode({"Difference": each._asdict()}) + b"\n")
    except UnreadableFileError as error:
        sys.stderr.write(f"{error}\n")
        return 3 if isinstance(error, ColumnsError) else 2
    return 0


if __name__ == "__main__":
    sys.exit(main())
