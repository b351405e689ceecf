"""Which errors say that a dependency cannot be used now.

The module of each driver knows its own errors and registers a recogniser here, so that the HTTP side tells an
outage from a mistake without loading any driver.
"""

from collections.abc import Callable

Recogniser = Callable[[BaseException], bool]

_recognisers: list[Recogniser] = []


def recognises_unavailable(recogniser: Recogniser) -> Recogniser:
    """Let `is_unavailable` ask this function, too; a decorator."""
    _recognisers.append(recogniser)
    return recogniser


def is_unavailable(error: BaseException) -> bool:
    """Whether a driver that this process uses says that its server cannot be used now."""
    return any(recognises(error) for recognises in _recognisers)
