"""What every Python process under the driver's clocks does first."""

import os
import select
import time

if (instance := os.environ.get("FLUXO_INSTANCE")) is not None:
    os.environ["FAKETIME_TIMESTAMP_FILE"] = os.path.join(os.environ["CHAOS_CLOCKS"], instance)  # noqa: PTH118 - early


def _sleep(seconds: float) -> None:
    select.select((), (), (), seconds)


# libfaketime 0.9.10 fails clock_nanosleep until an instant of the monotonic clock.
time.sleep = _sleep
