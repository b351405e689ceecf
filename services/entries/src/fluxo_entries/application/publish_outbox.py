from dataclasses import dataclass

from fluxo_entries.application.ports import EntriesStream, GapFoundError, Outbox, StreamMovedBackError


@dataclass(frozen=True, slots=True)
class Step:
    """`published` rows went out; when there were none, `is_held_back` tells that some are about to.

    `gap` tells of published events that were found missing, for which everything is now published again.
    """

    published: int
    is_held_back: bool
    gap: str | None = None


class PublishOutbox:
    """Publish the outbox rows that follow the stream's last id, in order, some at a time.

    The stream's own last id is the position: nothing is remembered here, so several may run at once, and a stream that
    lost its end, or everything, is filled again from where it stands.
    """

    def __init__(self, outbox: Outbox, stream: EntriesStream, *, batch_rows_max: int = 1000) -> None:
        self._outbox = outbox
        self._stream = stream
        self._batch_rows_max = batch_rows_max

    async def __call__(self) -> Step:
        position = await self._stream.position()
        rows = await self._outbox.rows_after(position, self._batch_rows_max)
        if not rows:
            return Step(0, is_held_back=await self._outbox.has_rows_after(position))
        try:
            await self._stream.publish(position, rows)
        except StreamMovedBackError:
            # The rows before these are missing again; the next step begins with them.
            return Step(0, is_held_back=True)
        except GapFoundError as error:
            await self._outbox.publish_again(rows[0].position)
            return Step(0, is_held_back=True, gap=str(error))
        return Step(len(rows), is_held_back=False)
