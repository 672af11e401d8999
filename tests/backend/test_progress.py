"""The bar moves evenly and never back; the estimate is learned, and a damaged file of estimates does no harm."""

import json

import pytest
from hypothesis import given
from hypothesis import strategies as st
from maquette.backend.errors import Cancelled
from maquette.backend.progress import CUT_OUT, ENGINE, FINISH, OF_CLOUDS, READ, SURFACE, Meter, Timings
from maquette.backend.protocol import Request

STAGES = (CUT_OUT, ENGINE, SURFACE, FINISH)


class Clock:
    def __init__(self):
        self.now = 100.0

    def __call__(self):
        return self.now


def meter(clock, expected=None, stopped=lambda: False):
    reports = []
    return Meter(lambda *report: reports.append(report), stopped, expected, clock=clock), reports


@given(st.lists(st.floats(-1, 2), max_size=30), st.sampled_from(STAGES))
def test_the_fraction_never_falls_whatever_a_stage_says(fractions, stage):
    clock = Clock()
    watched, reports = meter(clock)
    for name in STAGES:
        with watched.stage(name) as watch:
            for fraction in fractions if name == stage else []:
                clock.now += 0.1
                watch.step(fraction)
    told = [fraction for _, fraction, _, _ in reports]
    assert told == sorted(told) and told[0] == 0 and max(told) <= 1


def test_a_job_ends_at_one_and_every_stage_is_told():
    clock = Clock()
    watched, reports = meter(clock)
    for name in STAGES:
        with watched.stage(name):
            clock.now += 1
    assert [stage for stage, *_ in reports][::2] == list(STAGES)
    assert reports[-1][1] == pytest.approx(1)
    assert watched.seconds == dict.fromkeys(STAGES, 1.0) and watched.elapsed == 4


@pytest.mark.parametrize("plan", [{CUT_OUT: 0.1}, OF_CLOUDS, {READ: 1.0, ENGINE: 2.0, FINISH: 1.0}])
def test_a_job_with_other_stages_ends_at_one_as_well(plan):
    clock = Clock()
    watched, reports = meter(clock)
    watched.plan(plan)
    for name, seconds in plan.items():
        with watched.stage(name):
            clock.now += seconds
    assert reports[-1][1] == pytest.approx(1) and [stage for stage, *_ in reports][::2] == list(plan)
    told = dict((stage, fraction) for stage, fraction, *_ in reports)
    assert told[next(iter(plan))] == pytest.approx(next(iter(plan.values())) / sum(plan.values()))


def test_a_plan_is_filled_with_what_was_learned():
    clock = Clock()
    watched, reports = meter(clock, {READ: 3.0, ENGINE: 1.0, SURFACE: 99.0})
    watched.plan({READ: 0.1, ENGINE: 0.1})
    with watched.stage(READ):
        clock.now += 3
    assert reports[-1][1:3] == (pytest.approx(0.75), pytest.approx(1.0))


def test_learned_lengths_make_the_bar_even_and_the_estimate_right():
    clock = Clock()
    watched, reports = meter(clock, {CUT_OUT: 1, ENGINE: 5, SURFACE: 3, FINISH: 1})
    for name, seconds in ((CUT_OUT, 1), (ENGINE, 5), (SURFACE, 3), (FINISH, 1)):
        with watched.stage(name) as watch:
            for i in range(10):
                watch.step(i / 10)
                clock.now += seconds / 10
    for stage, fraction, eta, _ in reports:
        done = 10 * fraction
        assert eta == pytest.approx(10 - done, abs=0.02), (stage, fraction)


def test_a_job_twice_as_slow_as_expected_says_so():
    clock = Clock()
    watched, reports = meter(clock, {CUT_OUT: 1, ENGINE: 5, SURFACE: 3, FINISH: 1})
    for name, seconds in ((CUT_OUT, 2), (ENGINE, 10)):
        with watched.stage(name):
            clock.now += seconds
    assert 6 < reports[-1][2] <= 8  # four expected seconds are left, at half the pace


def test_nothing_is_estimated_from_nothing():
    clock = Clock()
    watched, reports = meter(clock)
    with watched.stage(CUT_OUT):
        clock.now += 0.06
    assert [eta for _, _, eta, _ in reports] == [None, None]


def test_reports_are_not_more_than_a_link_needs():
    clock = Clock()
    watched, reports = meter(clock)
    with watched.stage(ENGINE) as watch:
        for i in range(1000):
            clock.now += 0.001
            watch.step(i / 1000)
    assert len(reports) < 25


def test_every_step_can_stop_the_job():
    stop = False
    watched, _ = meter(Clock(), stopped=lambda: stop)
    with pytest.raises(Cancelled), watched.stage(ENGINE) as watch:
        watch.step(0.1)
        stop = True
        watch.step(0.2)


def test_a_warning_is_kept_once_and_an_empty_one_not_at_all():
    watched, _ = meter(Clock())
    with watched.stage(ENGINE) as watch:
        for sentence in ("Thin.", "", "Thin.", "Dark."):
            watch.warn(sentence)
    assert watched.warnings == ["Thin.", "Dark."]


def test_what_was_learned_is_there_the_next_time(tmp_path):
    file = tmp_path / "new" / "timings.json"
    Timings(file).learn("pocket", "fast", {ENGINE: 2.0})
    Timings(file).learn("pocket", "fast", {ENGINE: 4.0})
    assert Timings(file).expected("pocket", "fast") == {ENGINE: 3.0}
    assert Timings(file).expected("pocket", "fine") == {}
    assert [entry.name for entry in file.parent.iterdir()] == ["timings.json"]


@pytest.mark.parametrize(
    "damage",
    [b"", b"{", b"[1]", b"null", b'{"pocket/fast": 3}', b'{"pocket/fast": {"Meshing": "x"}}', b"\xff\xfe", b"[" * 9999],
)
def test_a_damaged_file_is_ignored_and_replaced(tmp_path, damage):
    file = tmp_path / "timings.json"
    file.write_bytes(damage)
    timings = Timings(file)
    assert timings.expected("pocket", "fast") == {}
    timings.learn("pocket", "fast", {ENGINE: 1.0})
    assert json.loads(file.read_text())["pocket/fast"] == {ENGINE: 1.0}


def test_absurd_lengths_are_not_believed(tmp_path):
    file = tmp_path / "timings.json"
    file.write_text('{"pocket/fast": {"Meshing": 1e12, "Finishing": -1, "Cutting out": 1, "Foreign": 1}}')
    assert Timings(file).expected("pocket", "fast") == {CUT_OUT: 1.0}


def test_a_full_disk_does_not_fail_the_job(tmp_path, monkeypatch):
    def full(*_):
        raise OSError(28, "No space left on device")

    monkeypatch.setattr("maquette.backend.progress.os.replace", full)
    timings = Timings(tmp_path / "timings.json")
    timings.learn("pocket", "fast", {ENGINE: 1.0})
    assert timings.expected("pocket", "fast") == {ENGINE: 1.0}
    assert list(tmp_path.iterdir()) == []


def test_a_cloud_and_a_mesh_of_one_engine_have_lengths_of_their_own():
    assert Timings.work(Request("splat")) == "splat"
    assert len({Timings.work(Request("splat", output=output)) for output in ("mesh", "cloud", "cutout")}) == 3
