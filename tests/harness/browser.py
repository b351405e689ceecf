"""A real Chromium, and a person before it who notices what a person would not: the console, and where requests go."""

import os
import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any, Final, Self
from urllib.parse import urlsplit

from axe_playwright_python.base import AXE_SCRIPT
from playwright.sync_api import Browser, BrowserContext, Page, sync_playwright

from tests.harness.system import DataDirectory

# The last of these switches counts alone, so that this one names what Playwright's does. Ours come first: each context
# would load two lists of an address bar that headless nobody sees, for longer than it takes to open the page.
_WITHOUT: Final = (
    *("WebUIOmniboxPopup", "WebUIOmniboxAimPopup"),
    *("AimEnabled", "AvoidCorsURLLoaderRestartOnRedirect", "AvoidUnnecessaryBeforeUnloadCheckSync"),
    *("DestroyProfileOnBrowserClose", "HttpsFirstBalancedModeAutoEnable", "HttpsUpgrades", "LensOverlay"),
    *("MediaRouter", "NetworkTimeServiceQuerying", "OptimizationHints", "PaintHolding", "PreconnectToSearch"),
    "ThirdPartyStoragePartitioning",
)
_QUIET: Final = (
    f"--disable-features={','.join(_WITHOUT)}",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
    "--no-first-run",
    "--disable-gpu",
)
_NAMES: Final = ("chromium", "chromium-browser", "google-chrome", "google-chrome-stable")
_FIND_VIOLATIONS: Final = "axe.run({resultTypes: ['violations']}).then(({violations}) => violations)"
REQUIRED: Final = "FLUXO_TESTS_NEED_A_BROWSER"
"""Set where a run without one is a failure, as in continuous integration."""

PICTURES: Final = "FLUXO_PICTURES"
"""A folder to put a picture of each screen into: `make pictures`."""

DESKTOP: Final = {"width": 1200, "height": 900}
PHONE: Final = {"width": 360, "height": 740}
PATIENCE_MS: Final = 60_000
"""For what takes a second on a quiet machine."""


def find_browser() -> str | None:
    """Return a Chromium that is installed, or None."""
    return next((found for name in _NAMES if (found := shutil.which(name))), None)


@contextmanager
def chromium(program: str) -> Iterator[Browser]:
    sandbox = ["--no-sandbox"] if os.geteuid() == 0 else []
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=program, args=[*_QUIET, *sandbox])
        yield browser
        browser.close()


class Visitor:
    """One person with a browser of their own, looking at one system's page."""

    def __init__(
        self, browser: Browser, system: DataDirectory, *, locale: str = "pt-BR", viewport: dict[str, int] = DESKTOP
    ) -> None:
        self.system = system
        self.context: BrowserContext = browser.new_context(
            base_url=system.page_url,
            locale=locale,
            viewport=viewport,
            service_workers="block",
            reduced_motion="reduce",
            has_touch=viewport is PHONE,
            is_mobile=viewport is PHONE,  # type: ignore[arg-type]
        )
        self.context.set_default_timeout(PATIENCE_MS)
        self.console: list[str] = []
        self.elsewhere: list[str] = []
        self.page = self.new_page()

    def __enter__(self) -> Self:
        return self

    def __exit__(self, kind: type[BaseException] | None, *_: object) -> None:
        self.context.close()
        if kind is None:
            assert not self.console, self.console
            assert self.elsewhere == []

    def new_page(self) -> Page:
        page = self.context.new_page()
        page.on("console", lambda message: self.console.append(f"{message.type}: {message.text}"))
        page.on("pageerror", lambda error: self.console.append(f"error: {error}"))
        page.on("request", lambda request: self._note(request.url))
        return page

    def _note(self, url: str) -> None:
        parts = urlsplit(url)
        if parts.scheme not in {"data", "blob"} and parts.port != self.system.port_base:
            self.elsewhere.append(url)

    def sign_in(self, merchant: str) -> Page:
        """Open the one-time link and wait for the page."""
        self.page.goto(self.system.link(merchant))
        self.page.wait_for_selector("#balance")
        return self.page

    def open(self, path: str) -> Page:
        self.page.goto(path)
        return self.page

    def record(self, amount: str, description: str) -> None:
        """Fill the quick form and send it by the keyboard."""
        self.page.fill("#entry-amount", amount)
        self.page.fill("#entry-description", description)
        self.page.keyboard.press("Enter")

    def violations(self) -> list[str]:
        """Return what axe-core finds wrong with the page as it is now, by WCAG 2.2 AA and its best practices."""
        if not self.page.evaluate("'axe' in window"):
            self.page.evaluate(AXE_SCRIPT)
        found: list[dict[str, Any]] = self.page.evaluate(_FIND_VIOLATIONS)
        return [f"{each['id']}: {node['html'][:120]}" for each in found for node in each["nodes"]]

    def show(self, theme: str) -> None:
        """Let the page be `light` or `dark`."""
        self.page.evaluate("theme => { document.documentElement.dataset.bsTheme = theme; }", theme)
        self.page.evaluate("dispatchEvent(new Event('fluxo:theme'))")

    def picture(self, name: str) -> None:
        """Write what is seen, where pictures are asked for. The caret may blink: hiding it takes a style."""
        if folder := os.environ.get(PICTURES):
            Path(folder).mkdir(parents=True, exist_ok=True)
            self.page.screenshot(path=Path(folder) / f"{name}.png", caret="initial", animations="allow")
