"""Known vulnerabilities of what uv.lock names: `python deploy/audit.py [--service-url URL]`, as `uv audit` has it.

Exit codes: 0 none is known, 1 some are, 69 nobody could be asked, so that it is not audited.
"""

import os
import subprocess
import sys
from pathlib import Path
from typing import Final

ROOT: Final = Path(__file__).resolve().parents[1]
UV = Path(sys.executable).with_name("uv")


def main(*options: str) -> int:
    """Run uv's own audit, which asks osv.dev; what it says goes out as it is."""
    argv: list[str | Path] = [UV, "audit", "--locked", "--preview-features", "audit-command", *options]
    ran = subprocess.run(argv, cwd=ROOT, stderr=subprocess.PIPE, text=True, check=False)
    if ran.returncode in {0, 1}:
        sys.stderr.write(ran.stderr)
        return ran.returncode
    reasons = [line.split(": ", 1)[1] for line in ran.stderr.splitlines() if ": " in line]
    sys.stderr.write(f"not audited: {'; '.join(reasons) or f'uv audit ended with {ran.returncode}'}\n")
    return os.EX_UNAVAILABLE


if __name__ == "__main__":
    sys.exit(main(*sys.argv[1:]))
