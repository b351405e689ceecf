"""Print compose's nginx.conf: `fluxo up`'s own, with instances found by name, so that `--scale` changes nothing."""

import sys

from fluxo_local.nginx import Upstream, configuration

_HEAD = (
    "# The load balancer of compose.yaml: 8000 is the page, 8001 the entries API, 8002 the balances API. Written by\n"
    "# `make schemas`.\n"
)
_DOCKERS_NAME_SERVER = "127.0.0.11"

if __name__ == "__main__":
    upstreams = [
        Upstream("dashboard", "8000", ["dashboard:8000"], resolve=True, is_page=True),
        Upstream("entries", "8001", ["entries-api:8001"], resolve=True),
        Upstream("balances", "8002", ["balances-api:8002"], resolve=True),
    ]
    text = configuration("/tmp", upstreams, health_address="8080", name_server=_DOCKERS_NAME_SERVER)  # noqa: S108 - a tmpfs of its own
    sys.stdout.write(_HEAD + text)
