"""One worker, in order; every way a job can end is one message; nobody's job is another's."""

import errno
import gc
import threading
import time
import weakref

import numpy as np
import pytest
from maquette.backend import jobs as jobs_module
from maquette.backend.errors import Cancelled, EmptyMask
from maquette.backend.jobs import Jobs, arrays_of
from maquette.backend.pipeline import Finished
from maquette.backend.progress import CUT_OUT, ENGINE, Timings
from maquette.backend.protocol import Failure, Picture, Preview, Progress, Report, Request, Result
from maquette.backend.shapes import TriangleMesh

REPORT = Report("toy", "fast", 0, 0.1, 3, 1, 1, False)
TRIANGLE = TriangleMesh(np.eye(3, dtype=np.float64), np.array([[0, 1, 2]], np.int64))


class Desk:
    """Jobs with a mailbox; ``work`` is replaced by each test."""

    def __init__(self, work, **more):
        self.mail, self.came = [], threading.Condition()
        self.jobs = Jobs(work, self._emit, more.pop("timings", Timings(None)), **more)
        self.jobs.start()

    def _emit(self, owner, message):
        with self.came:
            self.mail.append((owner, message))
            self.came.notify_all()

    def wait(self, kind, count=1):
        """The first ``count`` messages of a kind, with their owners."""
        with self.came:
            found = lambda: [entry for entry in self.mail if isinstance(entry[1], kind)]  # noqa: E731
            assert self.came.wait_for(lambda: len(found()) >= count, 10)
            return found()[:count]


@pytest.fixture
def desk():
    made = []

    def make(work, **more):
        made.append(Desk(work, **more))
        return made[-1]

    yield make
    for one in made:
        one.jobs.close()


def triangle(request, meter):
    with meter.stage(ENGINE) as watch:
        watch.step(0.5)
    return Finished(TRIANGLE, REPORT)


def test_a_job_ends_in_a_result_of_the_protocols_dtypes(desk):
    there = desk(triangle)
    there.jobs.submit(1, "a", Request())
    ((owner, result),) = there.wait(Result)
    assert (owner, result.job, result.kind, result.report) == (1, "a", "mesh", REPORT)
    assert {name: (array.dtype, array.shape) for name, array in result.arrays.items()} == {
        "vertices": (np.float32, (3, 3)),
        "faces": (np.int32, (1, 3)),
        "colours": (np.uint8, (3, 4)),
    }
    assert all(array.flags.c_contiguous for array in result.arrays.values())
    assert (result.arrays["colours"] == 255).all()  # what was not painted is white


def test_progress_and_previews_are_told_to_their_owner(desk):
    def work(request, meter):
        with meter.stage(ENGINE) as watch:
            watch.preview(TRIANGLE)
        return Finished(TRIANGLE, REPORT)

    there = desk(work)
    there.jobs.submit(7, "a", Request())
    ((owner, preview),) = there.wait(Preview)
    assert (owner, preview.job, set(preview.arrays)) == (7, "a", {"vertices", "faces", "colours"})
    assert {(owner, m.job, m.stage) for owner, m in there.wait(Progress)} == {(7, "a", ENGINE)}


def test_jobs_are_done_in_the_order_they_came(desk):
    there = desk(triangle)
    for i in range(20):
        there.jobs.submit(i % 3, f"{i}", Request())
    assert [m.job for _, m in there.wait(Result, 20)] == [f"{i}" for i in range(20)]


def raising(error):
    def work(request, meter):
        raise error

    return work


@pytest.mark.parametrize(
    ("error", "code", "words"),
    [
        (EmptyMask("Nothing is left.", "Use another."), "empty_mask", "Nothing is left."),
        (MemoryError(), "out_of_memory", "out of memory"),
        (np._core._exceptions._ArrayMemoryError((10**12,), np.dtype("f4")), "out_of_memory", "out of memory")
        if hasattr(np, "_core")
        else (MemoryError("numpy"), "out_of_memory", "out of memory"),
        (OSError(errno.ENOSPC, "No space left on device"), "disk_full", "disk is full"),
        (OSError(errno.EIO, "Input/output error"), "internal", "OSError"),
        (ValueError("shapes (3,) and (4,)\ndo not match"), "internal", "ValueError: shapes (3,) and (4,)"),
        (SystemExit(3), "internal", "SystemExit"),
        (KeyboardInterrupt(), "internal", "KeyboardInterrupt"),
        (RecursionError(), "bad_request", "nested"),
    ],
)
def test_whatever_is_raised_is_one_sentence_and_a_fix(desk, error, code, words):
    there = desk(raising(error), log_path="/somewhere/backend.log")
    there.jobs.submit(1, "a", Request())
    ((_, told),) = there.wait(Failure)
    assert told.code == code and words in told.sentence and told.fix
    assert "\n" not in told.sentence + told.fix
    assert ("/somewhere/backend.log" in told.fix) == (code == "internal")


