"""Statements that say whose rows they are about, so that the database can hold them to it (ADR 0039).

A tenant's id must hold no comma.
"""

from typing import Final

_SETTING: Final = "fluxo.tenants"

IS_NAMED: Final = f"ANY ((SELECT string_to_array(current_setting('{_SETTING}', true), ','))::text[])"
"""What policies and views ask of a column: `f"tenant_id = {IS_NAMED}"`. Nobody is, until a transaction says so."""

NAME_TENANTS: Final = f"SELECT set_config('{_SETTING}', $1, true)"
"""For transactions of several statements: $1 the tenants, with commas between, until the transaction ends."""


def naming(tenants: str) -> str:
    """Return `me`, to stand in a FROM: its one row names the tenants of a parameter such as `$1` for this statement.

    What is read must depend on `me`, so that it comes after.
    """
    return f"(SELECT set_config('{_SETTING}', {tenants}, true) AS tenants) AS me"


def of_tenants(select: str) -> str:
    """Return a SELECT that uses `me.tenants`, with its $1 named as tenants before it reads."""
    # OFFSET keeps the planner from reading first, and joining with what was named after.
    return f"SELECT answer.* FROM {naming('$1')} CROSS JOIN LATERAL ({select} OFFSET 0) AS answer"  # noqa: S608 - constants of the services
