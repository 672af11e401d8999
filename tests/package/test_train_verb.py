"""What ``build.py train`` tells Python to do."""

import argparse
import sys

import pytest

from build_tools import environments
from build_tools.paths import BUILD, Stop
from build_tools.verbs import train


def options(*words):
    parser = argparse.ArgumentParser()
    train.arguments(parser)
    found, rest = parser.parse_known_args(words)
    found.rest = rest
    return found


def test_a_network_alone_is_its_whole_training():
    told = train.command(options("text", "--minutes", "25", "--device", "cuda", "--batch", "8"))
    out = str(BUILD / "training" / "text")
    assert told[:6] == ["-m", "backend.training", "text", "all", "--out", out]
    assert told[6:] == ["--minutes", "25.0", "--device", "cuda", "--batch", "8"]


def test_a_stage_and_folders_are_passed_on(tmp_path):
    told = train.command(options("image", "export", "--out", str(tmp_path), "--data", str(tmp_path), "--to", "x"))
    assert told[2:4] == ["image", "export"]
    assert told[4:] == ["--out", str(tmp_path.resolve()), "--data", str(tmp_path.resolve()), "--to", "x"]


def test_the_python_with_torch_is_taken(monkeypatch):
    has = {sys.executable}
    monkeypatch.setattr(train, "_has", lambda python: python in has)
    monkeypatch.setattr(environments, "gpu_environment", lambda: "made")
    assert train.interpreter(options("image")) == sys.executable
    with pytest.raises(Stop, match="elsewhere lacks"):
        train.interpreter(options("image", "--python", "elsewhere"))
    has.clear()
    assert train.interpreter(options("text")) == "made"
    with pytest.raises(Stop, match="--python"):
        train.interpreter(options("text", "--device", "cuda"))


def test_an_interpreter_that_is_not_there_has_nothing(tmp_path):
    assert not train._has(str(tmp_path / "python"))