def test_the_worker_outlives_what_a_job_raises(desk):
    outcomes = iter([ValueError("first"), None])

    def work(request, meter):
        error = next(outcomes)
        if error:
            raise error
        return Finished(TRIANGLE, REPORT)

    there = desk(work)
    there.jobs.submit(1, "a", Request())
    there.jobs.submit(1, "b", Request())
    assert there.wait(Failure)[0][1].job == "a" and there.wait(Result)[0][1].job == "b"


class Gate:
    """Work that steps until it is let go."""

    def __init__(self):
        self.entered, self.open = threading.Event(), threading.Event()

    def __call__(self, request, meter):
        with meter.stage(ENGINE) as watch:
            self.entered.set()
            while not self.open.wait(0.002):
                watch.step(0.5)
        return Finished(TRIANGLE, REPORT)


def test_the_running_job_is_cancelled_at_its_next_step(desk):
    gate = Gate()
    there = desk(gate)
    there.jobs.submit(1, "a", Request())
    assert gate.entered.wait(10)
    there.jobs.cancel(2, "a")  # somebody else's job of that name is not this one
    there.jobs.cancel(1, "b")
    assert there.jobs.state() == ("a", ())
    there.jobs.cancel(1, "a")
    ((_, told),) = there.wait(Failure)
    assert (told.job, told.code) == ("a", "cancelled")
    assert told.sentence == Cancelled().sentence


def test_a_waiting_job_is_cancelled_at_once(desk):
    gate = Gate()
    there = desk(gate)
    for name in "abc":
        there.jobs.submit(1, name, Request())
    assert gate.entered.wait(10) and there.jobs.state() == ("a", ("b", "c"))
    there.jobs.cancel(1, "b")
    assert there.wait(Failure)[0][1].job == "b" and there.jobs.state() == ("a", ("c",))
    gate.open.set()
    assert [m.job for _, m in there.wait(Result, 2)] == ["a", "c"]


def test_who_leaves_takes_all_jobs_along(desk):
    gate = Gate()
    there = desk(gate)
    for owner, name in ((1, "a"), (1, "b"), (2, "c")):
        there.jobs.submit(owner, name, Request())
    assert gate.entered.wait(10) and there.jobs.has(1, "a") and there.jobs.has(1, "b")
    there.jobs.forget(1)
    gate.open.set()
    assert there.wait(Result)[0][1].job == "c"
    assert not there.jobs.has(1, "b")


def test_a_full_queue_is_a_failure_and_not_a_wait(desk, monkeypatch):
    monkeypatch.setattr(jobs_module, "MAX_WAITING", 3)
    gate = Gate()
    there = desk(gate)
    there.jobs.submit(1, "running", Request())
    assert gate.entered.wait(10)
    for i in range(4):
        there.jobs.submit(1, f"{i}", Request())
    ((_, told),) = there.wait(Failure)
    assert (told.job, told.code) == ("3", "queue_full") and told.fix


def test_pictures_that_wait_are_not_without_limit(desk, monkeypatch):
    monkeypatch.setattr(jobs_module, "MAX_WAITING_BYTES", 1000)
    gate = Gate()
    there = desk(gate)
    picture = Request(images=(Picture(np.zeros((10, 20, 4), np.uint8)),))
    there.jobs.submit(1, "running", picture)
    assert gate.entered.wait(10)
    for name in "ab":  # one alone may be larger than the limit, or it could never be done
        there.jobs.submit(1, name, picture)
    assert there.wait(Failure)[0][1].job == "b"


def test_a_done_job_is_forgotten_before_its_answer_leaves(desk):
    there = desk(triangle)
    for _ in range(50):  # the same name again as soon as the answer is there
        before = len([m for _, m in there.mail if isinstance(m, Result)])
        assert not there.jobs.has(1, "same")
        there.jobs.submit(1, "same", Request())
        there.wait(Result, before + 1)


