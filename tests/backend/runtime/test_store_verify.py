"""The strict check says what is right, what is wrong and what it could not tell, and names no folder."""

import sys
import threading
from dataclasses import replace
from types import SimpleNamespace

import pytest
from maquette.backend.errors import BadRuntime, BadWeights, Cancelled
from maquette.backend.protocol import WeightsInfo
from maquette.backend.runtime import device
from maquette.backend.runtime.store import contents
from maquette.backend.runtime.store.contents import Tensor, compare, read_contents
from maquette.backend.runtime.store.shelf import Shelf
from maquette.backend.runtime.store.verify import CheckReport, hook, manifest, verify
from store_toy import NETWORK, SHAPES, Told, Toy, lay, safetensors


class Running(Toy):
    """Its run writes down what it was given."""

    report = CheckReport(
        outputs={"mean": "0.125"}, seconds={"load": 1.5, "first run": 0.25}, peak_memory=2_000_000, dtype="bfloat16"
    )

    def check(self, folder, device):
        self.given = folder, device
        if isinstance(self.report, BaseException):
            raise self.report
        return self.report


@pytest.fixture
def shelf(tmp_path):
    return Shelf(tmp_path / "weights")


@pytest.fixture(autouse=True)
def a_card(monkeypatch):
    chosen = device.Device("cuda", "RTX 4070, CUDA 12.8", "float32")
    monkeypatch.setattr(device, "choose", lambda: chosen)


def test_all_is_right(shelf, tmp_path):
    lay(shelf)
    toy, errand = Running(), Told()
    found = verify(shelf, toy.info, toy, errand)
    text = found.text()
    assert found.problems == found.unproven == [] and text.endswith("verdict: RIGHT")
    for line in (
        "weights of Toy (toy)",
        f"net/toy.safetensors: {len(NETWORK):,} bytes, SHA-256 {toy.info.weights[0].sha256} (as published)",
        "net/toy.safetensors: 2 tensors of F32",
        "device: RTX 4070, CUDA 12.8 (cuda)",
        "computed in: bfloat16",
        "seconds: load 1.50, first run 0.25",
        "output: mean = 0.125",
        "peak memory: 2.0 MB",
    ):
        assert line in text
    assert f"Python {sys.version.split()[0]}" in text and str(tmp_path) not in text
    assert toy.given == (shelf.root / "toy", "cuda")
    assert {stage for _, stage, _ in errand.steps} == {
        "Comparing every byte",
        "Comparing names and shapes",
        "Running once",
    }


def test_wrong_bytes(shelf):
    lay(shelf, content=bytes(len(NETWORK)))
    toy = Running()
    found = verify(shelf, toy.info, toy, Told())
    assert "problem: net/toy.safetensors: It is not the file that was published." in found.text()
    assert found.sentence == "Toy's weights: not right: 1 problem."
    assert found.text().endswith("verdict: NOT RIGHT: 1 problem") and not hasattr(toy, "given")


def test_wrong_tensors(shelf):
    other = safetensors(**{"a.weight": (50, 40), "b": (3,), **{f"c{i}": () for i in range(7)}})
    file = WeightsInfo("net/toy.safetensors", len(other))
    toy = Running(files=(file,))
    lay(shelf, content=other)
    found = verify(shelf, toy.info, toy, Told())
    assert found.problems == [
        "net/toy.safetensors: 1 missing: a.bias.",
        "net/toy.safetensors: 8 not expected: b, c0, c1, c2, c3 and 3 more.",
        "net/toy.safetensors: 1 of another shape: a.weight (50 × 40, not 40 × 50).",
    ]
    assert "(no hash was published)" in found.text()


def test_what_is_damaged_in_its_header(shelf):
    toy = Running(files=(WeightsInfo("net/toy.safetensors", len(NETWORK)),))
    lay(shelf, content=b"x" * len(NETWORK))
    assert verify(shelf, toy.info, toy, Told()).problems == [
        "toy.safetensors is truncated or is not a safetensors file."
    ]


def test_weights_that_are_not_there(shelf):
    toy = Running()
    with pytest.raises(BadWeights, match="is not here yet") as caught:
        verify(shelf, toy.info, toy, Told())
    assert "python -m backend weights fetch toy" in caught.value.fix


def test_without_torch_the_rest_is_still_told(shelf, monkeypatch):
    def missing():
        raise BadRuntime("PyTorch is not installed here.", "Install the GPU engines first.")

    monkeypatch.setattr(device, "choose", missing)
    lay(shelf)
    found = verify(shelf, Running().info, Running(), Told())
    assert found.problems == [] and found.verdict == "RIGHT, AS FAR AS COULD BE TOLD"
    assert "not checked: The run: PyTorch is not installed here. Install the GPU engines first." in found.text()


