"""The whole way with the real engine, each time in a process of its own."""

import json
import subprocess
import sys
from pathlib import Path

import pytest

pytest.importorskip("PIL.Image")

ROOT = Path(__file__).resolve().parents[2]
MUG = ROOT / "docs" / "samples" / "mug.png"
MOST = 1200 << 20  # bytes resident at the peak of a fine job

JOB = """
import json, sys
import numpy as np
from backend import engines, pipeline
from backend.imaging.read import read_image
from backend.progress import Meter
from backend.protocol import Picture, Request
from backend.runtime import blas
{before}
blas.choose(threads=2)
request = Request(images=(Picture(read_image({picture!r})),), preset={preset!r}, target_faces={faces})
finished = pipeline.run(request, Meter(lambda *report: None), engines)
report, mesh = finished.report, finished.made
print(json.dumps({{
    "peak": report.peak_memory, "faces": report.faces, "watertight": report.watertight,
    "warnings": report.warnings, "slow": pipeline.SLOW, "compute": blas.current().title,
    "size": np.ptp(mesh.vertices, axis=0).tolist(), "mean": mesh.colours.mean(0).tolist(),
}}))
"""

# As on a computer where nothing fast can be loaded: NumPy with its own loops, at a speed below the least.
NO_BLAS = """
blas._libraries = lambda path: iter(())
blas._numpy = lambda team: blas.Blas("NumPy", team, blas._by_einsum)
blas._measure = lambda candidate: 1e9
"""


def job(preset, faces=0, before=""):
    code = JOB.format(before=before, picture=str(MUG), preset=preset, faces=faces)
    done = subprocess.run([sys.executable, "-c", code], cwd=ROOT, capture_output=True, text=True, timeout=300)
    assert done.returncode == 0, done.stderr
    return json.loads(done.stdout)


def test_a_fine_job_stays_within_its_memory():
    made = job("fine")
    if not made["peak"]:
        pytest.skip("this platform does not tell")
    assert 100 << 20 < made["peak"] < MOST
    assert made["watertight"] and made["faces"] > 20_000


def test_without_any_blas_the_job_is_done_and_says_that_it_was_slow():
    usual, slow = job("fast"), job("fast", before=NO_BLAS)
    assert slow["compute"] == "NumPy" and slow["slow"] in slow["warnings"]
    assert slow["watertight"] and abs(slow["faces"] / usual["faces"] - 1) < 0.02
    assert max(abs(a - b) for a, b in zip(slow["size"], usual["size"], strict=True)) < 0.02
    assert max(abs(a - b) for a, b in zip(slow["mean"], usual["mean"], strict=True)) < 2
