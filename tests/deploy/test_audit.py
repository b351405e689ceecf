"""What `make audit` says of known vulnerabilities, and above all when it knows nothing."""

import pytest

from deploy import audit
from tests.harness.ports import free_port


@pytest.mark.parametrize(("code", "said"), [(0, "Found no known vulnerabilities"), (1, "Found 1 known vulnerability")])
def test_what_is_known_decides(code, said, tmp_path, monkeypatch, capfd):
    uv = tmp_path / "uv"
    uv.write_text(f"#!/bin/sh\necho {said} >&2\nexit {code}\n")
    uv.chmod(0o755)
    monkeypatch.setattr(audit, "UV", uv)
    assert (audit.main(), capfd.readouterr().err) == (code, f"{said}\n")


def test_where_nobody_can_be_asked_it_says_so_and_ends_with_a_code_of_its_own(monkeypatch, capfd):
    monkeypatch.setenv("UV_HTTP_RETRIES", "0")
    assert audit.main("--service-url", f"http://127.0.0.1:{free_port()}") == 69
    told = capfd.readouterr()
    assert told.out == ""
    assert told.err.startswith("not audited: ")
    assert "Connection refused" in told.err
