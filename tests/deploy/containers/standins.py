"""Images of our own in place of the official ones, under their names: see `standins/Dockerfile`."""

import os
import shutil
import ssl
from pathlib import Path

from fluxo_local.embedded.binaries import find_postgres, find_valkey

from tests.deploy.containers.engine import PATH, Engine, told
from tests.deploy.operator import filled

HERE = Path(__file__).with_name("standins")
# Debian 12 has the Python; only testing has an nginx that resolves names while it runs.
DEBIAN = {
    "bookworm": "base-files base-passwd bash coreutils dash grep libc-bin passwd python3 python3-pip redis-tools sed",
    "testing": "base-files coreutils curl dash nginx-light prometheus",
}
STAND_INS = ("python", "postgres", "valkey", "nginx", "prometheus")
OF_AN_INDEX = {f"{tool}_{what}" for tool in ("PIP", "UV") for what in ("INDEX_URL", "EXTRA_INDEX_URL", "DEFAULT_INDEX")}


def bootstrap(directory: Path) -> dict[str, Path]:
    """Fetch and unpack Debian, by this machine's way to its archive; raises AssertionError where it has none."""
    settings = directory / "apt.conf"
    settings.write_text(told(["apt-config", "dump", "Acquire"]))
    indexes = told(["apt-get", "indextargets", "--format", "$(REPO_URI)", "Created-By: Packages"]).splitlines()
    archive = next((address for address in indexes if address.rstrip("/").endswith("/debian")), "")
    assert archive, "apt knows no archive of Debian"
    unpacked = {suite: directory / f"{suite}.tar" for suite in DEBIAN}
    for suite, packages in DEBIAN.items():
        asked = ["--variant=extract", f"--aptopt={settings}", f"--include={','.join(packages.split())}"]
        told(["nice", "mmdebstrap", "--quiet", *asked, suite, str(unpacked[suite]), archive], within_s=240)
    return unpacked


def make_stand_ins(engine: Engine, unpacked: dict[str, Path], context: Path) -> None:
    index = [f"ENV {name}={value}" for name, value in os.environ.items() if name in OF_AN_INDEX]
    changes = [part for each in (f"ENV PATH=/usr/local/sbin:/usr/local/bin:{PATH}", *index) for part in ("-c", each)]
    for suite, archive in unpacked.items():
        engine.docker("import", *changes, archive, f"stand-in/{suite}", within_s=120)
        archive.unlink()
    _fill(context)
    for name in STAND_INS:
        engine.docker("build", "--target", name, "--tag", filled()[f"{name.upper()}_IMAGE"], context, within_s=120)


def _fill(place: Path) -> None:
    shutil.copytree(HERE, place)
    programs = find_postgres().root
    for wheel in (programs, programs.with_name(f"{programs.name}.libs")):
        shutil.copytree(wheel, place / wheel.name)
    shutil.copy(find_valkey().server, place)
    machine = place / "machine"
    (machine / "ssl" / "certs").mkdir(parents=True)
    trusted = ssl.get_default_verify_paths().cafile or "/etc/ssl/certs/ca-certificates.crt"
    shutil.copy(trusted, machine / "ssl" / "certs" / "ca-certificates.crt")
    if Path("/etc/pip.conf").exists():
        shutil.copy("/etc/pip.conf", machine)
