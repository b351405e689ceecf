"""Schema revisions run by code, one process at a time, each in a transaction, without making anybody wait."""

from fluxo_chassis.migrations.grants import app_role_of, grant
from fluxo_chassis.migrations.runner import create_index_concurrently, downgrade, migrate, run_sql

__all__ = ["app_role_of", "create_index_concurrently", "downgrade", "grant", "migrate", "run_sql"]
