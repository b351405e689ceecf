"""`python -m fluxo_contracts asyncapi` prints the AsyncAPI document of the events, as JSON."""

import argparse
import sys

import msgspec

from fluxo_contracts.asyncapi import document


def main() -> None:
    parser = argparse.ArgumentParser(prog="fluxo_contracts", description="What the services agree on.")
    parser.add_argument("what", choices=["asyncapi"], help="print the AsyncAPI 3 document as JSON")
    parser.parse_args()
    sys.stdout.buffer.write(msgspec.json.format(msgspec.json.encode(document()), indent=2) + b"\n")


if __name__ == "__main__":
    main()
