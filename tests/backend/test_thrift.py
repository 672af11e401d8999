"""A job is fitted into the memory there is, and the user is told in words."""

import gc
import weakref

import numpy as np
import pytest
from cloud_jobs import Keeper, sphere_arrays
from maquette.backend import pipeline, thrift
from maquette.backend.errors import OutOfMemory
from maquette.backend.jobs import failure
from maquette.backend.progress import Meter
from maquette.backend.protocol import Request
from maquette.backend.runtime.device import Device
from shelf import Shelf

NEEDS = {"fast": 1_000_000_000, "standard": 2_000_000_000, "fine": 4_000_000_000}
CARD = Device("cuda", "RTX 4070, CUDA 12.8", "bfloat16")


class Memory:
    """Stands for both modules that tell of memory: what is free, and what unloading would give back."""

    def __init__(self, monkeypatch, free, held=0, device=None):
        self.free, self.held, self.emptied = free, held, 0
        for module in (thrift.memory, thrift.device):
            monkeypatch.setattr(module, "free_memory", lambda: self.free)
        monkeypatch.setattr(thrift.memory, "current_memory", lambda: self.held)
        monkeypatch.setattr(thrift.device, "held_memory", lambda: self.held)
        monkeypatch.setattr(thrift.device, "current", lambda: device or Device())
        monkeypatch.setattr(thrift.device, "choose", lambda: device or Device())
        monkeypatch.setattr(thrift.device, "empty_cache", self._empty)
        monkeypatch.setattr(thrift.device, "peak_memory", lambda: 123)

    def _empty(self):
        self.emptied += 1


class OutOfMemoryError(RuntimeError):
    """As torch names its own."""


OutOfMemoryError.__module__ = "torch"


class Hungry(Keeper):
    """Runs out of memory at the presets named."""

    def __init__(self, *presets, error=MemoryError, **more):
        super().__init__(as_mesh=True, **{"memory": NEEDS, **more})
        self._presets, self._error, self.large = presets, error, []

    def generate(self, conditioning, watch):
        made = super().generate(conditioning, watch)
        if conditioning.preset in self._presets:
            tensor = np.zeros(1000)
            self.large.append(weakref.ref(tensor))
            raise self._error("out of memory")
        gc.collect()
        assert all(ref() is None for ref in self.large)  # what failed does not sit beside the second try
        return made


def run(engine, *others, preset="fine"):
    request = Request(engine.info.id, preset=preset, arrays=sphere_arrays(50))
    return pipeline.run(request, Meter(lambda *report: None), Shelf(engine, *others))


def presets(engine):
    return [given.preset for given in engine.given]


@pytest.mark.parametrize(
    ("free", "preset"), [(5e9, "fine"), (4.1e9, "standard"), (2.2e9, "standard"), (1.2e9, "fast"), (0.1e9, "fast")]
)
def test_the_largest_preset_that_fits_is_taken(monkeypatch, free, preset):
    memory = Memory(monkeypatch, free=int(free))
    engine, other = Hungry(), Keeper("other")
    report = run(engine, other).report
    assert (report.preset, presets(engine)) == (preset, [preset])
    words = " ".join(report.warnings)
    assert ("this was made with" in words) == (preset != "fine")
    if preset != "fine":
        assert "4.0 GB" in words and "this computer's memory" in words and f"“{preset}”" in words
        assert (other.unloaded, engine.unloaded, memory.emptied) == (1, 0, 1)  # the others first
    else:
        assert (other.unloaded, memory.emptied) == (0, 0)


def test_what_others_give_back_may_be_enough(monkeypatch):
    memory = Memory(monkeypatch, free=1_000_000_000)
    engine, other = Hungry(), Keeper("other")
    other.unload = lambda: setattr(memory, "free", 8_000_000_000)
    report = run(engine, other).report
    assert report.preset == "fine" and not report.warnings


def test_what_the_engine_holds_already_is_its_own(monkeypatch):
    Memory(monkeypatch, free=1_000_000_000, held=4_000_000_000)
    assert run(Hungry()).report.preset == "fine"


