"""The quality floor, on objects that nothing was trained or tuned on."""

from pathlib import Path

import numpy as np
import pytest
from maquette.backend.evaluation.bootstrap import differences, of_objects
from maquette.backend.evaluation.commands import main
from maquette.backend.evaluation.objects import read_benchmark
from maquette.backend.evaluation.run import Plan, run
from maquette.backend.evaluation.table import shortfalls

DATA = Path(__file__).resolve().parents[4] / "shared" / "data"

pytestmark = [
    pytest.mark.quality,
    pytest.mark.skipif(not (DATA / "benchmark").is_dir(), reason="the folder shared/data is not beside the checkout"),
]


def test_the_benchmark_is_read_as_it_was_written():
    views = read_benchmark(DATA)
    assert len(views) == 62 and {v.group for v in views} == {"gso", "real2"}
    for view in views:
        v, f = view.object.vertices, view.object.faces
        assert np.ptp(v, axis=0).max() == pytest.approx(1, abs=0.02)
        assert f.min() >= 0 and f.max() < len(v) and len(view.object.colours) == len(v)
        assert view.picture.is_file()
    assert [v.object.id for v in read_benchmark(DATA, 1)] == [v.object.id for v in views]


def test_every_eighth_object_is_better_than_inflated(tmp_path):
    plan = Plan(DATA, tmp_path, views=(0,), every=8, preset="fast", rivals=("inflation",), aligned=False)
    rows = run(plan, tmp_path / "rows.jsonl")
    assert len(rows) == 8
    for figure in ("F@0.1", "IoU"):
        gained = differences(of_objects(rows, "pocket", figure), of_objects(rows, "inflation", figure))
        assert gained.mean() > 0.02, figure


@pytest.mark.slow
def test_the_floor_holds_on_all_objects(tmp_path):
    plan = Plan(DATA, tmp_path, views=(0,), rivals=("inflation", "prototype"), aligned=False)
    assert shortfalls(run(plan, tmp_path / "rows.jsonl"), "pocket") == []


@pytest.mark.slow
def test_sparse_search_finds_the_surface_of_twenty_pictures(capsys):
    assert main([str(DATA), "--recall"]) == 0
    assert capsys.readouterr().out.count(" cells missed ") == 60
