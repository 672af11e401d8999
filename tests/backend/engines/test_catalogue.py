"""The list of engines."""

import subprocess
import sys
from dataclasses import replace
from pathlib import Path

import pytest
from maquette.backend import engines
from maquette.backend.errors import UnknownEngine
from maquette.backend.pipeline import find_engine
from maquette.backend.protocol import Request

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
    assert [i.id for i in engines.engines()] == ["pocket", "text"]
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


@pytest.mark.parametrize("size", [None, 0, 1000])
def test_an_engine_without_its_weights_is_not_available(tmp_path, monkeypatch, size):
    (before,) = engines.engines()
    assert before.available and before.weights[0].present and "missing" not in before.status
    if size is not None:
        (tmp_path / before.weights[0].file).write_bytes(bytes(size))
    monkeypatch.setattr(engines, "WEIGHTS", tmp_path)
    (after,) = engines.engines()
    assert not after.available and not after.weights[0].present
    assert after.weights[0].file in after.status and after.status.endswith("install Maquette again.")
    with pytest.raises(UnknownEngine, match="missing or incomplete"):
        find_engine(Request(engine="pocket"), engines)


def test_reading_the_list_is_cheap():
    """No weights are read, and nothing but NumPy is imported."""
    code = (
        "import sys; from backend import engines; engines.engines()\n"
        "assert not {'torch', 'scipy', 'skimage', 'PIL'} & set(sys.modules), sys.modules\n"
        "assert not engines._loaded"
    )
    subprocess.run([sys.executable, "-c", code], cwd=ROOT, check=True, timeout=120)
