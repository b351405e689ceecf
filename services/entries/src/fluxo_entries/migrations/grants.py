from alembic import context
from fluxo_chassis.migrations import run_sql


def grant(*rights: str) -> None:
    """Give the application's role each of the rights, such as "SELECT ON merchants".

    There is none to give where the application connects as the owner.
    """
    if role := context.config.attributes["app_role"]:
        run_sql("".join(f'GRANT {right} TO "{role}";\n' for right in rights))
