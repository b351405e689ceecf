"""What a data directory knows about its system: who runs, where, and with which credentials.

`state.json` is there while a supervisor runs; `secrets.json` stays. Both are replaced in one step, so that a
reader never sees half a file.
"""

import fcntl
import secrets
import time
from collections.abc import Iterable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import IO

import orjson

from fluxo_local.embedded.directory import make_private, write_private
from fluxo_local.errors import CommandError

_ALREADY_RUNNING = 3


@dataclass(frozen=True, slots=True)
class ProcessState:
    name: str
    pid: int | None
    ready: bool
    port: int


@dataclass(frozen=True, slots=True)
class SystemState:
    supervisor_pid: int
    ready: bool
    urls: dict[str, str]
    processes: tuple[ProcessState, ...]
    scaling_failed: str | None = None
    """Why the last change of the number of replicas did not succeed."""


@contextmanager
def sole_supervisor(data_dir: Path) -> Iterator[bool]:
    """Hold the data directory for this process; raises CommandError when another supervisor has it.

    Yields whether the last supervisor was killed, so that its processes may just be ending.
    """
    make_private(data_dir)
    with (data_dir / "supervisor.lock").open("a") as file:
        if not _locked(file):
            raise CommandError(
                f"Fluxo already runs on {data_dir}: see it with `fluxo status`, or choose another --data-dir.",
                exit_status=_ALREADY_RUNNING,
            )
        state = data_dir / "state.json"
        was_killed = state.exists()
        # What the killed one wrote must not pass for our state.
        state.unlink(missing_ok=True)
        try:
            yield was_killed
        finally:
            state.unlink(missing_ok=True)


def _locked(file: IO[str]) -> bool:
    """Try more than once: a `fluxo status` at this moment holds the lock for an instant."""
    for _ in range(5):
        try:
            fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            time.sleep(0.05)
        else:
            return True
    return False


def is_supervised(data_dir: Path) -> bool:
    """Whether a supervisor lives: by its lock, since a process id may by now be somebody else's."""
    path = data_dir / "supervisor.lock"
    if not path.exists():
        return False
    with path.open("r") as file:
        try:
            fcntl.flock(file, fcntl.LOCK_SH | fcntl.LOCK_NB)
        except BlockingIOError:
            return True
    return False


def save_state(data_dir: Path, state: SystemState) -> None:
    write_private(data_dir / "state.json", orjson.dumps(asdict(state), option=orjson.OPT_INDENT_2).decode())


def load_state(data_dir: Path) -> SystemState | None:
    """The running system, or None when nothing runs on this directory."""
    path = data_dir / "state.json"
    if not is_supervised(data_dir) or not path.exists():
        return None
    found = orjson.loads(path.read_bytes())
    found["processes"] = tuple(ProcessState(**process) for process in found["processes"])
    return SystemState(**found)


def load_environment(data_dir: Path) -> dict[str, str]:
    """The FLUXO_* variables of the system that runs, or ran last, on this directory; empty when none ever did.

    A process started with them meets the same servers. They contain credentials.
    """
    environment: dict[str, str] = _load_secrets(data_dir).get("environment", {})
    return environment


def save_environment(data_dir: Path, environment: Mapping[str, str]) -> None:
    _save_secrets(data_dir, _load_secrets(data_dir) | {"environment": dict(environment)})


def role_passwords(data_dir: Path, roles: Iterable[str]) -> dict[str, str]:
    """A password for each database role, made up on first use and kept."""
    known = _load_secrets(data_dir)
    passwords: dict[str, str] = known.get("passwords", {})
    missing = {role: secrets.token_hex(24) for role in roles if role not in passwords}
    if missing:
        passwords = passwords | missing
        _save_secrets(data_dir, known | {"passwords": passwords})
    return passwords


def log_hash_key(data_dir: Path) -> str:
    """What merchants are hashed with in the logs, made up on first use and kept."""
    return _made_up(data_dir, "log_hash_key")


def events_key(data_dir: Path) -> str:
    """What events are signed with, made up on first use and kept."""
    return _made_up(data_dir, "events_key")


def seals_key(data_dir: Path) -> str:
    """What entries are sealed with, and backups, made up on first use and kept."""
    return _made_up(data_dir, "seals_key")


def kept_seals_key(data_dir: Path) -> str | None:
    """That key, None where there is none yet."""
    return _load_secrets(data_dir).get("made", {}).get("seals_key")


def keep_seals_key(data_dir: Path, key: str) -> None:
    """Keep the key that what is here now was sealed with."""
    known = _load_secrets(data_dir)
    _save_secrets(data_dir, known | {"made": known.get("made", {}) | {"seals_key": key}})


def session_key(data_dir: Path) -> str:
    """What the dashboard's session cookies are encrypted with, made up on first use and kept."""
    return _made_up(data_dir, "session_key")


def _made_up(data_dir: Path, name: str) -> str:
    known = _load_secrets(data_dir)
    made: dict[str, str] = known.get("made", {})
    if name not in made:
        made = made | {name: secrets.token_hex(24)}
        _save_secrets(data_dir, known | {"made": made})
    return made[name]


def _load_secrets(data_dir: Path) -> dict[str, dict[str, str]]:
    path = data_dir / "secrets.json"
    if not path.exists():
        return {}
    found: dict[str, dict[str, str]] = orjson.loads(path.read_bytes())
    return found


def _save_secrets(data_dir: Path, content: Mapping[str, object]) -> None:
    make_private(data_dir)
    write_private(data_dir / "secrets.json", orjson.dumps(content, option=orjson.OPT_INDENT_2).decode())
