"""The table of values in the chart's README, written by `python -m tests.deploy.values_table`."""

import json
import re
from collections.abc import Iterator
from pathlib import Path

import yaml

CHART = Path(__file__).resolve().parents[2] / "deploy" / "helm" / "fluxo"
BEGIN, END = "<!-- values: written by python -m tests.deploy.values_table -->", "<!-- end of values -->"


def described() -> Iterator[tuple[str, object, str]]:
    """Each documented value: its path, its default, what its `# --` comment says."""
    text = (CHART / "values.yaml").read_text()
    values, path, comment = yaml.safe_load(text), [], ""
    for line in text.splitlines():
        if found := re.match(r" *# -- (.*)", line):
            comment = found[1]
        elif found := re.match(r"( *)(\w+):", line):
            path = [*path[: len(found[1]) // 2], found[2]]
            if comment:
                default = values
                for name in path:
                    default = default[name]
                yield ".".join(path), default, comment
            comment = ""


def leaves(value: object, path: str = "") -> Iterator[str]:
    """Every value that can be set, down to what is documented as a whole."""
    documented = {name for name, _, _ in described()}
    if isinstance(value, dict) and path not in documented:
        for name, inner in value.items():
            yield from leaves(inner, f"{path}.{name}".lstrip("."))
    else:
        yield path


def table() -> str:
    rows = [f"| `{name}` | `{json.dumps(default)}` | {comment} |" for name, default, comment in described()]
    return "\n".join([BEGIN, "", "| value | default | |", "|---|---|---|", *rows, "", END])


def readme() -> str:
    """The README with today's table in it."""
    text = (CHART / "README.md").read_text()
    before, after = text.split(BEGIN)[0], text.split(END)[1]
    return f"{before}{table()}{after}"


if __name__ == "__main__":
    (CHART / "README.md").write_text(readme())
