"""Clients that are generated from the OpenAPI files compile, record and read; where their generators are installed.

`make deploy-tools` installs the one for Python.
"""

import os
import shutil
import subprocess
from pathlib import Path

import pytest

HERE = Path(__file__).resolve().parent
REFERENCE = HERE.parents[2] / "docs" / "reference"
PYTHON = HERE.parents[2] / ".venv" / "clients" / "bin"
SERVICES = ("entries", "balances")
EXPECTED = "150.00 100.00 304"
GO_RUNTIME = ("github.com/oapi-codegen/runtime@v1.9.0", "github.com/google/uuid@v1.6.0")


def needs(*programs: str | Path, by: str) -> pytest.MarkDecorator:
    missing = [Path(name).name for name in programs if shutil.which(name) is None]
    return pytest.mark.skipif(bool(missing), reason=f"not installed: {', '.join(missing)}; run: {by}")


@pytest.fixture
def run(tmp_path, system):
    """`run("program", "argument")`: what it prints, in a directory that holds this language's program."""
    merchant = system.merchant()
    where = {"ENTRIES_URL": system.entries_url, "BALANCES_URL": system.balances_url, "TOKEN": merchant.token}

    def run(*argv: object) -> str:
        done = subprocess.run(
            list(map(str, argv)),
            check=False,
            cwd=tmp_path,
            env={**os.environ, **where},
            capture_output=True,
            text=True,
            timeout=240,
        )
        assert done.returncode == 0, (done.stdout + done.stderr)[-3000:]
        return done.stdout.strip()

    return run


def program(name: str, directory: Path) -> None:
    shutil.copy(HERE / name, directory)


@needs(PYTHON / "openapi-python-client", by="make deploy-tools")
def test_in_python(run, tmp_path):
    program("record_and_read.py", tmp_path)
    for service in SERVICES:
        document, client = REFERENCE / f"{service}.openapi.json", tmp_path / f"{service}_client"
        run(PYTHON / "openapi-python-client", "generate", "--path", document, "--output-path", client, "--meta", "none")
    # What a generated client imports is installed beside its generator.
    assert run(PYTHON / "python", "record_and_read.py") == EXPECTED


@needs("openapi-typescript", "tsc", "node", by="npm install --global openapi-typescript typescript")
def test_in_typescript(run, tmp_path):
    program("record_and_read.ts", tmp_path)
    for service in SERVICES:
        run("openapi-typescript", REFERENCE / f"{service}.openapi.json", "--output", f"{service}_client.ts")
    run("tsc", "--strict", "--target", "es2022", "--module", "commonjs", "--skipLibCheck", "record_and_read.ts")
    assert run("node", "record_and_read.js") == EXPECTED


@needs("oapi-codegen", "go", by="go install github.com/oapi-codegen/oapi-codegen/v2/cmd/oapi-codegen@latest")
def test_in_go(run, tmp_path):
    program("record_and_read.go", tmp_path)
    for service in SERVICES:
        package = f"{service}_client"
        (tmp_path / package).mkdir()
        document = REFERENCE / f"{service}.openapi.json"
        run("oapi-codegen", "-generate", "types,client", "-package", package, "-o", f"{package}/client.go", document)
    run("go", "mod", "init", "clients")
    try:
        run("go", "get", *GO_RUNTIME)
    except AssertionError:
        pytest.skip("not to be had: the Go modules that generated clients import")
    assert run("go", "run", ".") == EXPECTED
