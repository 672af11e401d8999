"""What is written of a run survives it, and what is said of the means is sure."""

import json

import numpy as np
import pytest
from maquette.backend.evaluation.bootstrap import differences, interval, of_objects
from maquette.backend.evaluation.compare import compare
from maquette.backend.evaluation.rows import Row, Rows, methods, read
from maquette.backend.evaluation.table import gains_table, means_table, shortfalls

RUN = {"engine": "pocket", "set": "benchmark", "code": "a", "rivals": ["inflation"]}


def row(id, group="gso", view=0, ours=0.6, **rivals):
    figures = {name: {"F@0.1": f, "IoU": f, "PSNR": 20 * f} for name, f in {"pocket": ours, **rivals}.items()}
    return Row(id, group, view, figures, {"pocket": 1.5}, ("it was dark",))


def test_rows_come_back_as_they_were_written(tmp_path):
    path = tmp_path / "deep" / "rows.jsonl"
    rows = Rows(path, RUN)
    written = [row("a"), row("a", view=1), row("b", ours=0.5, inflation=0.25)]
    for one in written:
        rows.add(one)
    assert read(path) == (RUN, written)
    assert methods(written) == ["pocket", "inflation"]


def test_a_run_that_was_cut_off_goes_on(tmp_path):
    path = tmp_path / "rows.jsonl"
    rows = Rows(path, RUN)
    rows.add(row("a"))
    rows.add(row("b"))
    whole = path.read_bytes()
    path.write_bytes(whole[:-20])  # killed while writing
    again = Rows(path, RUN)
    assert list(again.done) == [("a", "gso", 0)]
    again.add(row("b"))
    assert path.read_bytes() == whole
    assert all(json.loads(line) for line in path.read_text(encoding="utf-8").splitlines())


def test_rows_of_another_run_are_not_mixed_in(tmp_path):
    path = tmp_path / "rows.jsonl"
    Rows(path, RUN).add(row("a"))
    changed = {**RUN, "code": "b"}
    assert list(Rows(path, changed, lenient=True).done) == [("a", "gso", 0)]
    assert Rows(path, {**changed, "set": "other_val"}, lenient=True).done == {}
    assert [r.id for r in read(path.with_suffix(".old"))[1]] == ["a"]


def test_intervals_cover_the_mean_nineteen_times_of_twenty():
    rng = np.random.default_rng(5)
    covered = [
        known.low <= 0.5 <= known.high for known in (interval(rng.normal(0.5, 0.2, 40), seed=i) for i in range(200))
    ]
    assert 0.90 <= np.mean(covered) <= 0.98
    wide = interval(rng.normal(0.5, 0.2, 40))
    assert wide.high - wide.low == pytest.approx(2 * 1.96 * 0.2 / np.sqrt(40), rel=0.35)
    assert interval([0.3]) .low == interval([0.3]).high == 0.3  # fmt: skip
    with pytest.raises(ValueError, match="no values"):
        interval([])


def test_an_object_counts_once_however_often_it_was_seen():
    rows = [row("a", ours=0.2), row("a", view=1, ours=0.4), row("b", ours=0.9), row("c", inflation=0.1)]
    assert of_objects(rows, "pocket", "F@0.1") == pytest.approx({"a": 0.3, "b": 0.9, "c": 0.6})
    assert of_objects(rows, "inflation", "IoU") == {"c": 0.1} and of_objects(rows, "pocket", "none") == {}


def test_differences_are_paired():
    a, b = {"x": 0.9, "y": 0.2, "only": 1.0}, {"y": 0.1, "x": 0.8, "other": 0.0}
    assert differences(a, b) == pytest.approx([0.1, 0.1])
    rng = np.random.default_rng(1)
    hard = rng.uniform(0, 1, 60)  # objects differ far more than the methods do
    gained = interval(differences(dict(enumerate(hard + 0.02)), dict(enumerate(hard + rng.normal(0, 0.01, 60)))))
    assert gained.sure and gained.mean == pytest.approx(0.02, abs=0.005)


def test_two_runs_are_compared_over_what_both_have(tmp_path):
    before, after = tmp_path / "a.jsonl", tmp_path / "b.jsonl"
    first, second = Rows(before, RUN), Rows(after, {**RUN, "engine": "other"})
    for i in range(8):
        first.add(row(f"o{i}", ours=0.5))
        better = row(f"o{i}", ours=0.53 + 0.001 * i)
        second.add(Row(better.id, "gso", 0, {"other": better.figures["pocket"]}))
    first.add(row("alone", ours=0.0))
    lines = [[cell.strip() for cell in line.split("|")[1:-1]] for line in compare(before, after)[2:]]
    gained = {cells[1]: cells for cells in lines}
    assert gained["F@0.1"] == ["gso (8)", "F@0.1", "0.5000", "0.5335", "+0.0335", gained["F@0.1"][5], "+"]
    low, high = (float(end) for end in gained["F@0.1"][5].split(" … "))
    assert 0.0315 < low < 0.0335 < high < 0.0355
    assert set(gained) == {"F@0.1", "IoU", "PSNR"}


def test_the_tables_have_a_line_a_method_and_a_group():
    rows = [row("a", inflation=0.5), row("b", "real2", ours=0.8, inflation=0.4)]
    means = means_table(rows, "pocket")
    assert [line.split("|")[1:3] for line in means[2:]] == [
        [" gso (1) ", " inflation "], [" gso (1) ", " **pocket** "], [" real2 (1) ", " inflation "],
        [" real2 (1) ", " **pocket** "], [" all (2) ", " inflation "], [" all (2) ", " **pocket** "],
    ]  # fmt: skip
    assert "| 0.700 [0.600, 0.800] |" in means[-1] and len({line.count("|") for line in means}) == 1
    gains = gains_table(rows, "pocket")
    assert "| +0.250 [+0.100, +0.400] |" in gains[-1] and len(gains) == 5


def test_what_falls_short_is_named():
    good = [row("a", ours=0.8, inflation=0.5), row("b", "real2", ours=0.8, inflation=0.5)]
    assert shortfalls(good, "pocket") == []
    assert shortfalls(good[:1], "pocket") == ["real2: no object was measured"]
    below = shortfalls([row("a", ours=0.8, inflation=0.9), good[1]], "pocket")
    assert len(below) == 2 and all("inflation" in sentence for sentence in below)
    assert "prototype's 0.522" in shortfalls([row("a", ours=0.51, inflation=0.5), good[1]], "pocket")[0]
    known = [row("a", ours=0.8, inflation=0.5, prototype=0.85), good[1]]
    assert "prototype's 0.850" in shortfalls(known, "pocket")[0]
    later = [*good, row("a", view=1, ours=0.1, inflation=0.5)]
    assert shortfalls(later, "pocket") == []  # the floor is that of view 0
