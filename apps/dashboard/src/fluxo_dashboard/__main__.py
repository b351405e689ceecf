"""The merchant's page: `python -m fluxo_dashboard`."""

import sys

from fluxo_chassis.process import run
from fluxo_chassis.settings import load

from fluxo_dashboard.bootstrap import run_dashboard
from fluxo_dashboard.settings import DashboardSettings


def main() -> int:
    settings = load(DashboardSettings)
    return run(lambda stop: run_dashboard(settings, stop))


if __name__ == "__main__":
    sys.exit(main())
