"""The list of engines."""

import inspect
import subprocess
import sys
from dataclasses import replace
from pathlib import Path
from types import ModuleType

import pytest
from maquette.backend import engines
from maquette.backend.engines.engine import Engine, Remover
from maquette.backend.errors import UnknownEngine
from maquette.backend.pipeline import find_engine
from maquette.backend.protocol import EngineInfo, Request, WeightsInfo, from_json, to_json

ROOT = Path(__file__).resolve().parents[3]


def text_engine():
    return replace(engines.engines()[0], id="text", title="Text", inputs=("prompt",), weights=())


@pytest.fixture
def registered():
    made = []

    class Maker:
        info = text_engine()

    def factory():
        made.append(Maker())
        return made[-1]

    engines.register(text_engine(), factory)
    yield made
    engines.unregister("text")


def test_an_engine_is_made_once(registered):
    assert engines.load("pocket") is engines.load("pocket")
    listed = [i.id for i in engines.engines()]
    assert listed[0] == "pocket" and listed[-1] == "text"  # the usual one first
    assert not registered
    assert engines.load("text") is engines.load("text")
    assert len(registered) == 1


def test_what_was_registered_goes_again(registered):
    engines.unregister("text")
    with pytest.raises(UnknownEngine):
        engines.load("text")


def test_built_in_engines_stay():
    with pytest.raises(ValueError, match="built in"):
        engines.register(engines.engines()[0], lambda: None)
    engines.unregister("pocket")
    assert engines.load("pocket").info.id == "pocket"


def test_an_unknown_engine_names_the_known():
    with pytest.raises(UnknownEngine) as error:
        engines.load("nothing")
    assert "pocket" in error.value.fix


def info_of(id):
    return next(info for info in engines.engines() if info.id == id)


@pytest.mark.parametrize("size", [None, 0, 1000])
def test_an_engine_without_its_weights_is_not_available(tmp_path, monkeypatch, size):
    before = info_of("pocket")
    assert before.available and before.weights[0].present and "missing" not in before.status
    if size is not None:
        (tmp_path / before.weights[0].file).write_bytes(bytes(size))
    monkeypatch.setattr(engines, "WEIGHTS", tmp_path)
    after = info_of("pocket")
    assert not after.available and not after.weights[0].present
    assert after.weights[0].file in after.status and after.status.endswith("install Maquette again.")
    with pytest.raises(UnknownEngine, match="missing or incomplete"):
        find_engine(Request(engine="pocket"), engines)


class Diffuser:
    """An engine of tier gpu with two files of weights."""

    info = EngineInfo(
        "diffuser", "Diffuser", "", ("image",), "gpu", "MIT", "MIT", status="Ready.",
        weights=(WeightsInfo("net.safetensors", 1_500), WeightsInfo("eye.safetensors", 2_500_000_000)),
    )  # fmt: skip
    unloaded = 0

    def unload(self):
        self.unloaded += 1


@pytest.fixture
def diffuser(tmp_path, monkeypatch):
    """Listed as a built-in one, its weights in a folder of the test, torch as the test says."""
    module = ModuleType("maquette.backend.engines.diffuser")
    module.Diffuser = Diffuser
    monkeypatch.setitem(sys.modules, module.__name__, module)
    monkeypatch.setattr(engines, "_BUILT_IN", {**engines._BUILT_IN, "diffuser": (".diffuser", "Diffuser")})
    engines.store.configure(str(tmp_path))
    yield tmp_path / "diffuser"
    engines.store.configure()
    engines._loaded.pop("diffuser", None)


def test_without_torch_a_gpu_engine_waits_for_its_runtime(diffuser, monkeypatch):
    monkeypatch.setattr(engines.device, "torch_present", lambda: False)
    found = info_of("diffuser")
    assert (found.available, found.status) == (False, "Install GPU engines first.")
    assert [file.present for file in found.weights] == [False, False]


