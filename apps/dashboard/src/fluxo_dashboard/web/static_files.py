"""Style sheets, scripts and pictures under names that change with their content: browsers keep them for ever."""

import gzip
from functools import cache
from hashlib import sha256
from importlib.resources import files
from importlib.resources.abc import Traversable
from typing import Final

from starlette.requests import Request
from starlette.responses import Response

PATH: Final = "/static"
_MEDIA_TYPES: Final = {
    "css": "text/css; charset=utf-8",
    "js": "text/javascript; charset=utf-8",
    "svg": "image/svg+xml",
    "webmanifest": "application/manifest+json",
}
_FOR_EVER: Final = "public, max-age=31536000, immutable"


class StaticFiles:
    """Everything below `static/` with a media type; compressed when it is first asked for."""

    def __init__(self) -> None:
        self._files = {file.name: file for file in _below(files("fluxo_dashboard").joinpath("static"))}
        self._names = {name: _hashed(name, file.read_bytes()) for name, file in self._files.items()}
        self._plain = {hashed: name for name, hashed in self._names.items()}
        self._compressed = cache(self._compress)

    def address(self, name: str) -> str:
        """Return where a page finds the file now."""
        return f"{PATH}/{self._names[name]}"

    async def serve(self, request: Request) -> Response:
        name = self._plain.get(request.path_params["name"])
        if name is None:
            return Response(status_code=404)
        headers = {
            "Cache-Control": _FOR_EVER,
            "Content-Type": _MEDIA_TYPES[name.rpartition(".")[2]],
            "Vary": "Accept-Encoding",
        }
        if "gzip" in request.headers.get("accept-encoding", ""):
            return Response(self._compressed(name), headers=headers | {"Content-Encoding": "gzip"})
        return Response(self._files[name].read_bytes(), headers=headers)

    def _compress(self, name: str) -> bytes:
        return gzip.compress(self._files[name].read_bytes(), 9, mtime=0)


def _below(directory: Traversable) -> list[Traversable]:
    found = []
    for entry in directory.iterdir():
        if entry.is_dir():
            found += _below(entry)
        elif entry.name.rpartition(".")[2] in _MEDIA_TYPES:
            found.append(entry)
    return found


def _hashed(name: str, content: bytes) -> str:
    stem, _, ending = name.rpartition(".")
    return f"{stem}.{sha256(content).hexdigest()[:12]}.{ending}"
