"""Runs one bench with an environment's Python: ``python bench_rows.py BENCH ANSWER`` writes its rows as JSON."""

import dataclasses
import importlib
import json
import sys
from pathlib import Path
from typing import Any

ROOT = Path(__file__).resolve().parents[2]


def main(bench: Path, answer: Path) -> None:
    sys.path[:0] = [str(ROOT / "tests"), str(bench.parent)]
    importlib.import_module("conftest")  # makes the checkout importable as the package maquette
    rows = [_plain(row) for row in importlib.import_module(bench.stem).rows()]
    answer.write_text(json.dumps(rows, default=float), encoding="utf-8")


def _plain(row: Any) -> dict[str, Any]:
    return dataclasses.asdict(row) if dataclasses.is_dataclass(row) and not isinstance(row, type) else dict(row)


if __name__ == "__main__":
    main(Path(sys.argv[1]), Path(sys.argv[2]))
