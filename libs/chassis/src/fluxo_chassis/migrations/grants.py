"""The role that a service works as, when it is not the owner of the tables: who it is and what it may do."""

from urllib.parse import unquote, urlsplit

from alembic import context

from fluxo_chassis.migrations.runner import run_sql


def app_role_of(app_url: str, owner_url: str) -> str | None:
    """The role in the application's URL; None when the application connects as the owner and needs no grants."""
    role = _user_of(app_url)
    return None if role == _user_of(owner_url) else role


def grant(*rights: str) -> None:
    """For revisions: give the application's role each of the rights, such as `"SELECT ON notes"`."""
    if role := context.config.attributes["app_role"]:
        quoted = role.replace('"', '""')
        run_sql("".join(f'GRANT {right} TO "{quoted}";\n' for right in rights))


def _user_of(url: str) -> str | None:
    user = urlsplit(url).username
    return None if user is None else unquote(user)
