"""The rows of a run as Markdown, and what they say of the floor that the engine must not fall below."""

from __future__ import annotations

from collections.abc import Sequence

from .bootstrap import differences, interval, of_objects
from .rows import Row, methods

COLUMNS = {
    "F@0.1": 3, "F@0.2": 3, "F@0.5": 3, "chamfer": 3, "normals": 3, "IoU": 3, "PSNR": 1,
    "yaws F@0.1": 3, "search F@0.1": 3,
}  # fmt: skip
PAIRED = {"F@0.1": 3, "IoU": 3, "PSNR": 1, "normals": 3, "yaws F@0.1": 3, "search F@0.1": 3}
# Raw F@0.1 of the prototype with its own surface, view 0 of the benchmark, as its own run gave it.
FLOOR = {"gso": 0.522, "real2": 0.709}


def groups(rows: Sequence[Row]) -> dict[str, list[Row]]:
    """Rows by group, and all of them where there are several groups."""
    found = {name: [row for row in rows if row.group == name] for name in dict.fromkeys(row.group for row in rows)}
    return found if len(found) < 2 else {**found, "all": list(rows)}


def means_table(rows: Sequence[Row], engine: str) -> list[str]:
    """A line a method and group: means over objects, F@0.1 with its interval; the engine's line last and bold."""
    lines = [
        f"| set | mesh | {' | '.join(COLUMNS)} |",
        f"|---|---|{'---|' * len(COLUMNS)}",
    ]
    for group, chosen in groups(rows).items():
        for method in sorted(methods(chosen), key=lambda name: name == engine):
            cells = []
            for figure, digits in COLUMNS.items():
                values = of_objects(chosen, method, figure)
                if not values:
                    cells.append("")
                    continue
                known = interval(list(values.values()))
                shown = f"{known.mean:.{digits}f}"
                cells.append(f"{shown} [{known.low:.3f}, {known.high:.3f}]" if figure == "F@0.1" else shown)
            count = len(of_objects(chosen, method, "F@0.1"))
            title = f"**{method}**" if method == engine else method
            lines.append(f"| {group} ({count}) | {title} | {' | '.join(cells)} |")
    return lines


def gains_table(rows: Sequence[Row], engine: str) -> list[str]:
    """A line a rival and group: the engine's figures less the rival's, paired by object, with 95 % intervals."""
    lines = [f"| set | over | {' | '.join(PAIRED)} |", f"|---|---|{'---|' * len(PAIRED)}"]
    for group, chosen in groups(rows).items():
        for rival in (name for name in methods(chosen) if name != engine):
            cells = []
            for figure, digits in PAIRED.items():
                gained = differences(of_objects(chosen, engine, figure), of_objects(chosen, rival, figure))
                if not len(gained):
                    cells.append("")
                    continue
                gain = interval(gained)
                cells.append(f"{gain.mean:+.{digits}f} [{gain.low:+.{digits}f}, {gain.high:+.{digits}f}]")
            lines.append(f"| {group} | {rival} | {' | '.join(cells)} |")
    return lines


def shortfalls(rows: Sequence[Row], engine: str) -> list[str]:
    """What keeps the quality floor from holding; empty where it holds. For all objects of the benchmark, view 0: the
    floor is the prototype's own figure, or what it reaches in the same run where that is more. A group that has no
    row falls short too.
    """
    result = []
    for group, floor in FLOOR.items():
        chosen = [row for row in rows if row.group == group and row.view == 0]
        if not chosen:
            result.append(f"{group}: no object was measured")
            continue

        def mean(method: str, figure: str, chosen: list[Row] = chosen) -> float:
            values = of_objects(chosen, method, figure).values()
            return sum(values) / len(values) if values else 0.0

        floor = max(floor, mean("prototype", "F@0.1"))
        if mean(engine, "F@0.1") < floor:
            result.append(f"{group}: F@0.1 {mean(engine, 'F@0.1'):.3f} is below the prototype's {floor:.3f}")
        for figure in ("F@0.1", "IoU"):
            ours, inflation = mean(engine, figure), mean("inflation", figure)
            if ours <= inflation:
                result.append(f"{group}: {figure} {ours:.3f} is not above inflation's {inflation:.3f}")
    return result
