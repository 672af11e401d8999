"""A whole job, from the picture to the finished mesh, at each preset; once more on NumPy's own loops."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from maquette.backend import engines, pipeline
from maquette.backend.imaging.read import read_image
from maquette.backend.progress import Meter
from maquette.backend.protocol import Picture, Report, Request
from maquette.backend.runtime import blas
from maquette.backend.runtime.threads import thread_cap

SAMPLE = Path(__file__).resolve().parents[2] / "docs" / "samples" / "mug.png"
REPEATS = 3


def rows() -> list[dict[str, Any]]:
    """The fastest of some runs. The target is 4 s at the standard preset on two idle processors."""
    compute = blas.choose(threads=thread_cap(interactive=False))
    picture = Picture(read_image(SAMPLE))
    measured = [_row(preset, _best(picture, preset, REPEATS), compute) for preset in ("fast", "standard", "fine")]
    plain = blas.Blas("NumPy (loops)", compute.team, blas._by_einsum)
    plain.speed = blas._measure(plain)
    blas._chosen = plain
    try:
        measured.append(_row("standard", _best(picture, "standard", 1), plain))
    finally:
        blas._chosen = compute
    return measured


def _best(picture: Picture, preset: str, repeats: int) -> Report:
    request = Request(images=(picture,), preset=preset)
    reports = [pipeline.run(request, Meter(lambda *_: None), engines).report for _ in range(repeats)]
    return min(reports, key=lambda report: report.seconds)


def _row(preset: str, report: Report, compute: blas.Blas) -> dict[str, Any]:
    stages = ", ".join(f"{stage.lower()} {seconds:.2f}" for stage, seconds in report.stages.items())
    note = f"{stages}; {report.faces:,} faces; peak {report.peak_memory >> 20:,} MiB; {compute.describe()}"
    return {
        "stage": f"whole job: {preset}",
        "ours_seconds": report.seconds,
        "peer": "",
        "peer_seconds": "",
        "note": note,
    }


if __name__ == "__main__":
    for line in rows():
        print(line)
