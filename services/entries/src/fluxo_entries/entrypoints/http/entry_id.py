import re
from typing import Annotated, Final
from uuid import UUID

from fastapi import Depends, Path
from fluxo_chassis.problems import Problem

_UUID: Final = re.compile(r"[0-9a-fA-F]{8}(?:-[0-9a-fA-F]{4}){3}-[0-9a-fA-F]{12}\Z")


async def entry_id(
    entry_id: Annotated[str, Path(json_schema_extra={"format": "uuid"}, description="The entry's id.")],
) -> UUID:
    """Return the id in the path; what cannot be an id is as unknown as an id that nothing has: 404."""
    if not _UUID.match(entry_id):
        raise Problem(404, "not-found", "Not found", "There is no such entry.")
    return UUID(entry_id)


EntryIdInPath = Annotated[UUID, Depends(entry_id)]
