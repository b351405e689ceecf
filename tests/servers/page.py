"""The page that shows what was tried."""

from typing import Any

HEAD = """# Servers it was tried on

Written by `make test-servers`, from [support.json](support.json), which it writes too. Do not edit it.

Each server was tried in a system whose other servers are those of `make up`: the tests of the adapters that speak to
it, and, unless it says "adapters", a whole system that was told of the servers by URL: entries by chance, read back
day by day and compared with a sum by brute force; `fluxo verify --chain`; `fluxo backup`, more entries,
`fluxo restore`, and `verify` again. By Sentinel, the primary of the streams was demoted, and the next one killed,
while a merchant recorded. With a standby, the chaos driver did that to the primaries of streams, cache and PostgreSQL
within three seconds; [failovers.md](failovers.md) is twenty minutes of it. PgBouncer stood between that system and its
PostgreSQL.

| server | version | from | beside | passed | failed | skipped | date | commit |
|---|---|---|---|---:|---:|---:|---|---|
"""
TAIL = """
What cannot work, and what is said of it then, stands in [install.md](install.md#servers). Not tried by this command:
managed services, a Cluster, other poolers, other platforms than Linux on x86-64.
"""


def page(rows: list[dict[str, Any]]) -> str:
    lines = [_line(row) for row in rows]
    failures = [f"- {row['name']}: `{name}`" for row in rows for name in row["failed"]]
    text = HEAD + "\n".join(lines) + "\n"
    return text + ("\nFailed:\n\n" + "\n".join(failures) + "\n" if failures else "") + TAIL


def _line(row: dict[str, Any]) -> str:
    when = f"{row['date']} | {row['commit']}"
    if row.get("missing"):
        return f"| {row['name']} | not run: not on that machine | | | | | | {when} |"
    name = row["name"] + ("" if row["journey"] else " (adapters)")
    cells = (name, row["version"], row["from"], row["beside"])
    return f"| {' | '.join(cells)} | {row['passed']} | {len(row['failed'])} | {len(row['skipped'])} | {when} |"
