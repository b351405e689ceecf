from collections.abc import Iterator, Sequence
from itertools import chain
from typing import Final
from uuid import UUID

from fluxo_balances.application.projecting.ports import Delivery, RecordedEntry, Told

UNACKNOWLEDGED_MAX: Final = 10_000

AppliedEvent = tuple[Delivery, Told]


class UnacknowledgedEvents:
    """Events that were applied and not acknowledged: hidden while old answers may still be cached, then visible.

    `witnesses` are entries that the inbox holds if it holds all that was applied and not confirmed yet. An event may
    be confirmed while it is hidden.
    """

    def __init__(self) -> None:
        self.witnesses: set[UUID] = set()
        self._hidden: dict[str, AppliedEvent] = {}
        self._new: list[RecordedEntry] = []
        """Those of the hidden that are known to have been applied for the first time."""
        self._visible: dict[str, AppliedEvent] = {}

    def __len__(self) -> int:
        return len(self._hidden) + len(self._visible)

    def __iter__(self) -> Iterator[AppliedEvent]:
        return chain(self._visible.values(), self._hidden.values())

    def __contains__(self, stream_id: str) -> bool:
        return stream_id in self._hidden or stream_id in self._visible

    @property
    def has_capacity(self) -> bool:
        """Whether there is room for more."""
        return len(self) < UNACKNOWLEDGED_MAX

    @property
    def has_hidden(self) -> bool:
        """Whether old answers may still be cached of what was applied."""
        return bool(self._hidden)

    @property
    def has_unconfirmed_or_visible(self) -> bool:
        """Whether there is something to confirm or acknowledge: if not, all wait for the cache."""
        return bool(self.witnesses or self._visible)

    @property
    def hidden_merchants(self) -> list[str]:
        """Whose answers are to be removed, in order."""
        return sorted({told.merchant_id for _, told in self._hidden.values()})

    @property
    def visible_ids(self) -> list[str]:
        """What is to be acknowledged once there is no witness left, by its ids in the stream."""
        return list(self._visible)

    def add(self, events: Sequence[AppliedEvent], *, are_new: bool) -> None:
        """Hide what one transaction applied; `are_new` says that it held no duplicate."""
        self._hidden |= {delivery.stream_id: (delivery, told) for delivery, told in events}
        entries = [told for _, told in events if isinstance(told, RecordedEntry)]
        if are_new:
            self._new += entries
        # What was applied together is kept or lost together. Duplicates were applied before, by whoever.
        self.witnesses |= {entry.id for entry in (entries[:1] if are_new else entries)}

    def show(self) -> list[RecordedEntry]:
        """Make visible what is hidden; returns the entries of it that are known to be new."""
        self._visible |= self._hidden
        new, self._new, self._hidden = self._new, [], {}
        return new

    def remove_visible(self) -> None:
        """Forget what is visible: it is acknowledged."""
        self._visible.clear()
