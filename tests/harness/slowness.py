import time

_COMPUTES_S = 0.05


def slowness() -> float:
    """Return how many times longer than alone this process takes for what it computes; some 1 on a quiet machine.

    A promise in seconds is one for a machine that has time for it: multiply it by this, measured beside what is judged.
    """
    began, used = time.monotonic(), time.thread_time()
    while time.thread_time() - used < _COMPUTES_S:
        pass
    return max(1.0, (time.monotonic() - began) / _COMPUTES_S)
