"""Writes the dashboards: `python deploy/grafana/source deploy/grafana/dashboards`."""

import json
import sys
from pathlib import Path

import business
import pipeline
from panels import dashboard

import services


def main(directory: Path) -> None:
    for module in (services, pipeline, business):
        text = json.dumps(dashboard(module.BOARD), indent=2, ensure_ascii=False)
        (directory / f"{module.__name__}.json").write_text(text + "\n", encoding="utf-8")


if __name__ == "__main__":
    main(Path(sys.argv[1]))
