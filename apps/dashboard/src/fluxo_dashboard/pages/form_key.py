"""The idempotency key that is born with a form: however often the form is sent, it is one write."""

import re
from uuid import uuid4

_KEY = re.compile(r"[0-9a-f]{32}\Z")


def new_key() -> str:
    return uuid4().hex


def read_key(sent: object) -> str:
    """Return the key that a form brought back, or a new one for what is none of ours."""
    return sent if isinstance(sent, str) and _KEY.match(sent) else new_key()
