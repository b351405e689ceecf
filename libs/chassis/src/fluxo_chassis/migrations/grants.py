"""What the role may do that a service works as, when it is not the owner of the tables."""

from alembic import context

from fluxo_chassis.migrations.runner import run_sql

# Whoever migrates owns the database most often, and with it the schema: an operator's own arrangement stays as it is.
_REVOKE_DEFAULTS = """
DO $$
BEGIN
    IF pg_has_role((SELECT datdba FROM pg_database WHERE datname = current_database()), 'USAGE') THEN
        EXECUTE format('REVOKE TEMPORARY ON DATABASE %I FROM PUBLIC', current_database());
    END IF;
    IF pg_has_role((SELECT nspowner FROM pg_namespace WHERE nspname = 'public'), 'USAGE') THEN
        REVOKE CREATE ON SCHEMA public FROM PUBLIC;
    END IF;
END
$$
"""


def grant(*rights: str) -> None:
    """For revisions: give the application's role each of the rights, such as `"SELECT ON notes"`."""
    if role := context.config.attributes["app_role"]:
        quoted = role.replace('"', '""')
        run_sql("".join(f'GRANT {right} TO "{quoted}";\n' for right in rights))


def revoke_defaults() -> None:
    """For revisions: who was granted nothing makes no table, temporary ones included, where the owner may say so."""
    run_sql(_REVOKE_DEFAULTS)
