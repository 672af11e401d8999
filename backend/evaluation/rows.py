"""The rows of a run: JSON lines, the first of which says what was run. A run that is cut off goes on where it was."""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import asdict, dataclass, field, replace
from pathlib import Path
from typing import Any

from .metrics import Figures

Key = tuple[str, str, int]


@dataclass(frozen=True)
class Row:
    """One input picture: ``figures`` and ``seconds`` (of processor time) by method, ours under the engine's id; each
    warning begins with the method's name.
    """

    id: str
    group: str
    view: int
    figures: dict[str, Figures]
    seconds: dict[str, float] = field(default_factory=dict)
    warnings: tuple[str, ...] = ()

    @property
    def key(self) -> Key:
        return self.id, self.group, self.view

    def only(self, titles: Sequence[str]) -> Row:
        """What it says of these methods."""
        told = tuple(w for w in self.warnings if w.split(": ")[0] in titles)
        figures = {title: self.figures[title] for title in titles}
        return replace(self, figures=figures, seconds=_of(self.seconds, titles), warnings=told)


class Rows:
    """A file of rows being written. What it holds of another run is not mixed with this one's: the file is then begun
    anew, and the old one kept beside it as ``.old``.
    """

    def __init__(self, path: Path, run: dict[str, Any], lenient: bool = False):
        """``run`` says what rows must share; where ``lenient``, they may differ in the code that made them."""
        self.path = Path(path)
        self.done: dict[Key, Row] = {}
        if self.path.is_file():
            was, rows = read(self.path)
            known = json.loads(json.dumps(run))
            if was == known or (lenient and {**was, "code": None} == {**known, "code": None}):
                self.done = {row.key: row for row in rows}
            else:
                self.path.replace(self.path.with_suffix(".old"))
        self.path.parent.mkdir(parents=True, exist_ok=True)
        lines = [json.dumps({"run": run}), *(json.dumps(asdict(row)) for row in self.done.values())]
        partial = self.path.with_suffix(".partial")  # without the line that a kill cut in two
        partial.write_text("".join(line + "\n" for line in lines), encoding="utf-8")
        partial.replace(self.path)

    def add(self, row: Row) -> None:
        """Written at once: a kill costs the row being measured."""
        self.done[row.key] = row
        with self.path.open("a", encoding="utf-8") as file:
            file.write(json.dumps(asdict(row)) + "\n")


def read(path: Path) -> tuple[dict[str, Any], list[Row]]:
    """What was run, and its rows; a last line that was cut off is left out."""
    run: dict[str, Any] = {}
    rows: dict[Key, Row] = {}
    for line in Path(path).read_text(encoding="utf-8").splitlines():
        try:
            known = json.loads(line)
        except ValueError:
            continue
        if "run" in known:
            run = known["run"]
        else:
            row = Row(**{**known, "warnings": tuple(known["warnings"])})
            rows[row.key] = row
    return run, list(rows.values())


def joined(parts: Sequence[Row]) -> Row:
    """Rows of one picture as one."""
    figures = {title: known for part in parts for title, known in part.figures.items()}
    seconds = {title: known for part in parts for title, known in part.seconds.items()}
    warnings = tuple(warning for part in parts for warning in part.warnings)
    return replace(parts[0], figures=figures, seconds=seconds, warnings=warnings)


def _of(known: dict[str, float], titles: Sequence[str]) -> dict[str, float]:
    return {title: value for title, value in known.items() if title in titles}


def methods(rows: Sequence[Row]) -> list[str]:
    """Every method that has figures, in the order of the rows."""
    return list(dict.fromkeys(name for row in rows for name in row.figures))
