"""Schema revisions run by code, one process at a time, each in a transaction, without making anybody wait.

Revisions themselves import `grants.grant` and, from `runner`, `run_sql`, `create_index_concurrently` and
`reindex_concurrently`.
"""

from fluxo_chassis.migrations.newest import api_role_of, app_role_of, migrate
from fluxo_chassis.migrations.row_security import TenantRole

__all__ = ["TenantRole", "api_role_of", "app_role_of", "migrate"]
