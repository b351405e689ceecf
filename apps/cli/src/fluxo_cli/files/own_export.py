"""Keeps an export from being recorded a second time for the merchant that it came from."""

from collections.abc import Mapping
from uuid import UUID

from fluxo_local.errors import CommandError

from fluxo_cli.api.client import ServiceClient
from fluxo_cli.files.exporting import pages_of_entries


def refuse_own_export(client: ServiceClient, line_of_id: Mapping[UUID, int]) -> None:
    """Refuse a file that holds entries of the merchant that it is to be imported to; each id is looked for.

    Raises:
        CommandError: one of the ids is that of an entry of this merchant.
    """
    if not line_of_id:
        return
    for page in pages_of_entries(client, {}):
        for entry in page:
            if (line := line_of_id.get(UUID(entry["id"]))) is not None:
                raise CommandError(
                    f"This merchant has these entries already: {entry['id']} in line {line} is one of its own. "
                    "Nothing was recorded.\n"
                    "Import new entries without an id. To record all of these a second time, take out the column id."
                )
