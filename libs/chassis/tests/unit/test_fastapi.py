"""`DirectRoute` leans on FastAPI's insides. This is what has to be read again when they change."""

import hashlib
import inspect
from importlib.metadata import version

import pytest
from fastapi._compat import ModelField
from fastapi.dependencies import utils
from fastapi.dependencies.models import Dependant
from fastapi.routing import get_request_handler, iter_route_contexts

KNOWN = {
    ModelField: "53d4a9abc478fd66",
    Dependant: "9f6d0dba138ba058",
    iter_route_contexts: "087db59981fa5cd9",
    get_request_handler: "d959336b716257f3",
    utils.request_params_to_args: "e028df88c5ead125",
    utils.request_body_to_args: "8ae56248184ce989",
}
WHAT_TO_DO = """\
FastAPI's {name} (now {version}) is not the one that the direct routes were written for. Read what changed, above all:
- ModelField: `alias`, and `validate` returns a value, and errors with the given place before their own;
- Dependant: `dependencies`, `call` and the names in direct._NOT_TAKEN are all that an endpoint may ask for;
- iter_route_contexts: every route of an application, with path, methods and the original route;
- get_request_handler: reads the body, then calls the dependencies, then validates path, query and body, in this order;
- scope["fastapi"]["effective_route_context"]: where route_template() finds the route of what the framework answers.
Then run test_http_direct.py, which asks both ways, note the new digest here: {digest}, and the new version in
pyproject.toml."""


@pytest.mark.parametrize("part", KNOWN, ids=lambda part: part.__name__)
def test_fastapi_is_as_we_know_it(part):
    digest = hashlib.sha256(inspect.getsource(part).encode()).hexdigest()[:16]
    assert digest == KNOWN[part], WHAT_TO_DO.format(name=part.__name__, version=version("fastapi"), digest=digest)
