import socket
import time
from collections.abc import Mapping

from fluxo_local.errors import CommandError

_PORT_BUSY = 4


def refuse_busy_ports(wanted: Mapping[int, str], *, patience_s: float = 0) -> None:
    """Raise CommandError, exit status 4, naming each port that is still taken after `patience_s`, and what wants it."""
    deadline = time.monotonic() + patience_s
    while busy := [port for port in wanted if not is_free(port)]:
        if time.monotonic() > deadline:
            named = ", ".join(f"port {port} (wanted by {wanted[port]})" for port in busy)
            raise CommandError(
                f"Something else listens on {named}: stop it, or choose another --port-base.", exit_status=_PORT_BUSY
            )
        time.sleep(0.1)


def is_free(port: int) -> bool:
    with socket.socket(socket.AF_INET, socket.SOCK_STREAM) as probe:
        # As servers do: a port whose last connections still fade away counts as free.
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind(("127.0.0.1", port))
        except OSError:
            return False
    return True
