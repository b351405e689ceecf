"""What every page tells the browser about itself."""

from typing import Final

from starlette.responses import Response

_PAGE_HEADERS: Final = {
    # Nothing but our own files, no inline script and no inline style; `data:` for the marks in check boxes (Tabler).
    "Content-Security-Policy": (
        "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' data:; connect-src 'self'; "
        "font-src 'self'; manifest-src 'self'; form-action 'self'; base-uri 'none'; frame-ancestors 'none'"
    ),
    "Referrer-Policy": "same-origin",
    "Cross-Origin-Opener-Policy": "same-origin",
    "Permissions-Policy": "camera=(), geolocation=(), microphone=(), payment=()",
    "Cache-Control": "no-store",
}
_TLS_ONLY: Final = "max-age=31536000"


def add_page_headers(response: Response, *, is_behind_tls: bool) -> None:
    for name, value in _PAGE_HEADERS.items():
        response.headers.setdefault(name, value)
    if is_behind_tls:
        response.headers["Strict-Transport-Security"] = _TLS_ONLY
