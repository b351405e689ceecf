"""The page on which a service describes itself. All of it comes from the service: no network beyond is asked for it."""

from importlib.resources import files
from pathlib import Path
from typing import Final

from fastapi import FastAPI, HTTPException, Request, status
from fastapi.openapi.docs import get_swagger_ui_html
from fastapi.responses import FileResponse, HTMLResponse

# FastAPI's own page takes them from a CDN.
_FILES: Final = Path(str(files("fastapi_offline"))) / "static"
_KEPT: Final = {"Cache-Control": "max-age=86400"}

_NAMES: Final = frozenset({"swagger-ui-bundle.js", "swagger-ui.css", "favicon.png"})


def install_docs(app: FastAPI) -> None:
    """Serve the page at `/docs` and its files below it."""

    @app.get("/docs", include_in_schema=False)
    async def page(request: Request) -> HTMLResponse:
        root = request.scope.get("root_path", "")
        return get_swagger_ui_html(
            openapi_url=f"{root}{app.openapi_url}",
            title=app.title,
            swagger_js_url=f"{root}/docs/swagger-ui-bundle.js",
            swagger_css_url=f"{root}/docs/swagger-ui.css",
            swagger_favicon_url=f"{root}/docs/favicon.png",
        )

    @app.get("/docs/{name}", include_in_schema=False)
    async def file(name: str) -> FileResponse:
        if name not in _NAMES:
            raise HTTPException(status.HTTP_404_NOT_FOUND)
        return FileResponse(_FILES / name, headers=_KEPT)
