"""A merchant's client that goes on whatever happens, and counts what it was told is recorded."""

import threading
from collections.abc import Iterator
from contextlib import contextmanager

from tests.deploy.containers.stack import Desk
from tests.harness.waiting import until


class Recorder:
    """Records entries one after another, each until it is acknowledged, and remembers how many that was."""

    def __init__(self, desk: Desk, name: str) -> None:
        self._desk, self._name, self._over = desk, name, threading.Event()
        self.acknowledged = 0
        self.refused = 0
        self._thread = threading.Thread(target=self._run)

    def _run(self) -> None:
        with self._desk.merchant() as merchant:
            while not self._over.wait(0.05):
                if self._desk.record(merchant, f"{self._name}-{self.acknowledged}"):
                    self.acknowledged += 1
                else:
                    self.refused += 1

    def until_more(self, number: int = 5) -> None:
        until(lambda target=self.acknowledged + number: self.acknowledged >= target, what="entries are recorded again")

    @contextmanager
    def running(self) -> Iterator["Recorder"]:
        self._thread.start()
        try:
            self.until_more()
            yield self
        finally:
            self._over.set()
            self._thread.join(60)