def test_nothing_of_a_job_stays_in_memory(desk):
    alive = []

    def work(request, meter):
        mesh = TriangleMesh(np.zeros((1000, 3), np.float32), np.zeros((1, 3), np.int32), np.zeros((1000, 4), np.uint8))
        alive.append(weakref.ref(mesh.vertices))
        return Finished(mesh, REPORT)

    there = desk(work)
    there.jobs.submit(1, "a", Request())
    there.wait(Result)
    there.mail.clear()
    there.jobs.submit(1, "b", Request())
    there.wait(Result)
    gc.collect()
    assert alive[0]() is None


def test_the_seconds_of_a_done_job_are_learned_and_those_of_a_failed_one_are_not(desk, tmp_path):
    timings = Timings(tmp_path / "timings.json")

    def work(request, meter):
        with meter.stage(CUT_OUT):
            pass
        if request.seed:
            raise ValueError("no")
        return Finished(TRIANGLE, REPORT)

    there = desk(work, timings=timings)
    there.jobs.submit(1, "a", Request(engine="pocket", preset="fast", seed=1))
    there.wait(Failure)
    assert timings.expected("pocket", "fast") == {}
    there.jobs.submit(1, "b", Request(engine="pocket", preset="fast"))
    there.wait(Result)
    assert set(timings.expected("pocket", "fast")) == {CUT_OUT}


def test_a_preparation_that_fails_costs_a_note_and_not_the_worker(desk):
    def prepare():
        raise RuntimeError("no BLAS")

    there = desk(triangle, prepare=prepare)
    there.jobs.submit(1, "a", Request())
    there.wait(Result)
    assert there.jobs.compute == "NumPy (no BLAS)"


def test_arrays_are_not_copied_without_need():
    mesh = TriangleMesh(np.zeros((3, 3), np.float32), np.zeros((1, 3), np.int32), np.zeros((3, 4), np.uint8))
    arrays = arrays_of(mesh)
    assert arrays["vertices"] is mesh.vertices and arrays["faces"] is mesh.faces


def counted(events, name):
    return lambda: events.append(name)


def test_engines_rest_once_after_a_while_without_a_job(desk):
    events, rested = [], threading.Event()

    def rest():
        events.append("rest")
        rested.set()

    there = desk(triangle, rest=rest, rest_after=0.05)
    time.sleep(0.2)
    assert events == []  # nothing was loaded yet
    for name in "ab":
        rested.clear()
        there.jobs.submit(1, name, Request())
        assert rested.wait(10)
    time.sleep(0.2)
    assert events == ["rest", "rest"]  # once after each, and not again and again


def test_no_rest_while_jobs_come_and_none_at_all_with_zero(desk):
    events = []
    gate = Gate()
    there = desk(gate, rest=counted(events, "rest"), rest_after=0.05)
    there.jobs.submit(1, "long", Request())
    assert gate.entered.wait(10)
    time.sleep(0.15)
    assert events == []
    never = desk(triangle, rest=counted(events, "never"), rest_after=0.0)
    never.jobs.submit(1, "a", Request())
    never.wait(Result)
    time.sleep(0.1)
    assert "never" not in events


def test_memory_is_given_back_between_jobs_and_not_during_one(desk):
    events = []
    gate = Gate()
    there = desk(gate, release=counted(events, "release"))
    there.jobs.submit(1, "a", Request())
    assert gate.entered.wait(10)
    there.jobs.free()
    time.sleep(0.05)
    assert events == []
    gate.open.set()
    there.wait(Result)
    there.jobs.submit(1, "b", Request())
    there.wait(Result, 2)
    assert events == ["release"]


@pytest.mark.parametrize("which", ["release", "rest"])
def test_an_engine_that_gives_nothing_back_does_not_end_the_worker(desk, which):
    asked = threading.Event()

    def stuck():
        asked.set()
        raise RuntimeError("stuck")

    there = desk(triangle, rest_after=0.02, **{which: stuck})
    there.jobs.submit(1, "a", Request())
    there.wait(Result)
    if which == "release":
        there.jobs.free()
    assert asked.wait(10)
    there.jobs.submit(1, "b", Request())
    assert there.wait(Result, 2)[1][1].job == "b"


def test_a_job_made_smaller_teaches_nothing(desk, tmp_path):
    timings = Timings(tmp_path / "timings.json")

    def work(request, meter):
        with meter.stage(ENGINE):
            pass
        return Finished(TRIANGLE, REPORT)  # which says fast

    there = desk(work, timings=timings)
    there.jobs.submit(1, "a", Request(preset="fine"))
    there.wait(Result)
    assert timings.expected("pocket", "fine") == timings.expected("pocket", "fast") == {}
