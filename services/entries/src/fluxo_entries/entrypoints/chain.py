from dataclasses import asdict
from typing import Final, TextIO

import msgspec

from fluxo_entries.application.sealing.verify_chain import Verified, VerifyChain

_encode: Final = msgspec.json.Encoder().encode


async def write_chain(verify_chain: VerifyChain, out: TextIO, merchant_id: str | None, kept: bytes | None) -> None:
    """Write one JSON line for each finding, and one that has `entries` for how far that is, the last one at the end."""
    verified = Verified()

    def write(line: dict[str, object]) -> None:
        out.write(f"{_encode(line).decode()}\n")
        out.flush()

    async for finding in verify_chain(verified, merchant_id, kept, lambda: write(asdict(verified))):
        write(asdict(finding))
    write(asdict(verified))
