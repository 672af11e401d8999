"""The list of engines."""

import subprocess
import sys
from dataclasses import replace
from pathlib import Path

import pytest
from maquette.backend import engines
from maquette.backend.errors import UnknownEngine

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


def test_reading_the_list_is_cheap():
    """No weights are read, and nothing but NumPy is imported."""
    code = (
        "import sys; from backend import engines; engines.engines()\n"
        "assert not {'torch', 'scipy', 'skimage', 'PIL'} & set(sys.modules), sys.modules\n"
        "assert not engines._loaded"
    )
    subprocess.run([sys.executable, "-c", code], cwd=ROOT, check=True, timeout=120)
