"""``build.py bench``: every ``tests/bench/bench_*.py`` in turn, in one table.

A bench is a module with ``rows() → list of dicts``: one measurement a dict, its keys the columns (``stage``,
``ours_seconds``, ``peer``, ``peer_seconds``, ``note``), the peer measured in the same run beside ours. One that imports
bpy runs in Blender's module. To add a bench, add the file.
"""

from __future__ import annotations

import argparse
import json
import subprocess
import tempfile
from pathlib import Path
from typing import Any

from .. import environments, pips
from ..paths import ROOT, Stop

SUMMARY = "time every stage beside a peer in the same run"

FOLDER = ROOT / "tests/bench"


def arguments(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("only", nargs="*", help="names of benches: 'surface' for tests/bench/bench_surface.py")
    parser.add_argument("--markdown", type=Path, metavar="FILE", help="write the tables there too")
    parser.add_argument("--torch", action="store_true", help="install torch 2.13.0 first, for the peers that use it")


def run(options: argparse.Namespace) -> int:
    dev = environments.make(environments.DEV)
    if options.torch:
        pips.pip("install", "--quiet", "torch==2.13.0", python=str(dev))
    rows: list[dict[str, Any]] = []
    failed = []
    for path in sorted(FOLDER.glob("bench_*.py")):
        name = path.stem[len("bench_") :]
        if not options.only or name in options.only:
            print(f"measuring {name} …", flush=True)
            measured = _measure(path, dev)
            rows += [{"bench": name, **with_ratio(row)} for row in measured or ()]
            failed += [name] if measured is None else []
    table = markdown(rows)
    print(f"\n{table}")
    if options.markdown:
        options.markdown.write_text(table, encoding="utf-8")
    if failed:
        raise Stop(f"Failed: {', '.join(failed)}; see above.")
    return 0


def _measure(path: Path, dev: Path) -> list[dict[str, Any]] | None:
    """The rows of one bench, measured in a process of its own; None, and what it said on screen, when it fails."""
    in_blender = "import bpy" in path.read_text(encoding="utf-8")
    python = environments.make(environments.first_possible(environments.BLENDERS[::-1])) if in_blender else dev
    with tempfile.TemporaryDirectory() as folder:
        answer, script = Path(folder) / "rows.json", ROOT / "build_tools/inside/bench_rows.py"
        command = [str(python), str(script), str(path), str(answer)]
        done = subprocess.run(command, cwd=ROOT, stdout=subprocess.PIPE, stderr=subprocess.STDOUT)
        if done.returncode != 0:
            print(done.stdout.decode("utf-8", "replace"))
            return None
        return json.loads(answer.read_text(encoding="utf-8"))


def with_ratio(row: dict[str, Any]) -> dict[str, Any]:
    """A column that says how many times faster than its peer ours is, where there is one."""
    ours, peer = row.get("ours_seconds"), row.get("peer_seconds")
    if not (isinstance(ours, float) and isinstance(peer, float) and row.get("peer") and ours > 0):
        return row
    columns = list(row.items())
    at = list(row).index("peer_seconds") + 1
    return dict([*columns[:at], ("faster", f"{peer / ours:.3g}×"), *columns[at:]])


def markdown(rows: list[dict[str, Any]]) -> str:
    """A table that reads well as plain text too."""
    columns = list(dict.fromkeys(key for row in rows for key in row))
    cells = [columns] + [[_cell(row.get(column, "")) for column in columns] for row in rows]
    widths = [max(len(line[at]) for line in cells) for at in range(len(columns))]
    lines = ["| " + " | ".join(cell.ljust(width) for cell, width in zip(line, widths)) + " |" for line in cells]
    lines.insert(1, "|" + "|".join("-" * (width + 2) for width in widths) + "|")
    return "\n".join(lines) + "\n"


def _cell(value: object) -> str:
    if value is None:
        return ""
    if isinstance(value, float):
        return f"{value:.3g}" if abs(value) < 1000 else f"{value:,.0f}"
    return f"{value:,}" if isinstance(value, int) else str(value)