def test_where_nobody_tells_the_job_is_tried(monkeypatch):
    Memory(monkeypatch, free=0)
    assert run(Hungry()).report.preset == "fine"
    Memory(monkeypatch, free=1000)
    assert run(Hungry(memory={})).report.preset == "fine"


@pytest.mark.parametrize(
    ("failing", "preset", "then"), [("fine", "fine", "standard"), ("standard", "standard", "fast")]
)
def test_a_job_that_ran_out_is_done_once_more_with_less(monkeypatch, failing, preset, then):
    memory = Memory(monkeypatch, free=10**11)
    engine, other = Hungry(failing), Keeper("other")
    report = run(engine, other, preset=preset).report
    assert (report.preset, presets(engine)) == (then, [failing, then])
    assert f"ran out with the preset “{failing}”; this was made with “{then}”." in report.warnings[0]
    assert (engine.unloaded, other.unloaded, memory.emptied) == (1, 1, 1)


def test_the_smallest_preset_is_tried_again_when_there_is_room(monkeypatch):
    Memory(monkeypatch, free=10**11)
    engine = Hungry("fast")
    real = engine.generate

    def second_time(conditioning, watch):
        if engine.given:
            engine._presets = ()
        return real(conditioning, watch)

    engine.generate = second_time
    report = run(engine, preset="fast").report
    assert presets(engine) == ["fast", "fast"] and "emptied" in report.warnings[0]


@pytest.mark.parametrize(
    "error",
    [
        MemoryError,
        OutOfMemoryError,
        lambda text: RuntimeError("MPS backend out of memory (MPS allocated: 17 GB)"),
        lambda text: RuntimeError("[enforce fail at alloc_cpu.cpp:75] DefaultCPUAllocator: can't allocate memory"),
        lambda text: OutOfMemory("The card is full.", "Wait."),
    ],
)
def test_a_second_failure_is_one_sentence(monkeypatch, error):
    Memory(monkeypatch, free=10**11)
    engine = Hungry("fine", "standard", error=error)
    with pytest.raises(OutOfMemory, match=r"^This computer ran out of memory\. Choose the Fast preset") as caught:
        run(engine)
    assert presets(engine) == ["fine", "standard"] and engine.unloaded == 2
    assert caught.value.__context__ is None  # nothing of the tries stays in memory with the error


@pytest.mark.parametrize(
    "error", [RuntimeError("shapes do not match"), ValueError("out of memory"), KeyboardInterrupt()]
)
def test_other_errors_are_not_tried_again(monkeypatch, error):
    Memory(monkeypatch, free=10**11)

    def raising(text):
        return error

    engine = Hungry("fine", error=raising)
    with pytest.raises(type(error)):
        run(engine)
    assert presets(engine) == ["fine"]


def test_a_card_is_called_a_card_and_told_in_the_report(monkeypatch):
    Memory(monkeypatch, free=2_500_000_000, device=CARD)
    report = run(Hungry(tier="gpu")).report
    assert report.preset == "standard" and "the graphics card's memory" in report.warnings[0]
    assert (report.device, report.peak_memory) == ("RTX 4070, CUDA 12.8", 123)
    with pytest.raises(OutOfMemory, match="The graphics card ran out of memory"):
        run(Hungry("fast", "standard", error=OutOfMemoryError, tier="gpu"))


def test_an_embedded_engine_does_not_ask_the_card(monkeypatch):
    Memory(monkeypatch, free=10**11, device=CARD)
    monkeypatch.setattr(thrift.device, "choose", lambda: pytest.fail("torch would be loaded"))
    report = run(Hungry()).report
    assert report.device == "" and report.peak_memory != 123


def test_a_card_that_was_passed_over_is_told(monkeypatch):
    Memory(monkeypatch, free=10**11, device=Device(note="The graphics card was passed over: too old."))
    report = run(Hungry(tier="gpu")).report
    assert report.warnings[0] == "The graphics card was passed over: too old." and report.device == ""


def test_torchs_error_outside_of_the_engine_is_a_sentence_too():
    told = failure("a", OutOfMemoryError("CUDA out of memory. Tried to allocate 2.00 GiB"))
    assert told.code == "out_of_memory" and told.sentence == "This computer ran out of memory."