def test_an_engine_that_offers_nothing(shelf):
    lay(shelf)
    toy = SimpleNamespace(info=Toy().info)
    found = verify(shelf, toy.info, toy, Told())
    assert len(found.unproven) == 2 and found.verdict == "RIGHT, AS FAR AS COULD BE TOLD"


@pytest.mark.parametrize(
    ("report", "problem"),
    [
        (CheckReport(problems=("The matte is empty.",)), "The matte is empty."),
        (BadWeights("The network does not fit.", "x."), "The run failed: The network does not fit."),
        (ValueError("a\nb"), "The run failed: ValueError: a"),
        (ZeroDivisionError(), "The run failed: ZeroDivisionError"),
    ],
)
def test_a_run_that_fails_is_a_problem(shelf, report, problem):
    lay(shelf)
    toy = Running()
    toy.report = report
    assert verify(shelf, toy.info, toy, Told()).problems == [problem]


def test_a_long_run_is_not_silent(shelf, monkeypatch):
    lay(shelf)
    toy, errand, heard = Running(), Told(), threading.Event()
    step = errand.step

    def hear(fraction=None, stage="", detail="", eta=None):
        step(fraction, stage, detail, eta)
        if stage == "Running once" and detail:
            heard.set()

    monkeypatch.setattr(errand, "step", hear)
    monkeypatch.setattr(toy, "check", lambda folder, kind: CheckReport((), {"heard": str(heard.wait(30))}))
    assert "output: heard = True" in verify(shelf, toy.info, toy, errand).text()
    assert errand.progress.fraction == 1.0


def test_the_report_names_no_folder(shelf, tmp_path):
    lay(shelf)
    toy = Running()
    toy.report = OSError(f"{shelf.root}/toy cannot be read")
    text = verify(shelf, toy.info, toy, Told()).text()
    assert "problem: The run failed: OSError: …/toy cannot be read" in text and str(tmp_path) not in text


def test_it_can_be_stopped(shelf):
    lay(shelf)
    toy = Running()
    with pytest.raises(Cancelled):
        verify(shelf, toy.info, toy, Told(stop_at=lambda *_: True))
    toy.report = Cancelled()
    with pytest.raises(Cancelled):
        verify(shelf, toy.info, toy, Told())


def test_hooks_are_methods_or_functions_of_the_module(monkeypatch):
    assert hook(Running(), "check") is not None and hook(Toy(), "check") is None
    monkeypatch.setattr(sys.modules[Toy.__module__], "check", lambda folder, device: CheckReport(), raising=False)
    assert hook(Toy(), "check") is not None
    monkeypatch.setattr(sys.modules[Toy.__module__], "check", 3, raising=False)
    assert hook(Toy(), "check") is None


def test_a_manifest_that_needs_torch_is_none():
    toy = Toy()
    assert manifest(toy, "net/toy.safetensors") == SHAPES and manifest(toy, "other") is None
    for error in (ImportError("torch"), BadRuntime("x.", "y.")):

        def tensors(file, error=error):
            raise error

        assert manifest(SimpleNamespace(tensors=tensors), "x") is None


def test_comparison_is_strict():
    found = {"a": Tensor((2, 3), "F16"), "b": Tensor((), "I64")}
    assert not compare(found, {"a": (2, 3), "b": ()}) and not compare(found, {"a": [2, 3], "b": []})
    assert compare(found, {"a": (2, 3)}).extra == ("b",)
    assert compare(found, {"a": (2, 3), "b": (), "c": ()}).missing == ("c",)
    assert compare(found, {"a": (6,), "b": (1,)}).misshapen == ("a (2 × 3, not 6)", "b (scalar, not 1)")


def test_pickles_are_left_to_a_torch_that_is_safe(tmp_path, monkeypatch):
    path = tmp_path / "w.pth"
    path.write_bytes(b"")
    monkeypatch.setitem(sys.modules, "torch", None)
    with pytest.raises(BadRuntime, match="by PyTorch only"):
        read_contents(path)
    monkeypatch.setitem(sys.modules, "torch", SimpleNamespace(__version__="2.5.1+cu121"))
    with pytest.raises(BadRuntime, match=r"cannot read w\.pth safely"):
        read_contents(path)
    assert contents.SAFE_SINCE == (2, 6)


def test_a_pickle_that_was_not_looked_into_is_told(shelf, monkeypatch):
    monkeypatch.setitem(sys.modules, "torch", None)
    toy = Toy()
    toy.info = replace(toy.info, weights=(WeightsInfo("settings.pth", 3),))
    path = shelf.path("toy", "settings.pth")
    path.parent.mkdir(parents=True)
    path.write_bytes(b"abc")
    assert "settings.pth can be read by PyTorch only." in verify(shelf, toy.info, toy, Told()).unproven[0]
