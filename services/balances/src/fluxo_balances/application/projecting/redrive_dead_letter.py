from dataclasses import dataclass
from typing import Literal

from fluxo_balances.application.ports import AnswerInvalidation, Clock, ReadModelUnavailableError
from fluxo_balances.application.projecting.ports import (
    DeadLetters,
    EventDecoder,
    NotForBalancesError,
    Projection,
    RecordedEntry,
    StoredDeadLetter,
    Told,
    UndecodableEventError,
)
from fluxo_balances.domain.api_key import ApiKey
from fluxo_balances.domain.inbox import FROM_THE_FUTURE, REMEMBERED_FOR, is_dated, is_forgotten, newest_taken
from fluxo_balances.domain.merchant_settings import MerchantSettings


@dataclass(frozen=True, slots=True)
class Redriven:
    """What became of a letter; `failed` and `too-old` ones stay, for the reason given."""

    outcome: Literal["applied", "applied-before", "skipped", "failed", "too-old"]
    reason: str | None = None


class RedriveDeadLetter:
    """Apply a dead letter's event once more: apply it, remove the merchant's cached answers, then remove the letter.

    The event does not go back to the stream, whose ids are the relay's position. In this order a crash at any point
    only leaves a letter whose event the inbox recognises the next time. A letter that fails again stays. One with
    an event that is not for the balances goes: the projector would skip it.
    """

    def __init__(
        self,
        letters: DeadLetters,
        projection: Projection,
        answers: AnswerInvalidation,
        clock: Clock,
        decode: EventDecoder,
    ) -> None:
        self._letters = letters
        self._projection = projection
        self._answers = answers
        self._clock = clock
        self._decode = decode

    async def __call__(self, stored: StoredDeadLetter) -> Redriven:
        """Say what became of it.

        Raises:
            ReadModelUnavailableError: the database is unavailable; the letter stays as it is.
            CacheUnavailableError: the event is applied, old answers could not be removed, and the letter stays.
        """
        try:
            told = self._told_by(stored)
            if isinstance(told, MerchantSettings):
                applied = await self._projection.apply_settings([told])
            elif isinstance(told, ApiKey):
                applied = await self._projection.apply_api_keys([told])
            elif is_forgotten(told.id, self._clock.now()):
                return Redriven("too-old", _TOO_OLD)
            else:
                applied = await self._projection.apply([told])
        except ReadModelUnavailableError:
            raise
        except NotForBalancesError as error:
            await self._letters.remove(stored.id)
            return Redriven("skipped", str(error))
        except Exception as error:  # noqa: BLE001 - whatever it is, the letter tells
            reason = str(error) or type(error).__name__
            await self._letters.note_failure(stored.id, reason, self._clock.now())
            return Redriven("failed", reason)
        if isinstance(told, RecordedEntry) and not await self._projection.confirm([told.id]):
            raise ReadModelUnavailableError("The database went down and lost what was applied.")
        # Also when it was applied before: the crash may have come between the transaction and the cache.
        await self._answers.invalidate([told.merchant_id])
        await self._letters.remove(stored.id)
        return Redriven("applied" if applied else "applied-before")

    def _told_by(self, stored: StoredDeadLetter) -> Told:
        told = self._decode(stored.letter.delivery)
        if isinstance(told, RecordedEntry) and not is_dated(told.id):
            raise UndecodableEventError("The entry's id is no UUIDv7, so its age is unknown.")
        if isinstance(told, RecordedEntry) and told.id >= newest_taken(self._clock.now()):
            raise UndecodableEventError(FROM_THE_FUTURE)
        return told


_TOO_OLD = (
    f"The event is older than {REMEMBERED_FOR.days} days and may have been applied before: "
    "run `fluxo rebuild`, which counts every entry once, then discard the letter."
)
