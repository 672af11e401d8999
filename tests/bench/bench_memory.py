"""The most memory that a job of each engine takes at each preset, every job in a process of its own.

``EngineInfo.memory`` is to be these figures, a little above: jobs are fitted into free memory by them. Of an engine
on a graphics card it is the card's memory, else the process's.
"""

from __future__ import annotations

import json
import subprocess
import sys
import tempfile
from pathlib import Path
from typing import Any

import clouds
from maquette.backend import engines
from maquette.backend.shapes.files import write_cloud

ROOT = Path(__file__).resolve().parents[2]
SAMPLE = ROOT / "docs" / "samples" / "mug.png"
MANY = 65_536

JOB = """
import json, sys
from pathlib import Path
import numpy as np
from backend import engines, pipeline
from backend.imaging.read import read_image
from backend.progress import Meter
from backend.protocol import Picture, Request
from backend.runtime import blas, memory
engine, preset, output, source = sys.argv[1:]
blas.choose(threads=2)
request = Request(engine=engine, preset=preset, output=output, cutout="learned" if output == "cutout" else "auto")
with_file = {"file": source} if source.endswith(".ply") else {"images": (Picture(read_image(source)),)}
request = Request(**{**vars(request), **with_file})
before = memory.current_memory()
report = pipeline.run(request, Meter(lambda *_: None), engines).report
print(json.dumps([before, report.peak_memory, report.seconds, report.device, report.preset]))
"""


def rows() -> list[dict[str, Any]]:
    """One row an engine and preset, of those engines that are ready and start from a picture or a cloud."""
    measured = []
    with tempfile.TemporaryDirectory() as folder:
        cloud = Path(folder) / "chair.ply"
        write_cloud(cloud, clouds.fuzzy(clouds.CHAIR, MANY))
        for info in engines.engines():
            source = SAMPLE if "image" in info.inputs else cloud if "cloud" in info.inputs else None
            if info.available and source is not None:
                measured += [_row(info, preset, source) for preset in info.presets]
    return measured


def _row(info: Any, preset: str, source: Path) -> dict[str, Any]:
    command = [sys.executable, "-c", JOB, info.id, preset, info.makes[0], str(source)]
    done = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, timeout=600, check=True)
    before, peak, seconds, device, made = json.loads(done.stdout.splitlines()[-1])
    said = info.memory.get(preset, 0)
    note = f"peak {peak >> 20:,} MiB on {device or 'the processor'} ({before >> 20:,} MiB before the job); "
    note += f"EngineInfo says {said >> 20:,} MiB" if said else "EngineInfo says nothing"
    return {
        "stage": f"memory: {info.id}, {preset}" + (f", made at {made}" if made != preset else ""),
        "ours_seconds": seconds,
        "peer": "",
        "peer_seconds": "",
        "note": note,
    }


if __name__ == "__main__":
    for line in rows():
        print(line)
