"""CycloneDX documents of what each image, and `make up`, are made of: `python deploy/sbom.py DIRECTORY`.

As uv.lock has it, with a hash of each file, for every platform. The same lock gives the same bytes.
"""

import json
import subprocess
import sys
from pathlib import Path
from typing import Any, Final
from uuid import NAMESPACE_URL, uuid5

ROOT: Final = Path(__file__).resolve().parents[1]
PACKAGES: Final = ("fluxo-entries", "fluxo-balances", "fluxo-dashboard", "fluxo")
VENDORED: Final = ROOT / "apps/dashboard/src/fluxo_dashboard/static/vendor/vendor.json"


def document(package: str) -> dict[str, Any]:
    """Return what uv tells of the package, without the time and the random number in it, and what browsers are sent."""
    export = (Path(sys.executable).with_name("uv"), "export", "--locked", "--quiet", "--format", "cyclonedx1.5")
    told = subprocess.run(
        [*export, "--package", package, "--no-dev", "--no-group", "bench"], cwd=ROOT, capture_output=True, check=True
    )
    found: dict[str, Any] = json.loads(told.stdout)
    del found["metadata"]["timestamp"], found["serialNumber"]
    if any(each["name"] == "fluxo-dashboard" for each in (found["metadata"]["component"], *found["components"])):
        found["components"] += map(_component, json.loads(VENDORED.read_text()))
    return {**found, "serialNumber": uuid5(NAMESPACE_URL, json.dumps(found)).urn}


def _component(file: dict[str, str]) -> dict[str, Any]:
    name, version = file["package"], file["version"]
    return {
        "type": "library",
        "bom-ref": file["file"],
        "name": name,
        "version": version,
        "purl": f"pkg:npm/{name.replace('@', '%40')}@{version}",
        "licenses": [{"license": {"id": file["licence"]}}],
        "hashes": [{"alg": "SHA-256", "content": file["sha256"]}],
    }


if __name__ == "__main__":
    directory = Path(sys.argv[1])
    directory.mkdir(parents=True, exist_ok=True)
    for name in PACKAGES:
        (directory / f"{name}.cdx.json").write_text(json.dumps(document(name), indent=2) + "\n")
