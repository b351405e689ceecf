"""The servers of a deployment that outlives the loss of any one of them."""

from pathlib import Path

from databases import SERVICES, database_environment, ensure_databases
from pair import Pair
from watched import Watched


class WatchedServers:
    """Both Redis services behind sentinels, and a pair of PostgreSQLs, all of whose addresses `fluxo up` is told."""

    def __init__(self, data_dir: Path, port_base: int) -> None:
        self._data_dir = data_dir
        self.watched = Watched(data_dir, port_base + 60)
        self.pair = Pair(data_dir, port_base + 93)

    async def start(self) -> None:
        await self.pair.start()
        ensure_databases(self._data_dir, self.pair.primary)
        await self.watched.start()

    async def stop(self) -> None:
        await self.watched.stop()
        await self.pair.stop()

    def pid(self, _name: str) -> int | None:
        """None: no fault knows one of these by the name of a process."""
        return None

    def port_of(self, name: str) -> int:
        """The primary's own, past its proxy."""
        if name == "postgres":
            return self.pair.primary.port
        primary = self.watched.primary(name.removeprefix("valkey-"))
        assert primary is not None, "the sentinels agree on one"
        return primary.port

    def environment(self, *, proxied: bool) -> dict[str, str]:
        """Return the variables by which `fluxo up` uses these servers; there is one way to them."""
        return {
            "FLUXO_STREAMS_URL": self.watched.url("streams"),
            "FLUXO_CACHE_URL": self.watched.url("cache"),
            **database_environment(
                self._data_dir, dict.fromkeys(SERVICES, self.pair.hosts), "?target_session_attrs=primary"
            ),
        }