def test_without_weights_it_names_them_and_their_size(diffuser, monkeypatch):
    monkeypatch.setattr(engines.device, "torch_present", lambda: True)
    assert info_of("diffuser").status == ("Its weights are not here yet: net.safetensors, eye.safetensors (2.5 GB).")
    diffuser.mkdir()
    (diffuser / "net.safetensors").write_bytes(bytes(1_500))
    found = info_of("diffuser")
    assert [file.present for file in found.weights] == [True, False] and not found.available
    assert found.status == "Its weights are not here yet: eye.safetensors (2.5 GB)."
    with pytest.raises(UnknownEngine, match="not ready: Its weights"):
        find_engine(Request(engine="diffuser"), engines)


def test_with_both_it_is_ready(diffuser, monkeypatch):
    monkeypatch.setattr(engines.device, "torch_present", lambda: True)
    monkeypatch.setattr(engines.store, "present", lambda info: tuple(replace(w, present=True) for w in info.weights))
    found = info_of("diffuser")
    assert found.available and found.status == "Ready." and all(file.present for file in found.weights)


def test_names_that_lead_out_of_the_folder_make_it_unavailable_and_nothing_else(diffuser, monkeypatch):
    info = replace(Diffuser.info, weights=(WeightsInfo("../../passwords", 5),))
    monkeypatch.setattr(Diffuser, "info", info)
    monkeypatch.setattr(engines.device, "torch_present", lambda: True)
    found = info_of("diffuser")
    assert not found.available and found.status and info_of("pocket").available


@pytest.mark.parametrize("error", [ImportError("No module named 'x'"), SyntaxError("bad"), AttributeError("info")])
def test_an_engine_that_cannot_be_imported_is_listed_as_such_and_the_others_stay(diffuser, monkeypatch, error):
    real = engines.import_module

    def importing(name, package):
        if name == ".diffuser":
            raise error
        return real(name, package)

    monkeypatch.setattr(engines, "import_module", importing)
    found = info_of("diffuser")
    assert (found.available, found.title) == (False, "Diffuser") and "install Maquette again" in found.status
    assert info_of("pocket").available
    with pytest.raises(UnknownEngine, match="not ready"):
        find_engine(Request(engine="diffuser"), engines)
    assert from_json(EngineInfo, to_json(found)) == found


def test_all_but_one_give_back_their_memory(diffuser):
    one, other = engines.load("diffuser"), engines.load("pocket")
    emptied = []
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(engines.device, "empty_cache", lambda: emptied.append(1))
        patch.setattr(other, "unload", lambda: emptied.append("pocket"))
        engines.unload(keep="pocket")
        assert (one.unloaded, emptied) == (1, [1])
        engines.unload()
        assert (one.unloaded, emptied) == (2, [1, "pocket", 1])


def test_every_engine_says_what_it_is():
    for info in engines.engines():
        assert info.title and info.inputs and info.makes and info.presets and info.status and info.code_licence
        assert info.tier in ("embedded", "gpu") and from_json(EngineInfo, to_json(info)) == info
        assert set(info.inputs) <= {"image", "views", "prompt", "cloud", "depths"}
        assert set(info.makes) <= {"mesh", "cloud", "cutout"}
        assert not (info.tier == "gpu" and not info.proof), "what was it compared with?"


def test_every_engine_keeps_its_promise_in_form():
    """The pipeline calls by these names; one that makes cut-outs is a Remover, every other an Engine."""
    for info in engines.engines():
        promised = Remover if "cutout" in info.makes else Engine
        for name, method in vars(promised).items():
            if inspect.isfunction(method) and not name.startswith("_"):
                kept = inspect.signature(getattr(engines._class(info.id), name))
                assert list(kept.parameters) == list(inspect.signature(method).parameters), f"{info.id}.{name}"
        if promised is Engine:
            assert all(engines.load(info.id).resolution(preset) > 0 for preset in info.presets)


def test_reading_the_list_is_cheap():
    """No weights are read, and nothing but NumPy is imported."""
    code = (
        "import sys; from backend import engines; engines.engines()\n"
        "assert not {'torch', 'scipy', 'skimage', 'PIL'} & set(sys.modules), sys.modules\n"
        "assert not engines._loaded"
    )
    subprocess.run([sys.executable, "-c", code], cwd=ROOT, check=True, timeout=120)
