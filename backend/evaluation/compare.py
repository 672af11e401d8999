"""Two runs over the same pictures: what one gained over the other, and how sure that is."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

from .bootstrap import differences, interval, of_objects
from .rows import Row, read

# What is compared, and whether more is better.
FIGURES = {
    "F@0.1": True, "F@0.2": True, "F@0.5": True, "chamfer": False, "normals": True, "IoU": True, "PSNR": True,
    "yaws F@0.1": True, "search F@0.1": True,
}  # fmt: skip


def compared(before: Sequence[Row], after: Sequence[Row], was: str, now: str) -> list[str]:
    """Lines of a Markdown table: method ``now`` of ``after`` less method ``was`` of ``before``, over the pictures that
    both have, by group; a difference whose interval excludes 0 is marked + or −, for better or worse.
    """
    common = {row.key for row in before} & {row.key for row in after}
    lines = ["| set | figure | before | after | difference | 95 % | |", "|---|---|---|---|---|---|---|"]
    groups = list(dict.fromkeys(row.group for row in after if row.key in common))
    for group in [*groups, *(["all"] if len(groups) > 1 else [])]:
        chosen = [
            of_objects([r for r in rows if r.key in common and group in (r.group, "all")], method, figure)
            for figure in FIGURES
            for rows, method in ((before, was), (after, now))
        ]
        for figure, old, new in zip(FIGURES, chosen[::2], chosen[1::2], strict=True):
            gained = differences(new, old)
            if not len(gained):
                continue
            gain = interval(gained)
            mark = "" if not gain.sure else "+" if (gain.mean > 0) == FIGURES[figure] else "−"
            digits = 2 if figure == "PSNR" else 4
            shared = [id for id in new if id in old]
            means = [sum(values[id] for id in shared) / len(shared) for values in (old, new)]
            lines.append(
                f"| {group} ({gain.count}) | {figure} | {means[0]:.{digits}f} | {means[1]:.{digits}f}"
                f" | {gain.mean:+.{digits}f} | {gain.low:+.{digits}f} … {gain.high:+.{digits}f} | {mark} |"
            )
    return lines


def compare(before: Path, after: Path) -> list[str]:
    """The engines of two files of rows, each under its own id."""
    (was, old), (now, new) = read(before), read(after)
    return compared(old, new, str(was.get("engine", "pocket")), str(now.get("engine", "pocket")))
