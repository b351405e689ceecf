"""Microservice chassis: what every process needs and no business word belongs in."""

import sys

# structlog loads rich and pygments to draw tracebacks for people, wherever they are installed. Services write JSON:
# without those two a process starts with a sixth less CPU. Who does use rich here has loaded it, or loads it later.
_unwanted = {"rich": None} if "rich" not in sys.modules else {}
sys.modules.update(_unwanted)  # type: ignore[arg-type]  # None makes an import fail
try:
    import structlog as structlog
finally:
    for _name in _unwanted:
        del sys.modules[_name]
