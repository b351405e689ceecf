"""A backup as a file: a tar of both databases' dumps and a manifest that vouches for them."""

import hashlib
import io
import re
import tarfile
from collections.abc import Callable, Iterator, Mapping
from contextlib import ExitStack, contextmanager
from dataclasses import asdict, dataclass
from importlib.metadata import version
from pathlib import Path
from typing import IO, Any, ClassVar, Final, Self

import orjson
from fluxo_contracts.signatures import EventKeys
from fluxo_local.errors import CommandError

from fluxo_cli.files.new_file import new_file

FORMAT: Final = 1
SERVICES: Final = ("balances", "entries")
_MANIFEST: Final = "manifest.json"
_SIGNATURE: Final = "manifest.signature"
_UNPROVED: Final = 4
_CHUNK_BYTES: Final = 1 << 20


class BackupKeys(EventKeys):
    """The installation's keys, as they sign a backup: its manifest's bytes, which vouch for everything else."""

    PURPOSE: ClassVar = b"fluxo.backup"

    @classmethod
    def configured(cls, setting: str | None) -> Self | None:
        """Return the keys of FLUXO_SEALS_KEY, if there are any.

        Raises:
            CommandError: one is too short.
        """
        try:
            return cls.of(setting) if setting else None
        except ValueError as error:
            raise CommandError(f"FLUXO_SEALS_KEY: {error}. Nothing was changed.") from error


@dataclass(frozen=True, slots=True)
class Dump:
    """One database: what it was, and what its dump must be. The roles are those that its rights are granted to."""

    server_version: int
    revision: str
    app_role: str
    dumped_at: str
    size_bytes: int
    sha256: str
    api_role: str = ""


@dataclass(frozen=True, slots=True)
class Manifest:
    """`dumps` by service; `format` and `fluxo` say which program can read it."""

    format: int
    fluxo: str
    started_at: str
    finished_at: str
    dumps: Mapping[str, Dump]


class NewArchive:
    """A backup that comes into being in a private folder of its own."""

    def __init__(self, folder: Path, tar: tarfile.TarFile, keys: BackupKeys | None) -> None:
        self.folder = folder
        self._tar = tar
        self._keys = keys

    def add_dump(self, service: str, dump: Path) -> tuple[int, str]:
        """Move a dump into the archive; returns its size and SHA-256."""
        with dump.open("rb") as content:
            digest = hashlib.file_digest(content, "sha256").hexdigest()
        size_bytes = dump.stat().st_size
        self._tar.add(dump, _member(service), filter=_nobodys)
        dump.unlink()
        return size_bytes, digest

    def add_manifest(self, manifest: Manifest) -> None:
        """Close the archive: one without a manifest is no backup. Sign it, where there is a key."""
        content = orjson.dumps(asdict(manifest), option=orjson.OPT_INDENT_2)
        self._add(_MANIFEST, content)
        if self._keys is not None:
            self._add(_SIGNATURE, self._keys.sign(content))

    def _add(self, name: str, content: bytes) -> None:
        member = tarfile.TarInfo(name)
        member.size = len(content)
        self._tar.addfile(_nobodys(member), io.BytesIO(content))


@contextmanager
def new_archive(path: Path, keys: BackupKeys | None = None) -> Iterator[NewArchive]:
    """Yield an archive that becomes `path` in one step when the block succeeds, and leaves nothing when it fails.

    Raises:
        CommandError: the file exists already, or its folder cannot be written.
    """
    with new_file(path) as file, tarfile.open(fileobj=file, mode="w") as tar:
        yield NewArchive(Path(file.name).parent, tar, keys)


class Archive:
    """A backup open for reading."""

    def __init__(self, tar: tarfile.TarFile, manifest: Manifest) -> None:
        self._tar = tar
        self.manifest = manifest

    def dump(self, service: str) -> IO[bytes]:
        return _content(self._tar, _member(service))


@contextmanager
def checked_archive(
    path: Path, read: Callable[[int], object], keys: BackupKeys | None, *, trusted: bool = False
) -> Iterator[Archive]:
    """Open a backup and read all of it; `read` is called with the number of bytes that were.

    Raises:
        CommandError: it is none, is damaged, or a later Fluxo made it; or, unless it is `trusted`, none of the keys
            signed it.
    """
    with ExitStack() as opened:
        try:
            tar = opened.enter_context(tarfile.open(path, "r:"))
            manifest = _content(tar, _MANIFEST).read()
            archive = Archive(tar, _manifest(orjson.loads(manifest)))
            for service, dump in archive.manifest.dumps.items():
                _check(archive.dump(service), dump.sha256, read)
        except (OSError, tarfile.TarError, ValueError, KeyError, TypeError, AttributeError) as error:
            raise CommandError(
                f"{path} is damaged or no backup of this Fluxo: {error}. Nothing was changed."
            ) from error
        if not trusted:
            _prove(path, manifest, _content(tar, _SIGNATURE).read() if _SIGNATURE in tar.getnames() else None, keys)
        yield archive


def _prove(path: Path, manifest: bytes, signature: bytes | None, keys: BackupKeys | None) -> None:
    if signature is None:
        fact = "is not signed: it is of an earlier Fluxo, of a system without a key, or was changed"
    elif keys is None:
        fact = "cannot be proved: there is no key here. Set FLUXO_SEALS_KEY to that of the system that it is of"
    elif keys.prove(manifest, signature):
        return
    else:
        fact = (
            "is not signed by the key here: set FLUXO_SEALS_KEY to that of the system that it is of, or it was changed"
        )
    raise CommandError(
        f"{path} {fact}. Nothing was changed. If you are sure where the file comes from: --trust-file.",
        exit_status=_UNPROVED,
    )


def _manifest(found: dict[str, Any]) -> Manifest:
    dumps = {service: Dump(**found["dumps"][service]) for service in SERVICES}
    manifest = Manifest(**(found | {"dumps": dumps}))
    if manifest.format != FORMAT or _parts(manifest.fluxo) > _parts(version("fluxo-cli")):
        raise ValueError(f"Fluxo {manifest.fluxo} made it, a later one than this, {version('fluxo-cli')}")
    return manifest


def _parts(of_version: str) -> list[int]:
    return [int(part) for part in re.findall("[0-9]+", of_version)]


def _check(content: IO[bytes], sha256: str, read: Callable[[int], object]) -> None:
    digest = hashlib.sha256()
    while chunk := content.read(_CHUNK_BYTES):
        digest.update(chunk)
        read(len(chunk))
    if digest.hexdigest() != sha256:
        raise ValueError("its content is not what was written")


def _content(tar: tarfile.TarFile, member: str) -> IO[bytes]:
    content = tar.extractfile(member)
    if content is None:
        raise ValueError(f"{member} is no file")
    return content


def _member(service: str) -> str:
    return f"{service}.dump"


def _nobodys(member: tarfile.TarInfo) -> tarfile.TarInfo:
    """Leave out whose file it was: it is nobody's business where it is restored."""
    member.mode, member.uid, member.gid, member.uname, member.gname = 0o600, 0, 0, "", ""
    return member
