"""What the role may do that a service works as, when it is not the owner of the tables."""

from alembic import context

from fluxo_chassis.migrations.runner import run_sql


def grant(*rights: str) -> None:
    """For revisions: give the application's role each of the rights, such as `"SELECT ON notes"`."""
    if role := context.config.attributes["app_role"]:
        quoted = role.replace('"', '""')
        run_sql("".join(f'GRANT {right} TO "{quoted}";\n' for right in rights))
