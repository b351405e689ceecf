"""What a rebuild needs from outside."""

from collections.abc import AsyncIterator, Collection, Mapping, Sequence
from dataclasses import dataclass
from typing import Protocol
from uuid import UUID

from fluxo_balances.domain.api_key import ApiKey
from fluxo_balances.domain.merchant_settings import MerchantSettings


@dataclass(frozen=True, slots=True)
class ReplayPart:
    """Some entries of a replay, as they came."""

    entries: int
    lines: bytes


class Replay(Protocol):
    """All recorded entries, from one snapshot."""

    async def begin(self) -> tuple[UUID, int]:
        """Return the rebuild id that the replay was asked with, and how many entries it holds.

        Raises:
            ReplayBrokenError: there is no replay.
        """

    async def settings(self) -> Sequence[MerchantSettings]:
        """Return the settings of merchants without entries, which come before the entries.

        Raises:
            ReplayBrokenError: the replay breaks off.
        """

    async def api_keys(self) -> Sequence[ApiKey]:
        """Return all API keys, which come after the settings.

        Raises:
            ReplayBrokenError: the replay breaks off.
        """

    def parts(self) -> AsyncIterator[ReplayPart]:
        """Yield the entries; fewer than announced when the replay breaks off."""


class ShadowTables(Protocol):
    """What will take the place of the read model's tables."""

    async def prepare(self) -> UUID:
        """Make empty shadow tables, replacing any that were left behind, and return the rebuild id that stands by now.

        Raises:
            AnotherRebuildRunsError: nothing was changed.
        """

    async def load(self, part: ReplayPart, oldest_remembered: UUID) -> Mapping[str, str]:
        """Apply the entries that the shadow inbox does not hold; it takes no id below the given one.

        Returns the merchants of whom an entry breaks a rule of the read model, each with the reason in a sentence.
        """

    async def load_settings(self, settings: Sequence[MerchantSettings]) -> None:
        """Keep those that are later than what is known there of their merchant."""

    async def load_api_keys(self, api_keys: Sequence[ApiKey]) -> None:
        """Keep the keys, and when they were used last."""

    async def swap(self, rebuild_id: UUID, keeping: Collection[str]) -> None:
        """Let the shadow tables be the read model, and remove the rebuild id; readers wait for some 0.4 s at the most.

        The merchants of `keeping` stay as they are in the read model.

        Raises:
            RebuildSupersededError: the rebuild id was removed meanwhile, so something may be missing; nothing
                was changed.
        """

    async def discard(self) -> None:
        """Remove shadow tables and rebuild id."""


class CachedAnswers(Protocol):
    async def remove_all(self) -> None:
        """Remove all merchants' answers and leases.

        Raises:
            CacheUnavailableError: it could not be done.
        """


class AnotherRebuildRunsError(Exception):
    def __init__(self) -> None:
        super().__init__("another rebuild is running.")


class RebuildSupersededError(Exception):
    def __init__(self) -> None:
        super().__init__("its mark was removed while it ran, so it may have missed something; run it again.")


class ReplayBrokenError(Exception):
    """The replay is not whole, or not one for this rebuild; the message says which."""
