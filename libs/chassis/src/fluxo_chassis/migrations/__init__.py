"""Schema revisions run by code, one process at a time, each in a transaction, without making anybody wait.

Revisions themselves import `runner.run_sql`, `runner.create_index_concurrently` and `grants.grant`.
"""

from fluxo_chassis.migrations.newest import app_role_of, migrate

__all__ = ["app_role_of", "migrate"]
