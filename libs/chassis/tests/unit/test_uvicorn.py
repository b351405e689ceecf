"""Our protocols lean on uvicorn's insides. This is what has to be read again when they change."""

import hashlib
import inspect
from importlib.metadata import version

from uvicorn import server
from uvicorn.protocols.http import flow_control, httptools_impl

KNOWN = {
    "httptools_impl": "1d4e1c579df41684",
    "flow_control": "d39d16560df512f3",
    "server": "c1be9d133467a42a",
}
WHAT_TO_DO = """\
uvicorn's {name} (now {version}) is not the one that the fast path was written for. Read what changed, above all:
- on_message_begin: `url`, `headers`, `expect_100_continue` are all of a request's state but the scope;
- on_headers_complete: starts a request at once only if `cycle` is None or its `response_complete`, else queues it;
- on_message_complete and on_body do nothing of their own for a request without a body;
- data_received feeds the parser and answers its errors, as `GuardedProtocol` does, which declines upgrades;
- on_message_begin, on_url and on_header may be called again while a request runs, on_message_complete late;
- data_received and on_response_complete set and unset the keep-alive timer, shutdown() closes when no cycle runs;
- RequestResponseCycle.send: order of headers, STATUS_LINE, `server_state.default_headers`, `connection: close`;
- FlowControl.write_paused.
- the protocol itself asks a `cycle` for body, more_body, message_event, response_complete, keep_alive, disconnected;
- Server.startup with sockets: our own does the same, but for who listens; shutdown() closes `servers`, then sockets;
- connection_lost does without `cycle` and `flow`, `pipeline` holds what waits, `read_paused` says who does not read.
Then run test_fast_path.py, test_fast_route.py, test_listener.py and test_connections.py, note the new digest here:
{digest}, and the new version in pyproject.toml."""


def test_uvicorn_is_as_we_know_it():
    for module in (httptools_impl, flow_control, server):
        name = module.__name__.rpartition(".")[2]
        digest = hashlib.sha256(inspect.getsource(module).encode()).hexdigest()[:16]
        assert digest == KNOWN[name], WHAT_TO_DO.format(name=name, version=version("uvicorn"), digest=digest)
