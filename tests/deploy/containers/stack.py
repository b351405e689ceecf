"""compose.yaml on an engine, by the steps of docs/operating/install.md, and a merchant who uses it."""

import shutil
import sys
from datetime import timedelta
from pathlib import Path

import httpx2
from fluxo_local.issuer import DevelopmentIssuer

from tests.deploy.containers.engine import ADDRESS, Engine, told
from tests.deploy.operator import DEPLOY, filled
from tests.harness.waiting import until

FILES = ("compose.yaml", "compose.dev.yaml", "page.yaml")
SCOPES = ("entries:read", "entries:write", "balances:read")
DAY = "2026-03-10"
STARTS_WITHIN_S = 120


class Desk:
    """A merchant's clients of both services, at these ports of this machine."""

    def __init__(self, directory: Path, ports: dict[int, int]) -> None:
        self.issuer, self.ports = DevelopmentIssuer(directory / "issuer"), ports

    def merchant(self) -> httpx2.Client:
        token = self.issuer.token("padaria", scopes=SCOPES, role="owner", subject="test", lifetime=timedelta(hours=1))
        return httpx2.Client(headers={"Authorization": f"Bearer {token}"}, timeout=20)

    def record(self, merchant: httpx2.Client, key: str) -> dict | None:
        """The entry; nothing where this try was not acknowledged."""
        body = {"direction": "credit", "amount": "1.00", "business_date": DAY, "description": "Venda"}
        try:
            answer = merchant.post(
                f"http://127.0.0.1:{self.ports[8001]}/v1/entries", json=body, headers={"Idempotency-Key": key}
            )
        except httpx2.HTTPError:
            return None
        assert answer.status_code in {201, 502, 503, 504}, answer.text
        return answer.json() if answer.status_code == 201 else None

    def balance(self, merchant: httpx2.Client, after: dict | None = None) -> dict | None:
        """The day; nothing while it cannot be read, or does not hold the entry `after` yet."""
        asked = {"after_entry": after["id"]} if after else {}
        try:
            answer = merchant.get(f"http://127.0.0.1:{self.ports[8002]}/v1/daily-balances/{DAY}", params=asked)
        except httpx2.HTTPError:
            return None
        assert answer.status_code in {200, 502, 503, 504}, answer.text
        return answer.json() if answer.status_code == 200 and "stale" not in answer.json() else None

    def entries(self, merchant: httpx2.Client, after: dict | None = None) -> int:
        """How many the balance of the day is made of, `after` among them; each is of 1.00."""
        day: dict = {}

        def answered() -> bool:
            day.update(self.balance(merchant, after) or {})
            return bool(day)

        until(answered, what="the balance", every_s=0.5)
        assert day["closing_balance"] == f"{day['entry_count']}.00"
        return day["entry_count"]

    def listed(self, merchant: httpx2.Client) -> int:
        """How many entries the other service has."""
        found, cursor = 0, None
        while found == 0 or cursor:
            asked = {"from": DAY, "to": DAY, "limit": 500} | ({"cursor": cursor} if cursor else {})
            told = merchant.get(f"http://127.0.0.1:{self.ports[8001]}/v1/entries", params=asked).json()
            found, cursor = found + len(told["items"]), told["next"]
        return found


class Stack(Desk):
    """An operator's folder, and what was started from it."""

    def __init__(self, engine: Engine, directory: Path) -> None:
        super().__init__(directory, {port: engine.published(port) for port in (8000, 8001, 8002)})
        self.engine = engine
        shutil.copytree(DEPLOY, directory / "deploy")
        self.folder = directory / "deploy" / "compose"
        shutil.copy(Path(__file__).with_name("page.yaml"), self.folder)
        development = {"AUTH_JWKS_URL": "file:///etc/fluxo/jwks.json", "AUTH_ISSUER": "fluxo-development"}
        env = filled(BIND_ADDRESS=ADDRESS, **development)
        (self.folder / ".env").write_text("".join(f"{name}={value}\n" for name, value in env.items()))
        shutil.copy(self.issuer.jwks, self.folder / "jwks.json")
        (self.folder / "jwks.json").chmod(0o644)

    def compose(self, *arguments: str, within_s: float = 180) -> str:
        program = Path(sys.executable).with_name("docker-compose")
        chosen = [part for file in FILES for part in ("--file", self.folder / file)]
        return told([program, "--progress=plain", *chosen, *arguments], within_s, self.engine.environment)

    def up(self, *arguments: str) -> None:
        self.compose("up", "--detach", *arguments)
        self.until_healthy()

    def containers(self, *services: str, every: bool = False) -> dict[str, dict]:
        """What the engine knows of each that runs (or of `every` one), by its name, such as `entries-api-1`."""
        ids = [each["Id"] for each in self.engine.api.get("/containers/json", params={"all": every}).json()]
        known = [self.engine.api.get(f"/containers/{each}/json").json() for each in ids]
        return {
            each["Name"].removeprefix("/fluxo-"): each
            for each in sorted(known, key=lambda each: each["Name"])
            if not services or each["Config"]["Labels"]["com.docker.compose.service"] in services
        }

    def until_healthy(self) -> None:
        def unhealthy() -> list[str]:
            asked = {name: each["State"].get("Health") for name, each in self.containers().items()}
            return [name for name, health in asked.items() if health and health["Status"] != "healthy"]

        try:
            until(lambda: not unhealthy(), STARTS_WITHIN_S, what="the health of all", every_s=0.5)
        except AssertionError as error:
            raise AssertionError(f"{unhealthy()}\n{self.compose('logs', '--tail=20')}") from error
