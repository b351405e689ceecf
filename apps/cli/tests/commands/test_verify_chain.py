"""`fluxo verify --chain` against an entries service whose `chain` is a small script, found before the installed one."""

import json
import textwrap

import pytest

ENTRY = "019ac5a0-7d3e-7c44-b0b1-6c1a2f3e4d5c"
ALL = {"of": 3, "entries": 2, "blocks": 1, "merchants": 1, "waiting": 1}
CHANGED = {"fault": "changed", "merchant_id": "padaria", "block": 7, "entry_id": ENTRY}


@pytest.fixture
def chain(tmp_path, monkeypatch):
    """Have the process print these lines, and write down its arguments and what it is told."""

    def prints(*lines, fails=""):
        (tmp_path / "fluxo_entries.py").write_text(
            textwrap.dedent(
                f"""
                import json, os, sys
                with open({str(tmp_path / "told")!r}, "w") as told:
                    json.dump([sys.argv[1:], sorted(name for name in os.environ if name.startswith("FLUXO_"))], told)
                for line in {[json.dumps(line) for line in lines]!r}:
                    print(line)
                sys.exit({fails!r} or 0)
                """
            )
        )
        return lambda: json.loads((tmp_path / "told").read_text())

    monkeypatch.setenv("PYTHONPATH", str(tmp_path))
    for name in ("ENTRIES_DATABASE_URL", "BALANCES_DATABASE_URL", "ENTRIES_MIGRATION_DATABASE_URL", "EVENTS_KEY"):
        monkeypatch.setenv(f"FLUXO_{name}", "postgresql://nowhere")
    monkeypatch.setenv("FLUXO_SEALS_KEY", "a-key-of-seals-that-only-tests-know")
    return prints


def test_entries_that_agree_are_counted(fluxo, chain):
    told = chain(ALL | {"entries": 1}, ALL)
    verified = fluxo("verify", "--chain", "--merchant", "padaria", "--seal", "ab" * 32)
    assert (verified.exit_status, verified.err.strip()) == (0, "1 entry more to be sealed, in seconds.")
    assert "2 sealed entries of 1 merchant in 1 block" in verified.out
    arguments, known = told()
    assert arguments == ["chain", "--merchant=padaria", f"--seal={'ab' * 32}"]
    assert {name for name in known if name.endswith(("_URL", "_KEY"))} == {
        "FLUXO_ENTRIES_DATABASE_URL",
        "FLUXO_SEALS_KEY",
    }


def test_what_does_not_agree_is_named(fluxo, chain):
    chain(CHANGED, ALL)
    verified = fluxo("verify", "--chain")
    assert verified.exit_status == 1
    assert f"entry {ENTRY} was changed" in verified.out
    as_json = json.loads(fluxo("verify", "--chain", "--json").out)
    assert as_json == {"agree": False, **ALL, "findings": [CHANGED]}


def test_a_chain_that_cannot_be_verified_says_why(fluxo, chain):
    chain(fails="The chain cannot be verified: FLUXO_SEALS_KEY is not set")
    verified = fluxo("verify", "--chain")
    assert verified.exit_status == 3
    assert "FLUXO_SEALS_KEY is not set" in verified.err


@pytest.mark.parametrize(
    "options", [("--chain", "--seal", "ab"), ("--seal", "ab" * 32), ("--chain", "--from", "2026-11-01")]
)
def test_options_that_do_not_fit_are_refused(fluxo, chain, options):
    assert fluxo("verify", *options).exit_status == 2
