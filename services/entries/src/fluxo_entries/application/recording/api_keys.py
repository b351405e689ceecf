from collections.abc import Callable, Collection, Sequence
from uuid import UUID

from fluxo_entries.application.recording.ports import ApiKeys, Clock, EntryIds
from fluxo_entries.domain.api_key import ApiKey, ApiKeyDraft, create

NewKey = Callable[[UUID], tuple[str, bytes]]
"""Return a new key with this id, and its hash."""


class CreateApiKey:
    """Make a key with which a machine may do what the scopes say, until it expires or is revoked.

    The answer shows the key, and nothing ever does again. Its scopes are among those of who makes it, no two keys of a
    merchant have one name, and there are 50 at most. The balances take it some moments later.
    """

    def __init__(self, api_keys: ApiKeys, clock: Clock, ids: EntryIds, new_key: NewKey) -> None:
        self._api_keys = api_keys
        self._clock = clock
        self._ids = ids
        self._new_key = new_key

    async def __call__(
        self, merchant_id: str, draft: ApiKeyDraft, held: Collection[str], traceparent: str | None = None
    ) -> tuple[ApiKey, str]:
        """Return what is stored, and the key.

        Raises:
            RejectedFieldsError, ScopeNotHeldError: it may not be as asked for.
            ApiKeyNameTakenError, TooManyApiKeysError: because of those that there are.
        """
        api_key = create(self._ids.next(), merchant_id, draft, held, self._clock.now())
        key, key_hash = self._new_key(api_key.id)
        await self._api_keys.add(api_key, key_hash, traceparent)
        return api_key, key


class ListApiKeys:
    """The merchant's keys that are not revoked, newest first, without their secrets.

    When each was used last here is known to a minute; the balances tell when it was used there.
    """

    def __init__(self, api_keys: ApiKeys) -> None:
        self._api_keys = api_keys

    async def __call__(self, merchant_id: str) -> Sequence[ApiKey]:
        return await self._api_keys.live(merchant_id)


class RevokeApiKey:
    """Take a key back for good: here it is refused within five seconds, and by the balances some moments later.

    One that is revoked already stays so.
    """

    def __init__(self, api_keys: ApiKeys, clock: Clock) -> None:
        self._api_keys = api_keys
        self._clock = clock

    async def __call__(self, merchant_id: str, key_id: UUID, traceparent: str | None = None) -> None:
        """Revoke it.

        Raises:
            ApiKeyNotFoundError: the merchant never had it.
        """
        await self._api_keys.revoke(merchant_id, key_id, self._clock.now(), traceparent)
