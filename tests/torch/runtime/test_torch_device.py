"""The device helper with the real torch of this environment, on whatever it computes."""

import numpy as np
import pytest
import torch
from maquette.backend import pipeline
from maquette.backend.engines.engine import Conditioning
from maquette.backend.progress import Meter
from maquette.backend.protocol import EngineInfo, Request
from maquette.backend.runtime import device
from maquette.backend.shapes import PointCloud
from maquette.backend.thrift import is_out_of_memory, make_room

POINTS = {"points": np.random.default_rng(0).uniform(-1, 1, (100, 3)).astype(np.float32)}


@pytest.fixture(autouse=True)
def fresh():
    device.forget()
    yield
    device.forget()


def test_the_choice_can_compute_in_its_own_numbers():
    chosen = device.choose()
    assert chosen.kind == ("cuda" if torch.cuda.is_available() else chosen.kind) and chosen.note == ""
    assert bool(chosen.title) == chosen.accelerated
    ones = torch.ones((64, 64), device=chosen.kind, dtype=getattr(torch, chosen.dtype))
    assert float((ones @ ones)[3, 5]) == 64


def test_the_processor_can_be_forced(monkeypatch):
    monkeypatch.setenv(device.OVERRIDE, "cpu")
    assert device.choose() == device.Device()


def test_the_memory_is_told():
    device.choose()
    assert 0 < device.free_memory() <= device.total_memory()
    device.forget_peak()
    held = torch.ones((1024, 1024, 16), device=device.current().kind)  # 64 MiB
    if device.current().kind == "cuda":
        assert device.held_memory() >= 64 << 20 and device.peak_memory() >= 64 << 20
        free = device.free_memory()
        del held
        device.empty_cache()
        assert device.free_memory() >= free + (60 << 20)
    elif device.current().kind == "cpu":
        assert (device.held_memory(), device.peak_memory()) == (0, 0)


def test_torch_that_runs_out_is_recognised():
    with pytest.raises(RuntimeError) as caught:
        torch.empty(1 << 50, device=device.choose().kind)
    assert is_out_of_memory(caught.value)
    assert not is_out_of_memory(RuntimeError("mat1 and mat2 shapes cannot be multiplied"))


class Net:
    """An engine of torch that needs more than any computer has at its larger presets."""

    def __init__(self):
        self.info = EngineInfo("net", "Net", "", ("cloud",), "gpu", "", "", makes=("cloud",))
        self.presets, self.weights = [], None

    def generate(self, conditioning: Conditioning, watch):
        self.presets.append(conditioning.preset)
        self.weights = torch.ones((256, 256), device=device.choose().kind)
        watch.step(0.1)
        torch.empty(
            {"fast": 1 << 20, "standard": 1 << 50, "fine": 1 << 55}[conditioning.preset], device=self.weights.device
        )
        return PointCloud(conditioning.cloud.points * float(self.weights[0, 0]))

    def resolution(self, preset):
        return 8

    def unload(self):
        self.weights = None


class Shelf:
    def __init__(self, engine):
        self._engine = engine

    def engines(self):
        return (self._engine.info,)

    def load(self, id):
        return self._engine

    def unload(self, keep=""):
        if self._engine.info.id != keep:
            self._engine.unload()
        device.empty_cache()


def test_a_job_of_torch_is_made_smaller_when_it_ran_out():
    engine = Net()
    request = Request("net", preset="standard", output="cloud", arrays=POINTS)
    report = pipeline.run(request, Meter(lambda *report: None), Shelf(engine)).report
    assert engine.presets == ["standard", "fast"] and report.preset == "fast"
    assert "ran out with the preset “standard”" in report.warnings[0]
    assert report.device == device.current().title
    if device.current().kind == "cuda":
        assert 4 << 20 <= report.peak_memory < 1 << 30


def test_everything_is_given_back():
    engine = Net()
    pipeline.run(Request("net", preset="fast", output="cloud", arrays=POINTS), Meter(lambda *r: None), Shelf(engine))
    assert engine.weights is not None
    make_room(Shelf(engine))
    assert engine.weights is None
    if device.current().kind == "cuda":
        assert device.held_memory() == 0
