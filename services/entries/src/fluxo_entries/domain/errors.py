"""Facts that refuse a request. They know no HTTP; one table in entrypoints maps them."""

from collections.abc import Mapping, Sequence
from datetime import date
from uuid import UUID


class EntriesError(Exception):
    """A rule of the entries was not kept; nothing was changed."""


class RejectedFieldsError(EntriesError):
    """One or more values break a rule: `fields` names all of them at once, as (field, sentence)."""

    def __init__(self, *fields: tuple[str, str]) -> None:
        super().__init__("; ".join(f"{field}: {sentence}" for field, sentence in fields))
        self.fields = fields


class RejectedItemsError(EntriesError):
    """Some items of a bulk break a rule: `rejections` names all of them by their position, from 0."""

    def __init__(self, rejections: Mapping[int, RejectedFieldsError]) -> None:
        super().__init__(f"{len(rejections)} of the items break a rule.")
        self.rejections = rejections


class EntryNotFoundError(EntriesError):
    def __init__(self, entry_id: UUID) -> None:
        super().__init__(f"There is no entry {entry_id}.")
        self.entry_id = entry_id


class NothingSealedError(EntriesError):
    """None of the merchant's entries is in the chain yet."""


class EntryAlreadyReversedError(EntriesError):
    def __init__(self, entry_id: UUID) -> None:
        super().__init__(f"Entry {entry_id} has been reversed already.")
        self.entry_id = entry_id


class ReversalOfReversalError(EntriesError):
    def __init__(self, entry_id: UUID) -> None:
        super().__init__(f"Entry {entry_id} is itself a reversal; record a new entry instead.")
        self.entry_id = entry_id


class ReversalBeforeOriginalError(RejectedFieldsError):
    def __init__(self, original: date) -> None:
        super().__init__(("business_date", f"A reversal cannot be dated before its original, {original}."))


class IdempotencyKeyReusedError(EntriesError):
    def __init__(self, key: str, sentence: str = "The idempotency key was used before with another request.") -> None:
        super().__init__(sentence)
        self.key = key


class IdempotencyKeyRepeatedError(IdempotencyKeyReusedError):
    """Different items of one bulk have the key; `first` is the position of the first of them, from 0."""

    def __init__(self, key: str, first: int) -> None:
        super().__init__(key, "The idempotency key is that of an earlier item too, which is another entry.")
        self.first = first


class ReusedKeysError(EntriesError):
    """Keys of a bulk belong to other entries: `reused` names all of them by their item's position, from 0."""

    def __init__(self, reused: Mapping[int, IdempotencyKeyReusedError]) -> None:
        super().__init__(f"{len(reused)} of the idempotency keys belong to other entries.")
        self.reused = reused


class CurrencyFixedError(EntriesError):
    def __init__(self, currency: str) -> None:
        super().__init__(f"The currency stays {currency}: there are entries in it.")
        self.currency = currency


class SearchTooSlowError(EntriesError):
    """The entries could not be searched in time; fewer of them could, or a database with less to do."""


class OverloadedError(EntriesError):
    """More is waiting to be written than can be written soon; the caller may try again."""


class OverShareError(OverloadedError):
    """More of this merchant's is waiting than its part, and others wait too; nothing was written."""


class OutcomeUnknownError(EntriesError):
    """The database became unavailable while it wrote; the caller's retry with the same key finds out."""


class ScopeNotHeldError(EntriesError):
    def __init__(self, scopes: Sequence[str]) -> None:
        super().__init__(f"A key has no scope that its maker's token has not: {', '.join(scopes)}.")


class ApiKeyNameTakenError(EntriesError):
    def __init__(self) -> None:
        super().__init__("Another key has this name. Choose another one, or revoke that key first.")


class TooManyApiKeysError(EntriesError):
    def __init__(self) -> None:
        super().__init__("There are as many keys as a merchant may have. Revoke one first.")


class ApiKeyNotFoundError(EntriesError):
    def __init__(self) -> None:
        super().__init__("There is no such key.")
