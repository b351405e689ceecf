from dataclasses import dataclass
from typing import Literal


@dataclass(frozen=True, slots=True)
class Finding:
    """`fail` keeps the system from working, `warn` limits it."""

    status: Literal["ok", "warn", "fail"]
    subject: str
    detail: str
    advice: str = ""
