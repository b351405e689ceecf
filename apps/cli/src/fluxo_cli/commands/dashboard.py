from fluxo_local.services import DASHBOARD_COMMAND

from fluxo_cli.commands.services import become
from fluxo_cli.options import DEFAULT_DATA_DIR, DataDir


def dashboard(*, data_dir: DataDir = DEFAULT_DATA_DIR) -> None:
    """Serve the merchant's page: one process, configured by the environment."""
    become("dashboard", DASHBOARD_COMMAND, data_dir)
